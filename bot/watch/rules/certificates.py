"""Certificates that end soon, and a rotation of the root that does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.model.cluster import Certificate
from bot.model.incident import AlertKind, Problem, Severity
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, joined, unknown
from bot.watch.phrases import some

_WHAT = {
    "node": "node certificate",
    "root": "root certificate",
    "engine": "TLS certificate of the engine",
}
_FIXES = {
    "node": (
        "Swarm renews it by itself when 50 to 80 % of its life are over, so something hinders it. "
        "`/swarm swarm ca --rotate` has every node renew its certificate; one that is Down has to "
        "come back first."
    ),
    "root": (
        "`/swarm swarm ca --rotate` gives the Swarm a new root and every node a new certificate."
    ),
    "engine": "Make a new certificate for the engine's TLS, and restart the engine.",
    "endpoint": "Whoever runs it has to renew the certificate.",
}


def judge(scene: Evaluation) -> Findings:
    """Certificates that end soon or have ended, and a rotation of the root that goes on."""
    return joined((_certificates(scene), _rotation(scene)))


def _certificates(scene: Evaluation) -> Findings:
    if scene.seen.certificates is None:
        return unknown(AlertKind.CERTIFICATE)
    read: defaultdict[str, list[Certificate]] = defaultdict(list)
    for one in scene.seen.certificates:
        read[_subject(one)].append(one)
    return joined(_judged(scene, subject, several) for subject, several in read.items())


def _judged(scene: Evaluation, subject: str, several: Sequence[Certificate]) -> Findings:
    """One certificate, which may have been read in several ways; the one that ends first counts."""
    ends = [(one.ends, one) for one in several if one.ends is not None]
    if not ends:
        return unknown(AlertKind.CERTIFICATE, subject=subject)
    first = min(ends, key=lambda pair: pair[0])[1]
    return Findings((_ending(scene, subject, first),)) if _ends_soon(scene, first) else NOTHING


def _subject(one: Certificate) -> str:
    return f"certificate:{one.kind}:{one.node_id or one.name}"


def _ends_soon(scene: Evaluation, one: Certificate) -> bool:
    left, share = one.left(scene.at), one.share_left(scene.at)
    if left is None:
        return False
    if one.kind == "endpoint":
        return left < scene.watch.endpoint_left
    return (
        left.total_seconds() <= 0
        or left < scene.watch.certificate_left
        or (share is not None and share < scene.watch.certificate_share)
    )


def _ending(scene: Evaluation, subject: str, one: Certificate) -> Problem:
    assert one.ends
    ended = one.ends <= scene.at
    verb = "ended" if ended else "ends"
    return scene.problem(
        AlertKind.CERTIFICATE,
        subject,
        one.name or one.kind,
        detail=(
            f"Its {_WHAT.get(one.kind, 'certificate')} {verb} on {one.ends:%Y-%m-%d at %H:%M} UTC."
        ),
        fix=_FIXES.get(one.kind, ""),
        severity=Severity.CRITICAL if ended else scene.rules[AlertKind.CERTIFICATE].severity,
    )


def _rotation(scene: Evaluation) -> Findings:
    if scene.seen.cluster is None:
        return unknown(AlertKind.ROOT_ROTATION)
    if not scene.seen.cluster.root_rotation:
        return NOTHING
    waiting = [
        (one.name, one.state.capitalize()) for one in scene.nodes.values() if one.state != "ready"
    ]
    names = some(sorted(f"{name} ({state})" for name, state in waiting))
    held_up = f": {names} {'holds' if len(waiting) == 1 else 'hold'} it up" if waiting else ""
    help_out = (
        f"Bring {'it' if len(waiting) == 1 else 'them'} back, or remove with `/swarm node rm`."
        if waiting
        else ""
    )
    problem = scene.problem(
        AlertKind.ROOT_ROTATION,
        "root",
        "root",
        detail=f"The rotation of the root certificate does not end{held_up}.",
        fix=help_out
        or "`/swarm node ls` shows which nodes still have a certificate of the old root.",
    )
    return Findings((problem,))
