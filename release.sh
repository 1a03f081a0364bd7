#!/usr/bin/env bash
# What is published of a version, in dist/: the wheel, the image as an archive, a list of all packages (SBOM), their licences, the changelog's section,
# and checksums of it all. `make release` calls it, after a commit that raises `__version__` of bot/__init__.py and gives the changelog its section.
# RELEASE_BUILD: further arguments of `docker build`, such as `--build-arg BASE=…`.
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

image() {
    if ! docker info >/dev/null 2>&1; then
        echo "release: no Docker answers: the image is left out" >&2
        return
    fi
    # shellcheck disable=SC2086 # several arguments are meant
    docker build --quiet --tag "swarmbot:$version" ${RELEASE_BUILD:-} .
    docker save "swarmbot:$version" | gzip -n >"$dist/swarmbot-$version-image.tar.gz"
}

checksums() {
    (cd "$dist" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS)
}

if [ "${1:-}" = notes ]; then
    notes "${2:-$version}"
    exit
fi
[ -z "$(git status --porcelain)" ] || refuse "there are changes that no commit has"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf "$dist"
mkdir -p "$dist"
notes "$version" >"$dist/NOTES.md"
wheel
packages
image
checksums
echo "release: $version is in $dist"
ls -l "$dist"
