"""Who has the Home tab open, and when it is shown to them anew.

That is at once when they open it, then on change, once a minute at most.

Slack never says that it was closed, so it counts as open for a while after it was opened or
something was pressed in it. What nobody has open costs nothing. Each bot looks after those whose
opening reached it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from bot.command.model import Command, Context
from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Actor, Standing
from bot.model.approval import Approval
from bot.policy import decide
from bot.policy.approval_steps import approve
from bot.render import home
from bot.render.home import Home, Viewer
from bot.reports import everything
from handlers.alerts import ListAlerts
from handlers.approvals import ListApprovals
from handlers.help import may
from handlers.node.read import NodeLs
from handlers.service.read import ServiceLs
from handlers.service.rollback import Rollback
from handlers.slack.people import People
from handlers.status import Health

SHOWN_EVERY = 60.0
"""Seconds between two showings to one person, but for those that they ask for themselves."""
OPEN_SECONDS = 600.0
"""Seconds for which it counts as open."""

Publish = Callable[[str, Mapping[str, Any]], None]


@dataclass
class _Opened:
    """What somebody has before them.

    Until when it counts as open, when it was shown last, and what it showed.
    """

    actor: Actor
    until: float
    shown_at: float
    shown: object = None


@dataclass
class HomeTabs:
    """The Home tabs of everybody. `context` is what a command may use that runs for somebody."""

    context: Callable[[Actor], Context]
    people: People
    publish: Publish
    gap: float = SHOWN_EVERY
    clock: Callable[[], float] = time.monotonic
    _open: dict[str, _Opened] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked_at: float = float("-inf")
    _mark: object = None

    def opened(self, actor: Actor) -> None:
        """Somebody opened it, or wants to see it anew: show it now."""
        user_id, now = actor.id, self.clock()
        context = self.context(actor)
        refusal = _refusal(context)
        if refusal:
            self.publish(user_id, refusal)
            return
        opened = _Opened(actor, now + OPEN_SECONDS, now)
        with self._lock:
            self._open[user_id] = opened
        context.store.seen.claim(_claim(user_id), self._claimed_for)
        opened.shown, view = _view(self._look(context), context)
        self.publish(user_id, view)

    def pressed(self, user_id: str) -> None:
        """Somebody pressed something in it, so it is open."""
        with self._lock:
            opened = self._open.get(user_id)
            if opened:
                opened.until = self.clock() + OPEN_SECONDS

    def refresh(self) -> None:
        """Show it anew to those whose turn it is and for whom something has changed.

        That is quick where nobody has it open.
        """
        now = self.clock()
        with self._lock:
            self._open = {user: opened for user, opened in self._open.items() if opened.until > now}
            due = [opened for opened in self._open.values() if now - opened.shown_at >= self.gap]
        if not due:
            return
        context = self.context(due[0].actor)
        mark = _mark(context)
        if mark == self._mark and now - self._looked_at < self.gap:
            return
        self._mark, self._looked_at = mark, now
        seen = self._look(context)
        for opened in due:
            self._renew(opened, seen)

    # ---- parts

    @property
    def _claimed_for(self) -> int:
        """Seconds for which no other bot shows it anew. They end before the gap does: where both
        ended at once, this bot would be kept from its next showing by its own claim."""
        return max(1, int(self.gap) - 1)

    def _renew(self, opened: _Opened, seen: Home | SwarmbotError) -> None:
        actor = self.people.verified(opened.actor)
        if actor.standing is Standing.UNKNOWN:
            return
        context = self.context(actor)
        shown, view = _view(seen, context)
        if shown != opened.shown and context.store.seen.claim(_claim(actor.id), self._claimed_for):
            opened.shown, opened.shown_at = shown, self.clock()
            self.publish(actor.id, view)

    def _look(self, context: Context) -> Home | SwarmbotError:
        """The world, or why nobody can say how it is."""
        try:
            seen = everything(context.swarm, context.store, context.now())
        except SwarmbotError as error:
            return error
        with suppress(StoreUnavailableError):
            return replace(seen, silences=context.store.alerts.silences(context.now()))
        return seen


def _view(seen: Home | SwarmbotError, context: Context) -> tuple[object, Mapping[str, Any]]:
    """The tab for one person, and what has to be another for it to be shown anew."""
    refusal = _refusal(context)
    if refusal:
        return "refused", refusal
    if isinstance(seen, SwarmbotError):
        viewer = _viewer(context, None)
        return (type(seen), viewer), home.failed(seen, viewer, context.now())
    told = _told(seen, context)
    viewer = _viewer(context, told)
    return (told, viewer), home.view(told, viewer, context.now())


def _told(seen: Home, context: Context) -> Home:
    """What this person may read, each part by the rules of the command that lists it."""

    def reads(command: type[Command], services: Sequence[str] = ()) -> bool:
        name = command.full_name()
        return decide.may_read(context.actor, name, context.settings, services) == decide.Allow()

    status = seen.status
    return replace(
        seen,
        status=replace(
            status,
            below=tuple(low for low in status.below if reads(ServiceLs, (low.service,))),
            rollouts=tuple(name for name in status.rollouts if reads(ServiceLs, (name,))),
            nodes_away=status.nodes_away if reads(NodeLs) else (),
        ),
        rollouts=tuple(
            rollout for rollout in seen.rollouts if reads(ServiceLs, (rollout.service,))
        ),
        nodes=seen.nodes if reads(NodeLs) else (),
        approvals=seen.approvals if reads(ListApprovals) else (),
        incidents=seen.incidents if reads(ListAlerts) else (),
        silences=seen.silences if reads(ListAlerts) else (),
    )


def _refusal(context: Context) -> Mapping[str, Any] | None:
    """The Home tab tells what `status` tells, to those who may ask for that."""
    decision = decide.may_read(context.actor, Health.full_name(), context.settings)
    if not isinstance(decision, decide.Deny):
        return None
    return home.outsider(decision.outsider) if decision.outsider else home.refused(decision.roles)


def _viewer(context: Context, seen: Home | None) -> Viewer:
    allowed = (command for command in context.table.commands if may(command, context))
    commands = frozenset(name for command in allowed for name in command.names)
    if seen is None:
        return Viewer(commands=commands)
    actor, settings = context.actor, context.settings
    back = (
        rollout.service
        for rollout in seen.rollouts
        if decide.may_ask_on(actor, _ROLLBACK, rollout.service, settings)
    )
    decides = (approval.id for approval in seen.approvals if _may_approve(approval, context))
    return Viewer(commands=commands, rolls_back=frozenset(back), decides=frozenset(decides))


def _may_approve(approval: Approval, context: Context) -> bool:
    try:
        approve(
            approval, context.actor, decide.roles(context.actor, context.settings), context.now()
        )
    except SwarmbotError:
        return False
    return True


def _mark(context: Context) -> object:
    """A value that changes with every rollout, request and alert.

    It is another when one of them began, ended or went a step further.
    """
    store = context.store
    try:
        return (
            [(rollout.id, rollout.rollback_by) for rollout in store.rollouts.running()],
            [
                (approval.id, approval.state, len(approval.given))
                for approval in store.approvals.open()
            ],
            [
                (incident.id, incident.changed)
                for incident in store.alerts.memory().incidents.values()
            ],
        )
    except StoreUnavailableError:
        return "away"


def _claim(user_id: str) -> str:
    """All bots together keep to once a minute."""
    return f"home:{user_id}"


_ROLLBACK = Rollback.full_name()
