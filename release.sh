#!/usr/bin/env bash
# What is published of a version, in dist/: the wheel, the image of each platform as an archive, a list of all packages (SBOM), their licences, the
# changelog's section, and checksums of it all. `make release` calls it, after a commit that raises `__version__` of bot/__init__.py and gives the
# changelog its section.
#
#   bash release.sh                                     the files
#   bash release.sh images                              only the images of them
#   bash release.sh notes [VERSION]                     prints the changelog's section
#   bash release.sh push registry.example.com/swarmbot  the images of these files, to a registry, as one image of all their platforms
#
# RELEASE_PLATFORMS: the platforms, each of which has to succeed. Without it: linux/amd64 and linux/arm64, as far as this Docker builds for them.
# RELEASE_BUILD: further arguments of `docker build`, such as `--build-arg BASE=…`.
# RELEASE_MANIFEST: further arguments of `docker manifest`, such as `--insecure` for a registry without TLS.
set -euo pipefail
cd "$(dirname "$0")"
umask 022

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' bot/__init__.py)
dist=dist/$version
tools=.dev/release/tools
installed=.dev/release/installed

refuse() {
    echo "release: $*" >&2
    exit 2
}

# The changelog's section of a version, without its heading and the empty lines around it.
section() {
    awk -v heading="## [$1]" 'index($0, "## [") == 1 { inside = index($0, heading) == 1; next } inside' CHANGELOG.md |
        sed -e '/./,$!d' | sed -e ':a' -e '/^\n*$/{$d;N;ba' -e '}'
}

notes() {
    local text
    text=$(section "$1")
    [ -n "$text" ] || refuse "CHANGELOG.md has no section [$1]"
    printf '%s\n' "$text"
}

environment() {
    rm -rf "$1"
    .venv/bin/python -m venv "$1"
    "$1/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$2"
}

wheel() {
    .venv/bin/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$dist" .
}

# What a user installs, with what the image has more, and nothing of what developers have.
packages() {
    environment "$tools" requirements-release.txt
    environment "$installed" requirements-image.txt
    "$installed/bin/python" -m pip install -q --disable-pip-version-check --no-deps "$dist"/swarmbot-*.whl
    "$installed/bin/swarmbot" --version
    "$installed/bin/python" -m pip uninstall -q --disable-pip-version-check --yes pip setuptools
    "$tools/bin/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible --output-format JSON \
        --output-file "$dist/swarmbot-$version.cdx.json" "$installed"
    with_version "$dist/swarmbot-$version.cdx.json"
    "$tools/bin/pip-licenses" --python "$installed/bin/python" --from mixed --with-urls --format markdown \
        --output-file "$dist/LICENCES.md"
}

# The tool reads no version that stands in the source.
with_version() {
    "$tools/bin/python" - "$1" "$version" <<'PYTHON'
import json, pathlib, sys

file, version = pathlib.Path(sys.argv[1]), sys.argv[2]
content = json.loads(file.read_text())
content["metadata"]["component"]["version"] = version
file.write_text(json.dumps(content, indent=2) + "\n")
PYTHON
}

has_buildx() {
    docker buildx inspect >/dev/null 2>&1
}

# The platforms that this Docker says it builds for, with a space before and behind each. Without buildx it tells only its own.
buildable() {
    if has_buildx; then
        docker buildx inspect --bootstrap | sed -n 's/^Platforms://p'
    else
        docker version --format '{{.Server.Os}}/{{.Server.Arch}}'
    fi | tr -s ' *,\t\n' ' ' | sed 's/^ */ /; s/ *$/ /'
}

images() {
    if ! docker info >/dev/null 2>&1; then
        [ -z "${RELEASE_PLATFORMS:-}" ] || refuse "no Docker answers: there is no image for $RELEASE_PLATFORMS"
        echo "release: no Docker answers: the images are left out" >&2
        return
    fi
    local possible platform
    possible=$(buildable)
    for platform in ${RELEASE_PLATFORMS:-linux/amd64 linux/arm64}; do
        if [ -n "${RELEASE_PLATFORMS:-}" ] || [[ $possible == *" $platform "* ]]; then
            image "$platform"
        else
            echo "release: the image for $platform is left out: this Docker builds only for$possible(what it takes: docs/images.md)" >&2
        fi
    done
}

image() {
    local platform=$1 name made build=(docker build)
    name=swarmbot:$version-${platform//\//-}
    # What was built, and no list of how: `docker manifest` makes one image of single ones.
    ! has_buildx || build=(docker buildx build --load --provenance=false)
    # shellcheck disable=SC2086 # several arguments are meant
    "${build[@]}" --quiet --platform "$platform" --tag "$name" ${RELEASE_BUILD:-} .
    made=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$name")
    [[ $platform/ == "$made"/* ]] || refuse "the image for $platform is one for $made: is its base?"
    docker save "$name" | gzip -n >"$dist/swarmbot-$version-image-${platform//\//-}.tar.gz"
}

# What is pushed is what the checksums are of.
push() {
    local name=$1 archive platform images=()
    [ ! -e "$dist/SHA256SUMS" ] || (cd "$dist" && sha256sum --quiet --check SHA256SUMS)
    for archive in "$dist/swarmbot-$version-image"-*.tar.gz; do
        [ -e "$archive" ] || refuse "$dist has no image: make release comes first"
        platform=${archive#"$dist/swarmbot-$version-image-"}
        platform=${platform%.tar.gz}
        docker load --quiet --input "$archive"
        docker tag "swarmbot:$version-$platform" "$name:$version-$platform"
        docker push --quiet "$name:$version-$platform"
        images+=("$name:$version-$platform")
    done
    # One that a push before has left half done.
    docker manifest rm "$name:$version" >/dev/null 2>&1 || true
    # shellcheck disable=SC2086 # several arguments are meant
    docker manifest create ${RELEASE_MANIFEST:-} "$name:$version" "${images[@]}"
    # shellcheck disable=SC2086
    docker manifest push --purge ${RELEASE_MANIFEST:-} "$name:$version"
}

checksums() {
    (cd "$dist" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS)
}

if [ "${1:-}" = notes ]; then
    notes "${2:-$version}"
    exit
fi
if [ "${1:-}" = push ]; then
    [ -n "${2:-}" ] || refuse "push takes the name of the image, such as registry.example.com/swarmbot"
    push "$2"
    exit
fi
[ -z "$(git status --porcelain)" ] || refuse "there are changes that no commit has"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
if [ "${1:-}" = images ]; then
    mkdir -p "$dist"
    images
    exit
fi
rm -rf "$dist"
mkdir -p "$dist"
notes "$version" >"$dist/NOTES.md"
wheel
packages
images
checksums
echo "release: $version is in $dist"
ls -l "$dist"
