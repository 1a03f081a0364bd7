"""Certificates that end soon, and a rotation of the root that does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from bot.model import Node
from bot.model.alert_facts import (
    AlertKind,
    CertificateEnding,
    ExpiringNode,
    RootRotationStalled,
)
from bot.model.cluster import Certificate
from bot.model.incident import Problem, Severity
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, joined, unknown

LAST_CHANCE = 0.25
"""With less than this share left of the time in which people are warned (4.5 days of certificates
that live for 90), somebody has to look at once; once it has ended there is nothing to save."""


def judge(evaluation: Evaluation) -> Findings:
    """Certificates that end soon or have ended, and a rotation of the root that goes on."""
    return joined((_certificates(evaluation), _expiring(evaluation), _rotation(evaluation)))


def _certificates(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.certificates is None:
        return unknown(AlertKind.CERTIFICATE)
    by_subject: defaultdict[str, list[Certificate]] = defaultdict(list)
    for certificate in evaluation.snapshot.certificates:
        by_subject[_subject(certificate)].append(certificate)
    return joined(
        _judged(evaluation, subject, readings) for subject, readings in by_subject.items()
    )


def _judged(evaluation: Evaluation, subject: str, readings: Sequence[Certificate]) -> Findings:
    """One certificate, which may have been read in several ways; the one that ends first counts."""
    ends = [(reading.ends, reading) for reading in readings if reading.ends is not None]
    if not ends:
        return unknown(AlertKind.CERTIFICATE, subject=subject)
    first = min(ends, key=lambda pair: pair[0])[1]
    if not evaluation.watch.certificate_limits.exceeded_by(first, evaluation.at):
        return NOTHING
    return Findings((_ending(evaluation, subject, first),))


def _subject(certificate: Certificate) -> str:
    return f"certificate:{certificate.kind}:{certificate.node_id or certificate.name}"


def _ending(evaluation: Evaluation, subject: str, certificate: Certificate) -> Problem:
    assert certificate.ends
    ended = certificate.ends <= evaluation.at
    severity = Severity.CRITICAL if ended else evaluation.rules[AlertKind.CERTIFICATE].severity
    return evaluation.problem(
        CertificateEnding(certificate=certificate.kind, ends=certificate.ends, ended=ended),
        subject,
        certificate.name or certificate.kind,
        severity=severity,
    )


def _expiring(evaluation: Evaluation) -> Findings:
    """Nodes that are Down while the time runs in which they can come back by themselves."""
    cluster = evaluation.snapshot.cluster
    if cluster is None or evaluation.snapshot.nodes is None:
        return unknown(AlertKind.NODE_EXPIRING)
    waiting = (node for node in evaluation.away.values() if node.id not in evaluation.left_over)
    problems = (_expiring_node(evaluation, node, cluster.cert_expiry) for node in waiting)
    return Findings(tuple(problem for problem in problems if problem))


def _expiring_node(evaluation: Evaluation, node: Node, life: timedelta) -> Problem | None:
    ends = evaluation.certificate_ends_by(node)
    share = evaluation.watch.certificate_limits.share
    if ends is None or ends - evaluation.at >= life * share:
        return None
    left = ends - evaluation.at
    is_last_chance = timedelta() < left < life * share * LAST_CHANCE
    rule = evaluation.rules[AlertKind.NODE_EXPIRING]
    return evaluation.problem(
        ExpiringNode(node_id=node.id, ends=ends, ended=left <= timedelta()),
        f"certificate:node:{node.id}",
        node.name,
        severity=Severity.CRITICAL if is_last_chance else rule.severity,
        since=evaluation.away_since(node),
    )


def _rotation(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.cluster is None:
        return unknown(AlertKind.ROOT_ROTATION)
    if not evaluation.snapshot.cluster.root_rotation:
        return NOTHING
    waiting = sorted((node.name, node.state) for node in evaluation.away.values())
    facts = RootRotationStalled(waiting=tuple(waiting))
    return Findings((evaluation.problem(facts, "root", "root"),))
