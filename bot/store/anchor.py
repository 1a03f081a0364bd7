"""The newest entry of the audit as this bot knew it, kept outside of Redis.

A chain that is whole can still be another chain, or the beginning of the right one: only what was
noted elsewhere shows that.
"""

from __future__ import annotations

import fcntl
import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.store.json_form import JsonForm

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditHead:
    """How many entries there are, and the hash of the newest one; empty where there is none."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedHead:
    """What the file has: the newest entry, and from which number on all are signed with this key.

    `key` tells one key from another.
    """

    entries: int
    hash: str
    signed_from: int = 1
    key: str = ""

    @property
    def head(self) -> AuditHead:
        """The entry that was the newest one."""
        return AuditHead(self.entries, self.hash)


_json = JsonForm(NotedHead)


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """A file with the newest entry; once that is gone from the audit, it stays as it is."""

    path: Path

    @classmethod
    def under(cls, data: Path) -> AnchorFile:
        """The file under `SWARMBOT_DATA`."""
        return cls(data / "audit-head")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else compares or notes meanwhile, in this process or in another one.

        Where the folder cannot be written, nobody notes anything.
        """
        file = None
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.with_name(f"{self.path.name}.lock").open("w")
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if file:
                file.close()

    def read(self) -> NotedHead | None:
        """What was noted; None where nothing was, or it cannot be read."""
        try:
            return _json.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            log.warning("%s cannot be read: the head of the audit is not compared", self.path)
            return None

    def write(self, noted: NotedHead) -> None:
        """Remember the newest entry, here and in the log."""
        log.info("the audit has %d entries, the newest has the hash %s", noted.entries, noted.hash)
        unfinished = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            unfinished.write_text(json.dumps(_json.dump_python(noted)))
            unfinished.replace(self.path)
        except OSError as error:
            log.warning("the head of the audit cannot be written to a file: %s", error.strerror)
