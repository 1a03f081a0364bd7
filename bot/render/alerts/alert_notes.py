"""What is said once: the leader moved, or somebody changed services without the bot."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch

from bot.model import Message
from bot.model.alert_facts import (
    AlertKind,
    ChangedOutside,
    LeaderMoved,
    ServiceChanges,
    SpecChange,
)
from bot.model.english import rounded, some
from bot.model.incident import CHANGES_LABEL, OFF, Note
from bot.render.alerts.alert_words import kind_words
from bot.render.slack.blocks import Block, actions, button, message
from bot.render.slack.text import prose, sentence


@dataclass(frozen=True, slots=True)
class NoteWords:
    """The `head` of a note, and what else is to be said; without a head the kind of note gives
    it."""

    head: str = ""
    rest: str = ""


@singledispatch
def words(facts: object, note: Note) -> NoteWords:
    """The plain sentences of a note with these facts."""
    raise TypeError(f"no words for {type(facts).__name__} of {note.name}")


@words.register
def _(facts: LeaderMoved, note: Note) -> NoteWords:
    return NoteWords(f"{note.name} leads the Swarm now; before it was {facts.before}")


@words.register
def _(facts: ChangedOutside, note: Note) -> NoteWords:
    head = f"{note.name} was changed outside swarmbot"
    if len(facts.services) == 1:
        return NoteWords(head, _changes(facts.services[0], note.at))
    names = some([_named(service, note.at) for service in facts.services])
    return NoteWords(head, f"{len(facts.services)} services of this stack, {names}")


def note(told: Note) -> Message:
    """Something that is said once."""
    said = words(told.facts, told)
    head = prose(said.head) if said.head else kind_words(told.kind, told.name)
    shown = _buttons(told) if told.kind is AlertKind.CHANGED_OUTSIDE else []
    return message(f"🔵 {head}", [prose(sentence(said.rest))], actions(*shown))


def _named(service: ServiceChanges, at: datetime) -> str:
    changes = _changes(service, at)
    return f"{service.service} ({changes})" if changes else service.service


def _changes(service: ServiceChanges, at: datetime) -> str:
    if service.times > 1 and service.since:
        last = "".join(f", last: {_change(change)}" for change in service.changes[-1:])
        return f"{service.times} times in {rounded(at - service.since)}{last}"
    return ", then ".join(_change(change) for change in service.changes)


def _change(change: SpecChange) -> str:
    """What changed, in the words of the Docker CLI where these are short."""
    parts = []
    if change.image:
        old, new = change.image
        same = old.tagged == new.tagged
        parts.append(f"image {old if same else old.tagged} → {new if same else new.tagged}")
    if change.replicas:
        parts.append("replicas {} → {}".format(*map(_count, change.replicas)))
    return ", ".join(parts) or some(change.fields)


def _count(replicas: int | None) -> str:
    return "–" if replicas is None else str(replicas)


def _buttons(told: Note) -> list[Block]:
    """What happened; and of what is changed all the time, an end of being told."""
    if told.stack and not told.service_id:
        return [button("Services", f"stack services {shlex.quote(told.stack)}")]
    target = shlex.quote(told.service_id or told.name)
    history = button("History", f"history {target}")
    if not any(service.times > 1 for service in _told_services(told)):
        return [history]
    silence = button("Silence 1 d", f"silence {shlex.quote(f'service:{told.service_id}')} --for 1d")
    never = button(
        "Never tell",
        f"service update --label-add {CHANGES_LABEL}={OFF} {target}",
        confirm=(
            f"The service gets the label {CHANGES_LABEL}={OFF}, which restarts nothing: nobody is "
            "told any more when others change it. A stack's file has to have the label too."
        ),
    )
    return [history, silence, never]


def _told_services(told: Note) -> tuple[ServiceChanges, ...]:
    return told.facts.services if isinstance(told.facts, ChangedOutside) else ()
