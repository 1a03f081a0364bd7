"""Facts that bring their sentences along: how a message is laid out is tested with more kinds of
sentences than the bot has."""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from datetime import datetime
from functools import cache
from typing import Any

from bot.model import alert_facts
from bot.model.alert_facts import Aftermath, AlertKind
from bot.model.incident import Note
from bot.render import digest
from bot.render.alerts import alert_notes, alert_reasons, alert_words


class Written:
    """Marks facts that say themselves what is wrong, and what helps."""

    cause: str
    fix: str


@cache
def _written_kind(name: str) -> Any:
    added = [("cause", str, ""), ("fix", str, "")]
    bases = (Written, getattr(alert_facts, name))
    return make_dataclass(f"Written{name}", added, bases=bases, frozen=True, kw_only=True)


def written(facts: Any, cause: str = "", fix: str = "") -> Any:
    """These facts, with sentences of their own."""
    values = {field.name: getattr(facts, field.name) for field in fields(facts)}
    return _written_kind(type(facts).__name__)(**{**values, "cause": cause, "fix": fix})


@alert_reasons.reason.register
def _(facts: Written, name: str) -> alert_reasons.Reason:
    return alert_reasons.Reason(facts.cause, facts.fix)


class WrittenAftermath(str):
    """What remains of an incident, in these words."""

    words: str

    def __new__(cls, aftermath: Aftermath, words: str) -> WrittenAftermath:
        made = super().__new__(cls, aftermath.value)
        made.words = words
        return made


@alert_words.aftermath_words.register
def _(aftermath: WrittenAftermath) -> str:
    return aftermath.words


@alert_words.change_words.register
def _(change: str) -> str:
    return change


@dataclass(frozen=True)
class _WrittenNote:
    kind: AlertKind
    words: alert_notes.NoteWords


def written_note(kind: AlertKind, head: str = "", rest: str = "") -> Any:
    """Facts of a note, with words of their own."""
    return _WrittenNote(kind, alert_notes.NoteWords(head, rest))


@alert_notes.words.register
def _(facts: _WrittenNote, note: Note) -> alert_notes.NoteWords:
    return facts.words


@dataclass(frozen=True)
class _WrittenEnding:
    expiry: digest.Expiry


def written_ending(words: str, at: datetime | None = None) -> Any:
    """Something that ends soon, in these words."""
    return _WrittenEnding(digest.Expiry(words, at))


@digest.expiry.register
def _(ending: _WrittenEnding) -> digest.Expiry:
    return ending.expiry


def written_change(words: str) -> Any:
    """What somebody changed shortly before, in these words."""
    return words
