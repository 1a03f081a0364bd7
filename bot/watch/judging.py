"""From what was seen and what was known to what it means: the whole judgement of one look. Pure, the time included."""

from __future__ import annotations

from dataclasses import replace

from bot.incident import Memory
from bot.settings import Watch
from bot.watch import certificates, facts, itself, lifecycle, managers, nodes, notes, placement, services
from bot.watch.found import Found, joined
from bot.watch.observation import Observation, Verdict
from bot.watch.scene import Scene

JUDGES = (nodes.judge, managers.judge, services.judge, certificates.judge, placement.judge, itself.judge)
"""Each finds the problems of its kind that are there now, and says of which nobody can tell."""


def judge(observation: Observation, memory: Memory, watch: Watch) -> Verdict:
    """What to remember of this look, which incidents look different to people now, and what is to be said once."""
    scene = Scene(observation, facts.refreshed(observation, memory), watch)
    found = _watched(scene, joined(each(scene) for each in JUDGES))
    incidents, changed = lifecycle.advance(scene, found)
    said, held = notes.noted(scene, memory)
    return Verdict(memory=replace(scene.memory, incidents=incidents, held=held), changed=changed, notes=said)


def _watched(scene: Scene, found: Found) -> Found:
    """Without what nobody wants to hear of."""
    return Found(
        tuple(one for one in found.problems if scene.watched(one.trouble)),
        frozenset((subject, trouble) for subject, trouble in found.unknown if scene.watched(trouble)),
    )
