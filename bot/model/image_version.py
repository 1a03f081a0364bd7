"""What a tag says of the version of an image, and which of many tags is the next one to run; pure.

Versions are compared as Semantic Versioning has it (semver.org). Tags are freer than that: they
begin with a `v` or not, have one to three numbers, and end in a variant such as `-alpine`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from semver import Version


class VersionPart(StrEnum):
    """By how much an image is newer: the same tag with another digest, or a part of its version."""

    DIGEST = "digest"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def rank(self) -> int:
        """How far it goes: whoever allows a part allows those of a lower rank too."""
        return _RANKS[self]


_RANKS = {part: rank for rank, part in enumerate(VersionPart)}

_MOST_DIGITS = 18
"""Longer numbers are no versions: they are dates with times, or hashes."""
_TAG = re.compile(
    rf"v?(?P<numbers>[0-9]{{1,{_MOST_DIGITS}}}(?:\.[0-9]{{1,{_MOST_DIGITS}}}){{0,2}})"
    r"(?P<rest>-[0-9A-Za-z][0-9A-Za-z._-]*)?",
    re.IGNORECASE | re.ASCII,
)
_PRERELEASE = re.compile(
    r"(?:alpha|beta|canary|dev|ea|eap|m|milestone|nightly|next|pre|preview|rc|snapshot|a|b)"
    r"[.-]?[0-9]{0,18}",
    re.IGNORECASE | re.ASCII,
)
"""What is not finished yet is called one of these, with a number. All else behind the numbers is
the variant: what the image is built on, or for."""


@dataclass(frozen=True, slots=True)
class TagVersion:
    """A tag as a version. `count` is how many numbers it has; `variant` what follows them."""

    tag: str
    version: Version
    count: int
    variant: str = ""

    @classmethod
    def parse(cls, tag: str) -> TagVersion | None:
        """Read a tag; None where it is no version, such as `latest` or `stable-alpine`."""
        match = _TAG.fullmatch(tag)
        if match is None:
            return None
        numbers = [int(number) for number in match["numbers"].split(".")]
        major, minor, patch = (*numbers, 0, 0)[:3]
        prerelease, variant = _divided((match["rest"] or "").removeprefix("-"))
        version = Version(major, minor, patch, prerelease or None)
        return cls(tag, version, len(numbers), variant)

    def part_to(self, newer: TagVersion) -> VersionPart:
        """Which part of the version differs first: that of the numbers, else the last one."""
        before, after = self.version, newer.version
        if before.major != after.major:
            return VersionPart.MAJOR
        return VersionPart.MINOR if before.minor != after.minor else VersionPart.PATCH

    def is_followed_by(self, candidate: TagVersion) -> bool:
        """Whether the other one is newer and of the same kind.

        It has as many numbers and the same variant, and it is finished where this one is.
        """
        return (
            candidate.count == self.count
            and candidate.variant == self.variant
            and (self.version.prerelease is not None or candidate.version.prerelease is None)
            and candidate.version > self.version
        )


def newest(current: str, tags: Iterable[str], allowed: VersionPart) -> str:
    """The newest tag that may follow `current`; empty where there is none.

    Of two tags of one version (`v1.2`, `1.2`) it is the one that is written like the current one.
    """
    now = TagVersion.parse(current)
    if now is None:
        return ""
    read = (TagVersion.parse(tag) for tag in tags)
    following = [
        candidate
        for candidate in read
        if candidate
        and now.is_followed_by(candidate)
        and now.part_to(candidate).rank <= allowed.rank
    ]
    best = max(
        following,
        key=lambda candidate: (
            candidate.version,
            _prefix(candidate.tag) == _prefix(current),
            candidate.tag,
        ),
        default=None,
    )
    return best.tag if best else ""


def part_between(before: str, after: str) -> VersionPart:
    """By how much one tag is newer than the other; the digest where the tags do not tell."""
    old, new = TagVersion.parse(before), TagVersion.parse(after)
    return old.part_to(new) if old and new and before != after else VersionPart.DIGEST


def _divided(rest: str) -> tuple[str, str]:
    """Pre-release and variant of what stands behind the numbers: `rc.1-alpine` is both."""
    match = _PRERELEASE.match(rest)
    if match is None or rest[match.end() : match.end() + 1] not in ("", "-"):
        return "", rest
    return _numbered(match[0]), rest[match.end() :].removeprefix("-")


def _numbered(prerelease: str) -> str:
    """The name and the number apart, so that `rc10` follows `rc9`."""
    name = prerelease.rstrip("0123456789")
    number = prerelease[len(name) :]
    name = name.rstrip(".-").lower()
    return f"{name}.{int(number)}" if number else name


def _prefix(tag: str) -> str:
    return tag[:1] if tag[:1] in "vV" else ""
