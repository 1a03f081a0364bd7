"""The health of the whole Swarm in one message, with what is wrong first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.model import Lock, Message, Shortfall, Status
from bot.model.english import agree, and_more, as_of, plural, shortlist, span
from bot.model.slash import SLASH
from bot.render import unreachable
from bot.render.objects.engine_versions import versions_in_words
from bot.render.objects.nodes import state_word
from bot.render.slack.blocks import context, message, when
from bot.render.slack.text import code, escape

_MOST_NAMES = 5
_HINTS = (
    f"`{SLASH} deploy SERVICE IMAGE` · `{SLASH} services` · `{SLASH} ps SERVICE` · "
    f"`{SLASH} nodes` · `{SLASH} help`"
)


def health(view: Status, *, hints: bool = False) -> Message:
    """The state of everything; `hints` adds what people can type."""
    return message(
        headline(view), lines(view), context(as_of(view.seen_ago), _HINTS if hints else "")
    )


def lines(view: Status, *, listed: bool = False) -> list[str]:
    """The counts of everything, and below them what is wrong.

    `listed`: services and rollouts are listed elsewhere, and are left out here.
    """
    counts = [*_swarm(view), _rollouts(view)]
    counts += [plural(view.holds, "hold")] if view.holds else []
    counts += (
        [plural(view.approvals, "change waits", "changes wait") + " for approval"]
        if view.approvals
        else []
    )
    # What stands in the headline already is not said again.
    counts += [alerts] if (alerts := _alerts(view)) and alerts not in _reasons(view) else []
    counts += [_certificates(view.certificate_left)] if view.certificate_left is not None else []
    return [" · ".join(counts), *_details(replace(view, below=(), rollouts=()) if listed else view)]


def headline(view: Status) -> str:
    """Whether the Swarm is healthy, and if not, up to three reasons."""
    reasons = _reasons(view)
    swarm = f"Swarm {escape(view.swarm)}" if view.swarm else "Swarm"
    if not view.quorum:
        return f"🔴 {swarm} has no quorum"
    return f"🟠 {swarm} · {' · '.join(reasons)}" if reasons else f"🟢 {swarm} is healthy"


def _reasons(view: Status) -> list[str]:
    """What the headline says; without a quorum it says nothing but that."""
    return _trouble(view)[:3] if view.quorum else []


def _trouble(view: Status) -> list[str]:
    away = view.nodes_away
    parts = [
        f"{_names(away, 1)} {agree(len(away), 'is', 'are')} not Ready" if away else "",
        f"{plural(len(view.below), 'service')} below {_their(view)} count" if view.below else "",
        "no further manager may fail" if view.managers > 1 and view.fault_tolerance == 0 else "",
        "Redis does not answer" if view.redis else "",
        _unheard(view),
        f"{plural(len(view.engines_away), 'engine')} away" if view.engines_away else "",
        _alerts(view),
    ]
    return [part for part in parts if part]


def _unheard(view: Status) -> str:
    refused = view.refused_channels
    return f"{plural(len(refused), 'channel')} without messages" if refused else ""


def _swarm(view: Status) -> list[str]:
    """Without a leader nobody can list anything, which is not the same as nothing."""
    if not view.quorum and not view.nodes:
        return ["nobody can list nodes and services now"]
    return [_managers(view), _nodes(view), _services(view)]


def _managers(view: Status) -> str:
    if not view.quorum:
        return f"{plural(view.managers, 'manager')}, too few reachable"
    return f"{plural(view.managers, 'manager')}, {view.fault_tolerance or 'none'} may fail"


def _alerts(view: Status) -> str:
    count = view.critical + view.warnings
    critical = f" ({view.critical} critical)" if view.critical else ""
    return plural(count, "open alert") + critical if count else ""


def _rollouts(view: Status) -> str:
    """Redis alone knows which there are: while it is away they may be none or many."""
    if view.redis and not view.rollouts:
        return "rollouts not known"
    return plural(len(view.rollouts), "rollout")


def _certificates(left: timedelta) -> str:
    return (
        "certificates: first "
        f"{f'ends in {span(left)}' if left > timedelta() else f'ended {span(-left)} ago'}"
    )


def _nodes(view: Status) -> str:
    ready = view.nodes.get("ready", 0)
    not_ready = [
        f"{count} {state_word(state)}"
        for state, count in sorted(view.nodes.items())
        if state != "ready" and count
    ]
    return ", ".join([f"{plural(ready, 'node')} Ready", *not_ready])


def _services(view: Status) -> str:
    if not view.services:
        return "no services yet"
    if not view.below:
        return (
            f"{plural(view.services, 'service')}, "
            f"{'all at their' if view.services > 1 else 'at its'} count"
        )
    return f"{len(view.below)} of {plural(view.services, 'service')} below {_their(view)} count"


def _details(view: Status) -> list[str]:
    lines = [
        (
            "Services go on running; no change is possible until more than half of the "
            "managers are back."
        )
        if not view.quorum
        else "",
        f"Below their count: {_below(view.below)}" if view.below else "",
        f"Not Ready: {_names(view.nodes_away, _MOST_NAMES)}" if len(view.nodes_away) > 1 else "",
        f"Rolling: {_names(view.rollouts, _MOST_NAMES)}" if view.rollouts else "",
        *(_lock(lock) for lock in view.locks[:_MOST_NAMES]),
        *(
            f"Engine {escape(name)} does not answer: {escape(why)}"
            for name, why in view.engines_away[:_MOST_NAMES]
        ),
        f"Engines differ: {escape(versions_in_words(view.versions))}" if view.versions else "",
        f"Redis does not answer ({escape(view.redis)}): reading works, changes are refused."
        if view.redis
        else "",
        *unreachable.refused(view.refused_channels),
        f"Nothing runs here yet: {code(f'{SLASH} service create --name web IMAGE')}"
        if not view.services and view.quorum
        else "",
    ]
    return [line for line in lines if line]


def _below(below: tuple[Shortfall, ...]) -> str:
    named = ", ".join(
        f"{escape(service.service)} {service.running}/{service.desired}"
        for service in below[: 2 * _MOST_NAMES]
    )
    left = len(below) - 2 * _MOST_NAMES
    return named + and_more(left)


def _lock(lock: Lock) -> str:
    reason = f': "{escape(lock.reason)}"' if lock.reason else ""
    return f"Being changed by {escape(lock.actor)} since {when(lock.since)}{reason}"


def _their(view: Status) -> str:
    return agree(len(view.below), "its", "their")


def _names(names: tuple[str, ...], most: int) -> str:
    return shortlist([escape(name) for name in names], most)
