"""Every certificate that ends some day: what ends first or seems not to be renewed comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bot.model import Message
from bot.model.cluster import Certificate
from bot.model.english import agree, and_more, plural, span
from bot.render.slack.blocks import Row, context, message, table
from bot.render.slack.text import code, escape, prose, sentence, shortened

SHARE = 0.2
"""Nodes renew their certificates between 50 and 80 % of their life: with less left, renewal fails.
"""
LEFT = timedelta(days=14)
"""What nobody renews by rule should have more than this left."""
_COLUMNS = ("NAME", "KIND", "ENDS", "LEFT", "LIFE LEFT", "RENEWAL")
_KINDS = {"node": "node", "root": "root", "engine": "engine TLS", "endpoint": "endpoint"}
_NAMED = 5
_LONGEST = 60


def certs(
    certificates: Iterable[Certificate],
    now: datetime,
    share: float = SHARE,
    left: timedelta = LEFT,
    hint: str = "",
) -> Message:
    """All of them. `share` and `left`: with less than that (of a node's, of all others) it is
    trouble; `hint` in small print."""
    known = tuple(certificates)
    if not known:
        return message(
            "🟠 No certificate could be read",
            [f"{code('/swarm info')} says what the engines answer."],
        )

    def rank(one: Certificate) -> tuple[bool, bool, datetime, str]:
        return (not _trouble(one, now, share, left), one.ends is None, one.ends or now, one.name)

    ordered = sorted(known, key=rank)
    trouble = [one for one in ordered if _trouble(one, now, share, left)]
    unread = [one for one in ordered if one.ends is None]
    rows: list[Row] = [_row(one, now, share) for one in ordered]
    blocks, files = table(_COLUMNS, rows, len(trouble), "certificates.txt")
    return message(
        _head(ordered, trouble, unread, now),
        [*_fixes(trouble, now, share), *_unread(unread)],
        [*blocks, *context(prose(hint))],
        files,
    )


def _trouble(one: Certificate, now: datetime, share: float, left: timedelta) -> bool:
    remaining = one.left(now)
    if remaining is None:
        return False
    return (
        remaining <= timedelta()
        or _fails(one, now, share)
        or (one.kind != "node" and remaining < left)
    )


def _fails(one: Certificate, now: datetime, share: float) -> bool:
    rest = one.share_left(now)
    return one.kind == "node" and rest is not None and rest < share


def _head(
    ordered: Sequence[Certificate],
    trouble: Sequence[Certificate],
    unread: Sequence[Certificate],
    now: datetime,
) -> str:
    missing = f" · {len(unread)} not read" if unread else ""
    read = [one for one in ordered if one.ends is not None]
    if trouble:
        first = trouble[0]
        others = f" · {len(trouble) - 1} more in trouble" if len(trouble) > 1 else ""
        ended = _ended(first, now)
        return (
            f"{'🔴' if ended else '🟠'} The certificate of {_who(first)} "
            f"{_ends(first, now)}{others}{missing}"
        )
    if not read:
        return f"🟠 {plural(len(ordered), 'certificate')}, none could be read"
    first = min(read, key=lambda one: one.ends or now)
    mark = "🟠" if unread else "🟢"
    return (
        f"{mark} {plural(len(read), 'certificate')} · the first {_ends(first, now)} "
        f"({_who(first)}){missing}"
    )


def _ends(one: Certificate, now: datetime) -> str:
    remaining = one.left(now) or timedelta()
    return f"ended {span(-remaining)} ago" if _ended(one, now) else f"ends in {span(remaining)}"


def _fixes(trouble: Sequence[Certificate], now: datetime, share: float) -> list[str]:
    """What to do about nodes, and about what people renew."""
    nodes = [one for one in trouble if one.kind == "node"]
    stuck = [one for one in nodes if not _ended(one, now) and _fails(one, now, share)]
    gone = [one for one in nodes if _ended(one, now)]
    root = [one for one in trouble if one.kind == "root"]
    others = [one for one in trouble if one.kind in ("engine", "endpoint")]
    return [
        line
        for line in (
            (
                f"{_some(gone)}: a node whose certificate has ended does not come back by itself; "
                "it has to join anew."
            )
            if gone
            else "",
            f"{_some(stuck)}: renewal seems to fail. Does the node reach a manager, and is "
            "its clock right? "
            f"{code('/swarm swarm ca --rotate')} renews all."
            if stuck
            else "",
            (
                "The root takes every node's certificate along: "
                f"{code('/swarm swarm ca --rotate')} makes a new one."
            )
            if root
            else "",
            (
                f"{_some(others)}: nobody renews {agree(len(others), 'it', 'them')} by rule; "
                "put a new one in place."
            )
            if others
            else "",
        )
        if line
    ]


def _unread(unread: Sequence[Certificate]) -> list[str]:
    lines = [
        f"{_who(one)} could not be read: {prose(sentence(one.error or 'no answer'))}"
        for one in unread[:_NAMED]
    ]
    left = len(unread) - _NAMED
    return lines + ([f"and {left} more could not be read"] if left > 0 else [])


def _row(one: Certificate, now: datetime, share: float) -> Row:
    kind, rest = _KINDS.get(one.kind, one.kind), one.share_left(now)
    if one.ends is None:
        return (one.name, kind, "not read", "", "", "")
    remaining = one.left(now) or timedelta()
    return (
        one.name,
        kind,
        f"{one.ends.astimezone(UTC):%Y-%m-%d}",
        "ended" if _ended(one, now) else span(remaining),
        "" if rest is None else f"{rest:.0%}",
        _renewal(one, now, share),
    )


def _renewal(one: Certificate, now: datetime, share: float) -> str:
    if one.kind != "node":
        return "swarm ca --rotate" if one.kind == "root" else "by hand"
    return (
        "failed"
        if _ended(one, now)
        else "seems to fail"
        if _fails(one, now, share)
        else "by itself"
    )


def _ended(one: Certificate, now: datetime) -> bool:
    remaining = one.left(now)
    return remaining is not None and remaining <= timedelta()


def _who(one: Certificate) -> str:
    return "the Swarm's root" if one.kind == "root" else escape(shortened(one.name, _LONGEST))


def _some(those: Sequence[Certificate]) -> str:
    left = len(those) - _NAMED
    return ", ".join(map(_who, those[:_NAMED])) + and_more(left)
