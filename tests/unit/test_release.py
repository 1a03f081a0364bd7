"""What `make release` publishes is of one version, and of a commit.

The whole of it takes minutes and a registry, so the steps before that are tried here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit, of what the script reads."""
    (tmp_path / "bot").mkdir()
    for name in ("release.sh", "CHANGELOG.md", "bot/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "A version")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "release.sh", *arguments],
        cwd=checkout,
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
