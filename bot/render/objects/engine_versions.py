"""The versions of Docker that the nodes run, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.english import some
from bot.model.version_in_use import VersionInUse


def versions_in_words(versions: Sequence[VersionInUse]) -> str:
    """Each version, the newest first, with its nodes."""
    return " · ".join(f"{used.version} on {some(used.nodes)}" for used in versions)
