"""The Home tab: what is wrong, what is under way, what waits for somebody, and the buttons for what
is asked most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.errors import OutsiderError, SwarmbotError
from bot.model import Node, Rollout, Shortfall, Standing, Status
from bot.model.approval import Approval
from bot.model.english import and_more, plural
from bot.model.incident import AlertState, Incident, Silence, silencing
from bot.render import approval_message, status
from bot.render.alerts import alert_words
from bot.render.alerts.alert_buttons import acknowledging
from bot.render.errors import explain
from bot.render.objects import nodes
from bot.render.rollout.endings import moves_image, subject
from bot.render.slack.blocks import Block, actions, button, context, section, when
from bot.render.slack.limits import fit_view
from bot.render.slack.text import escape

REFRESH = "home:refresh"
"""The action of the button that is no line."""
_EACH = 5
"""Of more than so many of a kind the rest is counted."""
_FREQUENT = (
    ("Deploy", "deploy"),
    ("Scale", "scale"),
    ("Services", "services"),
    ("Nodes", "nodes"),
    ("Doctor", "doctor"),
    ("Help", "help"),
)
"""Labels, and what to type."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the Home tab tells, whoever looks."""

    status: Status
    nodes: tuple[Node, ...] = ()
    rollouts: tuple[Rollout, ...] = ()
    approvals: tuple[Approval, ...] = ()
    incidents: tuple[Incident, ...] = ()
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What the one who looks may do: commands by all their names, services to roll back, ids of
    requests to decide on."""

    commands: frozenset[str] = frozenset()
    rolls_back: frozenset[str] = frozenset()
    decides: frozenset[str] = frozenset()


def view(home: Home, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The tab for one person: trouble first, then what goes on, then what there is."""
    health = [
        section(
            "\n".join(
                [f"*{status.headline(home.status)}*", *status.lines(home.status, listed=True)]
            )
        )
    ]
    parts = (
        _listed("Alerts", _open(home), lambda incident: _alert(incident, home, viewer, now)),
        _listed("Below their count", _below_alone(home), lambda below: [_below(below, viewer)]),
        _listed(
            "Waiting for approval", home.approvals, lambda approval: _approval(approval, viewer)
        ),
        _listed("Rolling now", home.rollouts, lambda rollout: [_rollout(rollout, viewer)]),
        _nodes(home.nodes),
    )
    blocks = [*health, *_frequent(viewer)]
    for part in parts:
        blocks += [_DIVIDER, *part] if part else []
    return _tab([*blocks, _DIVIDER, *_small(now)])


def refused(roles: Sequence[str]) -> dict[str, Any]:
    """For somebody who may not read."""
    whom = " or ".join(map(escape, roles))
    return _tab(
        [section(f"✋ You may not see the Swarm here{f': that is for {whom}' if whom else ''}.")]
    )


def outsider(standing: Standing) -> dict[str, Any]:
    """For somebody who is no member of the workspace, and whom the file does not let read."""
    return _tab(list(explain.explain(OutsiderError(standing)).blocks))


def failed(error: SwarmbotError, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Nobody can say how the Swarm is, and why."""
    return _tab([*explain.explain(error).blocks, *_frequent(viewer), _DIVIDER, *_small(now)])


# ---- parts

_DIVIDER: Block = {"type": "divider"}


def _tab(blocks: Iterable[Block]) -> dict[str, Any]:
    return {"type": "home", "blocks": fit_view(blocks)}


def _frequent(viewer: Viewer) -> list[Block]:
    shown = [(label, line) for label, line in _FREQUENT if line in viewer.commands]
    return actions(
        *(button(label, line, "primary" if line == "deploy" else "") for label, line in shown)
    )


def _small(now: datetime) -> list[Block]:
    refresh = {**button("Refresh", "refresh"), "action_id": REFRESH}
    said = context(
        f"as of {when(now, secs=True)}",
        "kept current for 10 min after you open it or press something here",
    )
    return [*actions(refresh), *said]


def _listed(title: str, items: Sequence[T], shown: Callable[[T], Iterable[Block]]) -> list[Block]:
    """The first few with a title above them; nothing where there is none."""
    if not items:
        return []
    left = len(items) - _EACH
    head = f"*{title}*" if len(items) == 1 else f"*{title}* · {len(items)}"
    blocks = [block for entry in items[:_EACH] for block in shown(entry)]
    return [section(head), *blocks, *context(and_more(left).strip())]


def _open(home: Home) -> list[Incident]:
    firing = (incident for incident in home.incidents if incident.state is AlertState.FIRING)
    return sorted(
        firing, key=lambda incident: (-incident.severity.rank, incident.since, incident.name)
    )


def _below_alone(home: Home) -> list[Shortfall]:
    """The services below their count that no alert speaks of."""
    told = {incident.name for incident in _open(home)}
    return [below for below in home.status.below if below.service not in told]


def _alert(incident: Incident, home: Home, viewer: Viewer, now: datetime) -> list[Block]:
    silence = silencing(home.silences, incident, now)
    acknowledged_by = incident.acknowledged_by
    said = [
        alert_words.now_words(incident.problems[0]),
        f"acknowledged by {escape(acknowledged_by.name)}" if acknowledged_by else "",
        f"silenced by {escape(silence.by.name)}" if silence else "",
        alert_words.impact(incident),
        f"since {when(incident.since)}",
    ]
    quiet = acknowledged_by is not None or silence is not None
    text = f"{alert_words.mark(incident, quiet)} {' · '.join(part for part in said if part)}"
    free = not quiet and "ack" in viewer.commands
    return [_with(text, acknowledging(incident) if free else None)]


def _below(below: Shortfall, viewer: Viewer) -> Block:
    tasks = (
        button("Tasks", f"service ps {below.id or below.service}")
        if "service ps" in viewer.commands
        else None
    )
    return _with(f"🟠 {escape(below.service)} · {below.running}/{below.desired}", tasks)


def _approval(approval: Approval, viewer: Viewer) -> list[Block]:
    text = (
        f"🟡 {approval_message.title(approval)} · asked by {escape(approval.actor.name)} · expires "
        f"{when(approval.expires)}"
    )
    buttons = approval_message.buttons(approval) if approval.id in viewer.decides else ()
    return [section(text), *actions(*buttons)]


def _rollout(rollout: Rollout, viewer: Viewer) -> Block:
    text = (
        f"🔵 {subject(rollout)} · since {when(rollout.started)} · asked by "
        f"{escape(rollout.actor.name)}"
    )
    back = moves_image(rollout) and not rollout.rollback_by and rollout.service in viewer.rolls_back
    asks = f"{rollout.service} goes back to the image that it ran before. The replica count stays."
    line = f"rollback {rollout.service_id or rollout.service} --of {rollout.id}"
    return _with(
        text,
        button("Roll back", line, confirm=asks) if back else None,
    )


def _nodes(listed: Sequence[Node]) -> list[Block]:
    if not listed:
        return []
    return [section(f"*{plural(len(listed), 'node')}*"), *nodes.brief(listed)]


def _with(text: str, accessory: Block | None) -> Block:
    return {**section(text), "accessory": accessory} if accessory else section(text)
