"""All certificates: what has ended or seems not to be renewed comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bot.model import Message
from bot.model.certificate_limits import CertificateLimits
from bot.model.cluster import Certificate
from bot.model.english import agree, and_more, plural, shortlist, span
from bot.model.natural import Natural, natural
from bot.model.slash import SLASH
from bot.render.slack.blocks import context, message
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, prose, shortened

_COLUMNS = (
    Column("NAME"),
    Column("LEFT"),
    Column("KIND"),
    Column("ENDS"),
    Column("LIFE LEFT"),
    Column("RENEWAL", sentence=True),
)
_KINDS = {"node": "node", "root": "root", "engine": "engine TLS", "endpoint": "endpoint"}
_MOST_NAMES = 5
_NAME_CHARACTERS = 60


def certs(
    certificates: Iterable[Certificate],
    now: datetime,
    limits: CertificateLimits,
    hint: str = "",
) -> Message:
    """All certificates, first those beyond the limits; `hint` is small print."""
    all_certificates = tuple(certificates)
    if not all_certificates:
        return message(
            "🟠 No certificate could be read",
            [f"{code(f'{SLASH} info')} says what the engines answer."],
        )

    def rank(certificate: Certificate) -> tuple[bool, bool, datetime, Natural]:
        return (
            not limits.exceeded_by(certificate, now),
            certificate.ends is None,
            certificate.ends or now,
            natural(certificate.name),
        )

    ordered = sorted(all_certificates, key=rank)
    trouble = [certificate for certificate in ordered if limits.exceeded_by(certificate, now)]
    unread = [certificate for certificate in ordered if certificate.ends is None]
    rows: list[Row] = [_row(certificate, now, limits) for certificate in ordered]
    blocks, files = table(_COLUMNS, rows, "certificates.txt")
    return message(
        _head(ordered, trouble, unread, now),
        [*_fixes(trouble, now, limits), *_unread(unread)],
        [*blocks, *context(prose(hint))],
        files,
    )


def _fails(certificate: Certificate, now: datetime, limits: CertificateLimits) -> bool:
    """Whether a node should have renewed its own by now."""
    return certificate.kind == "node" and limits.exceeded_by(certificate, now)


def _head(
    ordered: Sequence[Certificate],
    trouble: Sequence[Certificate],
    unread: Sequence[Certificate],
    now: datetime,
) -> str:
    missing = f" · {len(unread)} not read" if unread else ""
    read = [certificate for certificate in ordered if certificate.ends is not None]
    if trouble:
        first = trouble[0]
        more = f" · {len(trouble) - 1} more in trouble" if len(trouble) > 1 else ""
        ended = _ended(first, now)
        return (
            f"{'🔴' if ended else '🟠'} The certificate of {_owner(first)} "
            f"{_ends(first, now)}{more}{missing}"
        )
    if not read:
        return f"🟠 {plural(len(ordered), 'certificate')}, none could be read"
    first = min(read, key=lambda certificate: certificate.ends or now)
    mark = "🟠" if unread else "🟢"
    return (
        f"{mark} {plural(len(read), 'certificate')} · the first {_ends(first, now)} "
        f"({_owner(first)}){missing}"
    )


def _ends(certificate: Certificate, now: datetime) -> str:
    remaining = certificate.left(now) or timedelta()
    return (
        f"ended {span(-remaining)} ago"
        if _ended(certificate, now)
        else f"ends in {span(remaining)}"
    )


def _fixes(trouble: Sequence[Certificate], now: datetime, limits: CertificateLimits) -> list[str]:
    """What to do about certificates of nodes, and about those that people renew."""
    nodes = [certificate for certificate in trouble if certificate.kind == "node"]
    failing = [
        certificate
        for certificate in nodes
        if not _ended(certificate, now) and _fails(certificate, now, limits)
    ]
    ended = [certificate for certificate in nodes if _ended(certificate, now)]
    root = [certificate for certificate in trouble if certificate.kind == "root"]
    manual = [certificate for certificate in trouble if certificate.kind in ("engine", "endpoint")]
    return [
        line
        for line in (
            (
                f"{_owners(ended)}: a node whose certificate has ended does not come back by "
                "itself; "
                "it has to join anew."
            )
            if ended
            else "",
            f"{_owners(failing)}: renewal seems to fail. Does the node reach a manager, and is "
            "its clock right? "
            f"{code(f'{SLASH} swarm ca --rotate')} renews all."
            if failing
            else "",
            (
                "The root takes every node's certificate along: "
                f"{code(f'{SLASH} swarm ca --rotate')} makes a new one."
            )
            if root
            else "",
            (
                f"{_owners(manual)}: nobody renews {agree(len(manual), 'it', 'them')} by rule; "
                "put a new one in place."
            )
            if manual
            else "",
        )
        if line
    ]


def _unread(unread: Sequence[Certificate]) -> list[str]:
    lines = [
        f"{_owner(certificate)} could not be read: "
        f"{prose((certificate.error or 'no answer').rstrip('.'))}."
        for certificate in unread[:_MOST_NAMES]
    ]
    left = len(unread) - _MOST_NAMES
    return lines + ([f"{and_more(left).strip()} could not be read"] if left > 0 else [])


def _row(certificate: Certificate, now: datetime, limits: CertificateLimits) -> Row:
    kind, share_left = _KINDS.get(certificate.kind, certificate.kind), certificate.share_left(now)
    if certificate.ends is None:
        return (certificate.name, "not read", kind, "", "", "")
    remaining = certificate.left(now) or timedelta()
    return (
        certificate.name,
        "ended" if _ended(certificate, now) else span(remaining),
        kind,
        f"{certificate.ends.astimezone(UTC):%Y-%m-%d}",
        "" if share_left is None else f"{share_left:.0%}",
        _renewal(certificate, now, limits),
    )


def _renewal(certificate: Certificate, now: datetime, limits: CertificateLimits) -> str:
    if certificate.kind != "node":
        return "swarm ca --rotate" if certificate.kind == "root" else "by hand"
    return (
        "failed"
        if _ended(certificate, now)
        else "seems to fail"
        if _fails(certificate, now, limits)
        else "by itself"
    )


def _ended(certificate: Certificate, now: datetime) -> bool:
    remaining = certificate.left(now)
    return remaining is not None and remaining <= timedelta()


def _owner(certificate: Certificate) -> str:
    return (
        "the Swarm's root"
        if certificate.kind == "root"
        else escape(shortened(certificate.name, _NAME_CHARACTERS))
    )


def _owners(certificates: Sequence[Certificate]) -> str:
    return shortlist([_owner(certificate) for certificate in certificates], _MOST_NAMES)
