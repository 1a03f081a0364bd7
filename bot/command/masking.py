"""The masked form of a command, which everybody may read, and the raw one, which is sealed.

Messages, threads, logs, buttons, the audit and Redis have the masked form. Where the raw one is
still needed it is encrypted in Redis, and a button says `again ID`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TypeVar

from bot.command import line
from bot.command.fields import OtherLine, Secret
from bot.command.model import Command, Table, written
from bot.errors import SealedGoneError, SwarmbotError
from bot.model.secrecy import masked_text
from bot.store.sealed import KEPT
from bot.store.store import Store

_AGAIN = "again"
_CommandType = TypeVar("_CommandType", bound=Command)


def masked(command: _CommandType, table: Table) -> _CommandType:
    """The command with dots for values that may be secret; itself where it has none."""
    shown = {
        name: _masked(getattr(command, name), info.metadata, table)
        for name, info in type(command).model_fields.items()
    }
    changed = {name: value for name, value in shown.items() if value != getattr(command, name)}
    return command.model_copy(update=changed) if changed else command


def audited(command: Command, table: Table) -> dict[str, Any]:
    """A command as the audit keeps it."""
    return written(masked(command, table))


def shown_line(command: Command, table: Table) -> str:
    """The line as people may read it."""
    return line.write(masked(command, table))


def seal(command: Command, store: Store, table: Table, life: timedelta = KEPT) -> str:
    """Keep the raw form for so long, and return its id; empty where it holds no secret.

    Raises StoreUnavailableError.
    """
    if masked(command, table) is command:
        return ""
    return store.sealed.put(json.dumps(written(command)), life)


def again(command: Command, store: Store, table: Table) -> str:
    """The line for a button that sends the command again; with secrets it names an id."""
    sealed = seal(command, store, table)
    return f"{_AGAIN} {sealed}" if sealed else line.write(command)


def unsealed(sealed: str, store: Store, table: Table) -> Command:
    """The command that was sealed. Raises SealedGoneError where it is not known any more."""
    text = store.sealed.get(sealed)
    if text is None:
        raise SealedGoneError
    stored = json.loads(text)
    return table.by_name[stored["command"]].model_validate(stored["flags"])


def read(text: str, store: Store, table: Table) -> Command:
    """The command of a line that was typed, or that a button sends."""
    first, _, sealed = text.strip().partition(" ")
    if first == _AGAIN and sealed:
        return unsealed(sealed.strip(), store, table)
    return line.parse(text, table)


def _masked(value: Any, marks: list[Any], table: Table) -> Any:
    for mark in marks:
        if isinstance(mark, Secret) and value:
            return mark.mask(value)
        if isinstance(mark, OtherLine):
            return _masked_line(str(value), table)
    return value


def _masked_line(text: str, table: Table) -> str:
    try:
        command = line.parse(text, table)
    except SwarmbotError:
        return masked_text(text)
    shown = masked(command, table)
    return text if shown is command else line.write(shown)
