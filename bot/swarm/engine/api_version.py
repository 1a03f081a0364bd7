"""Which version of the Engine API is spoken with an engine: the newest that both know."""

from __future__ import annotations

import re

NEWEST_TESTED = "1.55"
"""What Docker 29.6 and 29.7 speak. Of anything newer nobody knows what it does with what the bot
sends."""
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)


class ApiVersion:
    """The version that is spoken with one engine, for all its connections.

    `spoken` is such as "1.41", and empty before the engine was asked; `newest` is the newest that
    the engine knows; `asked` says whether the engine was asked since a connection to it broke: it
    may be another one now.
    """

    def __init__(self, spoken: str = "") -> None:
        self.spoken = self.newest = spoken
        self.asked = bool(spoken)
        self._oldest = ""

    def agree(self, newest: str, oldest: str) -> bool:
        """Speak the newest that both know, from `GET /version`; False where it names none."""
        spoken = agreed_version(newest, oldest)
        if spoken:
            self.spoken, self.newest, self._oldest, self.asked = spoken, newest, oldest, True
        return bool(spoken)

    def heard(self, newest: str) -> None:
        """An answer says in its header what the engine knows: it may have been upgraded."""
        if self.spoken and newest != self.newest and version_numbers(newest):
            self.spoken = agreed_version(newest, self._oldest)
            self.newest = newest


def agreed_version(newest: str, oldest: str) -> str:
    """The newest version that an engine speaks and that was tested; empty where it names none.

    An engine that speaks none of those is asked in its oldest.
    """
    if not version_numbers(newest):
        return ""
    spoken = min(newest, NEWEST_TESTED, key=version_numbers)
    return max(spoken, oldest, key=version_numbers)


def version_numbers(version: str) -> tuple[int, ...]:
    """A version to compare: "1.41" → (1, 41); empty for what is none."""
    if not _VERSION.fullmatch(version):
        return ()
    return tuple(int(part) for part in version.split("."))
