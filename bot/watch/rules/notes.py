"""What is worth saying once: the leader moved, a service was changed outside swarmbot."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.model import Service, Spec
from bot.model.incident import AlertKind, Memory, Note
from bot.swarm.health.progress import BY_HAND
from bot.swarm.spec.edit import differences, image_of, replicas_of
from bot.watch.evaluation import Evaluation
from bot.watch.phrases import some

TOGETHER = timedelta(seconds=4)
"""A stack is deployed service by service: what changes of it with shorter pauses is one piece of
news."""
LONGEST = timedelta(seconds=30)
"""For longer nobody is kept waiting for it."""
_SPARED = 3


def noted(scene: Evaluation, before: Memory) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """What is to be said once, and what waits for company; `before` is what was remembered before
    this look."""
    found = (*_leader(scene, before), *_changes(scene, before), *before.held)
    watched = [one for one in found if scene.watched(one.trouble)]
    alone = [one for one in watched if not one.stack]
    together = [_together(notes) for notes in _by_stack(watched) if _is_ripe(scene, notes)]
    held = [one for notes in _by_stack(watched) if not _is_ripe(scene, notes) for one in notes]
    return (*alone, *together), tuple(held)


def _by_stack(notes: Iterable[Note]) -> Iterable[list[Note]]:
    found: defaultdict[str, list[Note]] = defaultdict(list)
    for note in notes:
        if note.stack:
            found[note.stack].append(note)
    return found.values()


def _is_ripe(scene: Evaluation, notes: Sequence[Note]) -> bool:
    times = [note.at for note in notes]
    return scene.at - max(times) >= TOGETHER or scene.at - min(times) >= LONGEST


def _together(notes: Sequence[Note]) -> Note:
    """What happened to a stack as one piece of news: to one service of it, also several times, or
    to several."""
    changes: defaultdict[str, list[str]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.at):
        changes[note.name] += [note.what] if note.what else []
    what = {name: ", then ".join(each) for name, each in sorted(changes.items())}
    last = max(notes, key=lambda note: note.at)
    note_id = hashlib.sha256("|".join(sorted(note.id for note in notes)).encode()).hexdigest()[:16]
    if len(what) == 1:
        return replace(
            last, id=note_id, text=_text(last.name, what[last.name]), what=what[last.name]
        )
    listed = some([f"{name} ({each})" if each else name for name, each in what.items()])
    text = _text(last.stack, f"{len(what)} services of this stack, {listed}")
    return replace(last, id=note_id, name=last.stack, text=text, service_id="", what="")


def _text(name: str, what: str) -> str:
    return f"{name} was changed outside swarmbot{f': {what}' if what else ''}."


def _leader(scene: Evaluation, before: Memory) -> Iterator[Note]:
    old, new = before.leader, scene.memory.leader
    if old and new and old != new:
        known = {**before.managers, **scene.memory.managers}
        text = f"{known.get(new, new)} leads the Swarm now; before it was {known.get(old, old)}."
        yield _note(
            scene,
            AlertKind.LEADER_MOVED,
            known.get(new, new),
            text,
            f"{old}>{new}@{scene.at.isoformat()}",
        )


def _changes(scene: Evaluation, before: Memory) -> Iterator[Note]:
    for service in scene.services.values():
        old, new = before.specs.get(service.id, ""), scene.memory.specs[service.id]
        if not old or old == new or f"service:{service.id}" in scene.seen.locks:
            continue
        if not (_is_own(scene, before, service) or _is_rollback_by_swarm(service)):
            what = _what(service.previous, service.spec) if service.previous else ""
            key = f"{service.id}:{old}>{new}@{service.version}"
            note = _note(
                scene, AlertKind.CHANGED_OUTSIDE, service.name, _text(service.name, what), key
            )
            yield replace(note, service_id=service.id, stack=service.stack, what=what)


def _is_own(scene: Evaluation, before: Memory, service: Service) -> bool:
    """Whether the bot's newest rollout of the service brought this specification, or took it
    back."""
    rollout, spec = scene.seen.rollouts.get(service.id), scene.memory.specs[service.id]
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
    return (
        update is not None
        and update.state.startswith("rollback")
        and not update.message.startswith(BY_HAND)
    )


def _what(old: Spec, new: Spec) -> str:
    """What changed, in the words of the Docker CLI where these are short."""
    images = (image_of(old), image_of(new))
    counts = (replicas_of(old), replicas_of(new))
    parts = []
    if images[0] != images[1]:
        same = images[0].tagged == images[1].tagged
        parts.append("image {} → {}".format(*(str(one) if same else one.tagged for one in images)))
    if counts[0] != counts[1]:
        parts.append(
            f"replicas {'–' if counts[0] is None else counts[0]} → "
            f"{'–' if counts[1] is None else counts[1]}"
        )
    return ", ".join(parts) or _fields(old, new)


def _fields(old: Spec, new: Spec) -> str:
    """The names of the fields that differ, never their values, which may be secrets."""
    names = sorted(
        {one.field.partition("[")[0].rpartition(".")[2] for one in differences(old, new)}
    )
    return some(names[: _SPARED + 2]) if names else ""


def _note(scene: Evaluation, trouble: AlertKind, name: str, text: str, key: str) -> Note:
    note_id = hashlib.sha256(f"{trouble}|{key}".encode()).hexdigest()[:16]
    return Note(id=note_id, trouble=trouble, name=name, text=text, at=scene.at)
