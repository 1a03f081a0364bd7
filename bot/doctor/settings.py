"""What the doctor says of the Swarm's own settings and of certificates; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.probes import Probes
from bot.model.alert_facts import AlertKind
from bot.model.cluster import ClusterInfo, RootRotation
from bot.model.incident import Advice, Memory, Severity
from bot.render.alerts.alert_reasons import reason
from bot.settings import WatchSettings
from bot.watch.evaluation import Evaluation
from bot.watch.rules import certificates
from bot.watch.snapshot import Snapshot

MUCH_HISTORY = 50


def examine(seen: Snapshot, probes: Probes, watch: WatchSettings) -> Iterator[Advice]:
    """Certificates first: what is left of them is the only thing here that ends by itself."""
    for problem in certificates.judge(Evaluation(seen, Memory(), watch)).problems:
        if problem.kind is AlertKind.CERTIFICATE:
            said = reason(problem.facts, problem.name)
            detail = said.cause[:1].lower() + said.cause[1:]
            yield Advice(
                severity=problem.severity,
                name="certificate",
                text=f"{problem.name}: {detail}",
                fix=said.fix,
            )
    if seen.cluster:
        yield from _rotation(seen.cluster, probes.rotation, seen)
        yield from _settings(seen.cluster)


def _rotation(
    cluster: ClusterInfo, rotation: RootRotation | None, seen: Snapshot
) -> Iterator[Advice]:
    if not cluster.root_rotation:
        return
    away = [node.name for node in seen.nodes or () if node.state in ("down", "disconnected")]
    how_far = f" ({rotation.renewed} of {rotation.total} nodes have theirs)" if rotation else ""
    first = away[0] if away else ""
    yield Advice(
        severity=Severity.WARNING if away else Severity.NOTE,
        name="root-rotation",
        text=f"the root certificate is being replaced{how_far}"
        + (f", and {first} holds it up: it is Down" if away else ""),
        fix=f"Bring {first} back, or `/swarm node rm {first}`"
        if away
        else "It goes on by itself: `/swarm swarm ca` shows how far it is",
    )


def _settings(cluster: ClusterInfo) -> Iterator[Advice]:
    if not cluster.autolock:
        yield Advice(
            severity=Severity.NOTE,
            name="autolock",
            text="autolock is off: a manager's disk is enough to read the Swarm's secrets; with "
            "it, a manager that restarts "
            "has to be unlocked",
            fix="`/swarm swarm update --autolock=true`",
        )
    if not 0 < cluster.task_history <= MUCH_HISTORY:
        much = cluster.task_history > MUCH_HISTORY
        yield Advice(
            severity=Severity.NOTE,
            name="task-history",
            text=(
                f"{cluster.task_history} old tasks are kept of each slot: that weighs on "
                "the managers"
            )
            if much
            else (
                "no old tasks are kept (task history limit 0): why something failed cannot "
                "be looked up"
            ),
            fix="`/swarm swarm update --task-history-limit 5`",
        )
