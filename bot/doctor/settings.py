"""What the doctor says of the Swarm's own settings and of certificates; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.probes import Probes
from bot.model.advice import Advice
from bot.model.advice_facts import AutolockOff, CertificateEnds, RootBeingReplaced, TaskHistoryOdd
from bot.model.alert_facts import CertificateEnding
from bot.model.incident import Severity
from bot.watch.evaluation import Evaluation
from bot.watch.rules import certificates

MUCH_HISTORY = 50


def examine(evaluation: Evaluation, probes: Probes) -> Iterator[Advice]:
    """Certificates first: what is left of them is the only thing here that ends by itself."""
    for problem in certificates.judge(evaluation).problems:
        if isinstance(problem.facts, CertificateEnding):
            facts = CertificateEnds(name=problem.name, ending=problem.facts)
            yield Advice(problem.severity, facts)
    cluster = evaluation.snapshot.cluster
    if cluster is None:
        return
    if cluster.root_rotation:
        holding_up = sorted(node.name for node in evaluation.away.values())
        replaced = RootBeingReplaced(
            rotation=probes.rotation, held_up_by=holding_up[0] if holding_up else ""
        )
        yield Advice(Severity.WARNING if holding_up else Severity.NOTE, replaced)
    if not cluster.autolock:
        yield Advice(Severity.NOTE, AutolockOff())
    if not 0 < cluster.task_history <= MUCH_HISTORY:
        yield Advice(Severity.NOTE, TaskHistoryOdd(limit=cluster.task_history))
