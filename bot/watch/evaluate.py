"""From what was seen and what was known to what it means: the whole judgement of one look. Pure,
the time included."""

from __future__ import annotations

from dataclasses import replace

from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout
from bot.watch import lifecycle
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, joined
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


def judge(
    snapshot: Snapshot, memory: Memory, watch: WatchSettings, kept: TaskLayout = NO_LAYOUT
) -> Judgement:
    """What to remember of this look, which incidents look different to people now, and what is to
    be said once; `kept`: see `Evaluation.of`."""
    evaluation = Evaluation.of(snapshot, memory, watch, kept)
    findings = _watched(evaluation, joined(judge_kind(evaluation) for judge_kind in JUDGES))
    incidents, changed = lifecycle.advance(evaluation, findings)
    noted = notes.noted(evaluation, memory)
    remembered = replace(
        evaluation.memory,
        incidents=incidents,
        held=noted.held,
        outside=noted.outside,
        at=snapshot.at,
    )
    return Judgement(memory=remembered, changed=changed, notes=noted.due)


def _watched(evaluation: Evaluation, findings: Findings) -> Findings:
    """Without what nobody wants to hear of."""
    return Findings(
        tuple(problem for problem in findings.problems if evaluation.watched(problem.kind)),
        frozenset(
            (subject, kind) for subject, kind in findings.unknown if evaluation.watched(kind)
        ),
    )
