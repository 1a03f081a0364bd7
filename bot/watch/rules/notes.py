"""What is worth saying once: the leader moved, a service was changed outside swarmbot."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Service, Spec
from bot.model.alert_facts import (
    ChangedOutside,
    LeaderMoved,
    NoteFacts,
    ServiceChanges,
    SpecChange,
)
from bot.model.incident import CHANGES_LABEL, OFF, Memory, Note, OutsideNews
from bot.swarm.spec.edit import differences, image_of
from bot.swarm.spec.read import replicas
from bot.watch.evaluation import Evaluation
from bot.watch.rules import folding

TOGETHER = timedelta(seconds=4)
"""A stack is deployed service by service: what changes of it with shorter pauses is one piece of
news."""
LONGEST = timedelta(seconds=30)
"""For longer nobody is kept waiting for it."""
_MOST_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Noted:
    """What is `due` to be said once, what is `held` for later, and who was told what (see
    `Memory.outside`)."""

    due: tuple[Note, ...]
    held: tuple[Note, ...]
    outside: Mapping[str, OutsideNews]


def noted(evaluation: Evaluation, before: Memory) -> Noted:
    """What is to be said once, and what waits; `before` is what was remembered before this look."""
    every = (*_leader(evaluation, before), *_changes(evaluation, before), *before.held)
    watched = [note for note in every if evaluation.watched(note.kind)]
    kept = [note for note in watched if _is_folded(before, note, evaluation.at)]
    calm = [note for note in watched if note not in kept]
    of_the_swarm = [note for note in calm if not note.service_id]
    alone = folding.folded(note for note in calm if note.service_id and not note.stack)
    ripe = [notes for notes in _by_stack(calm) if _is_ripe(evaluation, notes)]
    unripe = [notes for notes in _by_stack(calm) if not _is_ripe(evaluation, notes)]
    told = (*alone, *(note for notes in ripe for note in notes))
    return Noted(
        due=(*of_the_swarm, *alone, *map(_together, ripe)),
        held=(*folding.folded(kept), *(note for notes in unripe for note in notes)),
        outside=folding.told(before.outside, told, evaluation.at),
    )


def _is_folded(before: Memory, note: Note, at: datetime) -> bool:
    return folding.is_folded(before.outside.get(note.service_id, folding.NOTHING), at)


def _by_stack(notes: Iterable[Note]) -> Iterable[list[Note]]:
    stacks: defaultdict[str, list[Note]] = defaultdict(list)
    for note in notes:
        if note.stack:
            stacks[note.stack].append(note)
    return stacks.values()


def _is_ripe(evaluation: Evaluation, notes: Sequence[Note]) -> bool:
    times = [note.at for note in notes]
    return evaluation.at - max(times) >= TOGETHER or evaluation.at - min(times) >= LONGEST


def _together(notes: Sequence[Note]) -> Note:
    """What happened to a stack as one piece of news: to one service of it, also several times, or
    to several."""
    changes: defaultdict[str, list[ServiceChanges]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.at):
        for service in note.facts.services if isinstance(note.facts, ChangedOutside) else ():
            changes[service.service].append(service)
    facts = ChangedOutside(
        services=tuple(folding.of_one_service(made) for _, made in sorted(changes.items()))
    )
    last = max(notes, key=lambda note: note.at)
    together = replace(last, id=_digest("|".join(sorted(note.id for note in notes))), facts=facts)
    return together if len(changes) == 1 else replace(together, name=last.stack, service_id="")


def _leader(evaluation: Evaluation, before: Memory) -> Iterator[Note]:
    old, new = before.leader, evaluation.memory.leader
    if old and new and old != new:
        known = {**before.managers, **evaluation.memory.managers}
        key = f"{old}>{new}@{evaluation.at.isoformat()}"
        yield _note(evaluation, LeaderMoved(before=known.get(old, old)), known.get(new, new), key)


def _changes(evaluation: Evaluation, before: Memory) -> Iterator[Note]:
    for service in evaluation.services.values():
        old, new = before.specs.get(service.id, ""), evaluation.memory.specs[service.id]
        if not old or old == new or f"service:{service.id}" in evaluation.snapshot.locks:
            continue
        if service.labels.get(CHANGES_LABEL, "").lower() == OFF:
            continue
        if not (_is_own(evaluation, before, service) or _is_rollback_by_swarm(service)):
            change = _change(service.previous, service.spec) if service.previous else None
            made = (change,) if change else ()
            facts = ChangedOutside(services=(ServiceChanges(service=service.name, changes=made),))
            key = f"{service.id}:{old}>{new}@{service.version}"
            note = _note(evaluation, facts, service.name, key)
            yield replace(note, service_id=service.id, stack=service.stack)


def _is_own(evaluation: Evaluation, before: Memory, service: Service) -> bool:
    """Whether the bot's newest rollout of the service brought this specification, or took it
    back."""
    rollout, spec = (
        evaluation.snapshot.rollouts.get(service.id),
        evaluation.memory.specs[service.id],
    )
    if rollout is None:
        return False
    if spec == rollout.spec_hash:
        return before.accounted.get(service.id) != rollout.id
    if spec != rollout.before_hash:
        return False
    # Read before the rollout began; or the rollback that the bot asked for. By hand people go back
    # there too.
    read_before = service.updated is not None and service.updated <= rollout.started
    return read_before or bool(rollout.rollback_by)


def _is_rollback_by_swarm(service: Service) -> bool:
    update = service.update
    return update is not None and update.state.startswith("rollback") and not update.by_hand


def _change(old: Spec, new: Spec) -> SpecChange | None:
    """What changed: the image and the count, else the fields; None where nothing did."""
    images = (image_of(old), image_of(new))
    counts = (replicas(old), replicas(new))
    if images[0] != images[1] or counts[0] != counts[1]:
        return SpecChange(
            image=images if images[0] != images[1] else None,
            replicas=counts if counts[0] != counts[1] else None,
        )
    fields = _fields(old, new)
    return SpecChange(fields=fields) if fields else None


def _fields(old: Spec, new: Spec) -> tuple[str, ...]:
    """The names of the fields that differ, never their values, which may be secrets."""
    paths = (difference.field.partition("[")[0] for difference in differences(old, new))
    return tuple(sorted({path.rpartition(".")[2] for path in paths})[:_MOST_FIELDS])


def _note(evaluation: Evaluation, facts: NoteFacts, name: str, key: str) -> Note:
    return Note(id=_digest(f"{facts.kind}|{key}"), name=name, facts=facts, at=evaluation.at)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
