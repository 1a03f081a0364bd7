"""What `make release` publishes is of one version, and of a commit.

The whole of it takes minutes and a registry, so the steps before that are tried here, and which
images are made: by a `docker` that only writes down what it is asked. `make test-arm64` makes one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot import __version__

ROOT = Path(__file__).parents[2]
ARCHITECTURES = ("amd64", "arm64")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit, of what the script reads."""
    checkout = tmp_path / "checkout"
    (checkout / "bot").mkdir(parents=True)
    for name in ("release.sh", "CHANGELOG.md", ".gitignore", "bot/__init__.py"):
        shutil.copy(ROOT / name, checkout / name)
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "A version")):
        subprocess.run(["git", *words], cwd=checkout, check=True)
    return checkout


DOCKER = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/asked"
case "$*" in
    "buildx inspect") [ -n "$BUILDS_FOR" ] ;;
    "buildx inspect --bootstrap") printf 'Platforms: %s\\n' "$BUILDS_FOR" ;;
    "version --format"*) echo linux/amd64 ;;
    "image inspect"*) echo "${MADE:-$(echo "$5" | sed 's,.*-\\(.*\\)-,\\1/,')}" ;;
    save*) echo "the image of $2" ;;
esac
"""


@pytest.fixture
def docker(checkout: Path) -> Path:
    """A folder with a `docker` that does nothing. What buildx builds for is BUILDS_FOR; it is not
    installed where that is empty."""
    folder = checkout.with_name("bin")
    folder.mkdir()
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    return folder


def asked(docker: Path, *of: str) -> list[str]:
    """What the docker was asked, as far as it begins with one of these words."""
    return [line for line in (docker / "asked").read_text().splitlines() if line.startswith(of)]


def release(
    checkout: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    path = f"{checkout.with_name('bin')}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "release.sh", *arguments],
        cwd=checkout,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_notes_are_the_changelog_s_section_of_the_version(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n- Later.\n\n"
        f"## [{__version__}] - 2026-01-01\n\n### Added\n\n- This.\n\n## [0.0.1]\n\n- Before.\n"
    )
    assert release(checkout, "notes").stdout == "### Added\n\n- This.\n"


def test_a_version_without_a_section_is_not_published(checkout: Path) -> None:
    done = release(checkout, "notes", "9.9.9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "release: CHANGELOG.md has no section [9.9.9]\n"


def test_what_no_commit_has_is_not_published(checkout: Path) -> None:
    (checkout / "bot" / "__init__.py").write_text('__version__ = "9.9.9"\n')
    done = release(checkout)
    assert done.returncode == 2
    assert done.stderr == "release: there are changes that no commit has\n"
    assert not (checkout / "dist").exists()


@pytest.mark.parametrize("name", ["", "-dev", "-release"])
def test_what_is_installed_is_pinned_by_hash_and_from_nowhere_in_particular(name: str) -> None:
    text = (ROOT / f"requirements{name}.txt").read_text()
    pins = re.findall(r"^[a-zA-Z0-9._-]+==\S+.*(?:\n +--hash=\S+.*)*", text, re.MULTILINE)
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text


def test_an_image_is_made_for_each_platform(checkout: Path, docker: Path) -> None:
    done = release(checkout, "images", BUILDS_FOR="linux/amd64*, linux/amd64/v2, linux/arm64")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rpartition(" --quiet ")[2] for line in asked(docker, "buildx build")] == [
        f"--platform linux/{processor} --tag swarmbot:{__version__}-linux-{processor} ."
        for processor in ARCHITECTURES
    ]
    archives = {path.name for path in (checkout / "dist" / __version__).iterdir()}
    assert archives == {
        f"swarmbot-{__version__}-image-linux-{processor}.tar.gz" for processor in ARCHITECTURES
    }


@pytest.mark.parametrize("builds_for", ["", "linux/amd64, linux/amd64/v2, linux/arm/v7"])
def test_a_platform_that_cannot_be_built_is_named(
    checkout: Path, docker: Path, builds_for: str
) -> None:
    done = release(checkout, "images", BUILDS_FOR=builds_for)
    possible = builds_for.replace(",", "") or "linux/amd64"
    assert done.returncode == 0
    assert done.stderr == (
        "release: the image for linux/arm64 is left out: this Docker builds only for "
        f"{possible} (what it takes: docs/images.md)\n"
    )
    assert len(asked(docker, "build --quiet", "buildx build")) == 1


def test_a_platform_that_somebody_names_is_never_left_out(checkout: Path, docker: Path) -> None:
    done = release(checkout, "images", RELEASE_PLATFORMS="linux/arm64", BUILDS_FOR="")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[3] for line in asked(docker, "build --quiet")] == ["linux/arm64"]
    (docker / "docker").write_text("#!/bin/sh\nexit 1\n")
    done = release(checkout, "images", RELEASE_PLATFORMS="linux/arm64")
    assert done.returncode == 2
    assert done.stderr == "release: no Docker answers: there is no image for linux/arm64\n"


def test_an_image_for_another_platform_is_not_published(checkout: Path, docker: Path) -> None:
    done = release(checkout, "images", RELEASE_PLATFORMS="linux/arm64", MADE="linux/amd64")
    assert done.returncode == 2
    assert done.stderr == (
        "release: the image for linux/arm64 is one for linux/amd64: is its base?\n"
    )
    assert asked(docker, "save") == []


def test_what_is_pushed_is_one_image_of_what_was_made(checkout: Path, docker: Path) -> None:
    name = "registry.example.com/swarmbot"
    assert release(checkout, "push").returncode == 2
    assert "make release comes first" in release(checkout, "push", name).stderr
    release(checkout, "images", BUILDS_FOR="linux/amd64, linux/arm64")
    done = release(checkout, "push", name, RELEASE_MANIFEST="--insecure")
    assert (done.returncode, done.stderr) == (0, "")
    single = [f"{name}:{__version__}-linux-{processor}" for processor in ARCHITECTURES]
    assert asked(docker, "push") == [f"push --quiet {image}" for image in single]
    assert asked(docker, "manifest c", "manifest p") == [
        f"manifest create --insecure {name}:{__version__} {' '.join(single)}",
        f"manifest push --purge --insecure {name}:{__version__}",
    ]


def test_an_archive_that_was_changed_is_not_pushed(checkout: Path, docker: Path) -> None:
    release(checkout, "images", BUILDS_FOR="linux/amd64")
    dist = checkout / "dist" / __version__
    (dist / "SHA256SUMS").write_text(
        f"{'0' * 64}  swarmbot-{__version__}-image-linux-amd64.tar.gz\n"
    )
    assert release(checkout, "push", "registry.example.com/swarmbot").returncode
    assert asked(docker, "push", "load") == []


def test_the_workflow_leaves_no_platform_out() -> None:
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    (step,) = (
        step for step in content["jobs"]["release"]["steps"] if step.get("run") == "make release"
    )
    (default,) = re.findall(r"RELEASE_PLATFORMS:-(linux[^}]+)\}", (ROOT / "release.sh").read_text())
    assert step["env"]["RELEASE_PLATFORMS"] == default
    assert default.split() == [f"linux/{processor}" for processor in ARCHITECTURES]
