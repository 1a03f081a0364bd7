"""From what was seen and what was known to what it means: the whole judgement of one look. Pure,
the time included."""

from __future__ import annotations

from dataclasses import replace

from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.watch import lifecycle
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, joined
from bot.watch.memory import refreshed
from bot.watch.rules import bot_health, certificates, managers, nodes, notes, placement, services
from bot.watch.snapshot import Judgement, Snapshot

JUDGES = (
    nodes.judge,
    managers.judge,
    services.judge,
    certificates.judge,
    placement.judge,
    bot_health.judge,
)
"""Each finds the problems of its kind that are there now, and says of which nobody can tell."""


def judge(observation: Snapshot, memory: Memory, watch: WatchSettings) -> Judgement:
    """What to remember of this look, which incidents look different to people now, and what is to
    be said once."""
    scene = Evaluation(observation, refreshed(observation, memory), watch)
    found = _watched(scene, joined(each(scene) for each in JUDGES))
    incidents, changed = lifecycle.advance(scene, found)
    said, held = notes.noted(scene, memory)
    return Judgement(
        memory=replace(scene.memory, incidents=incidents, held=held), changed=changed, notes=said
    )


def _watched(scene: Evaluation, found: Findings) -> Findings:
    """Without what nobody wants to hear of."""
    return Findings(
        tuple(one for one in found.problems if scene.watched(one.trouble)),
        frozenset(
            (subject, trouble) for subject, trouble in found.unknown if scene.watched(trouble)
        ),
    )
