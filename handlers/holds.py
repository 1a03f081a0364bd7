"""Keeping services to oneself for a while, and freezing everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.ends import For, Until, end, picked
from bot.command.fields import Argument, FreeText, Lookup, Option, Pattern
from bot.command.model import Change, Command, Context, Form, Query
from bot.errors import NotHolderError, OnHoldError
from bot.model import Difference, Ending, Message, Outcome, Plan
from bot.model.english import age, plural
from bot.model.hold import EVERYTHING, Hold, covering
from bot.render import holds
from bot.render.slack.blocks import message
from bot.render.slack.tables import Column, table
from bot.rollout.run import Run

_LOCK = ("holds",)
Reason = Annotated[tuple[str, ...], Argument("REASON"), FreeText()]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlan(Plan):
    """The hold to put, or to end."""

    hold: Hold | None


class HoldForm(Form):
    """What `hold` asks for when nothing else is typed."""

    title: ClassVar = "Hold a service"
    submit: ClassVar = "Hold"

    service: Annotated[Pattern, Lookup("service")]
    reason: str = Field(min_length=1, max_length=200, description="told to who wants to change it")
    until: datetime | None = Field(None, description="left out: until you release it")

    def command(self) -> HoldServices:
        """The hold of this one service."""
        reason = tuple(self.reason.split())
        return HoldServices(service=self.service, reason=reason, until=picked(self.until))


class HoldServices(Change[HoldPlan]):
    """Keep a service to yourself: nobody else changes it through swarmbot until you release it.

    A pattern such as `shop_*` holds every service that fits, also those to come; `*` holds all.
    """

    names: ClassVar = ("hold",)
    form: ClassVar = HoldForm
    examples: ClassVar = ("hold web incident 42", "hold web incident 42 --for 2h")
    heeds_holds: ClassVar = False

    service: Annotated[Pattern, Argument("SERVICE")]
    reason: Reason = Field(min_length=1)
    span: For = Field(None, description="until when, such as 2h")
    until: Until = Field(None, description="15:40 or 2026-03-04T15:40 (UTC)")
    take_over: bool = Field(False, description="though somebody else holds it; they are told")

    def plan(self, context: Context) -> HoldPlan:
        """Refuse what somebody else holds, unless it is to be taken over."""
        now, held = context.now(), context.store.holds.all(context.now())
        services, pattern = _services(context, self.service)
        hold = Hold(
            pattern=pattern,
            owner=context.actor,
            reason=" ".join(self.reason)[:200],
            since=now,
            until=end(self.span, self.until, now),
        )
        before = covering([hold for hold in held if not hold.freeze], pattern, now)
        theirs = before if before and before.owner.id != context.actor.id else None
        if theirs and not self.take_over:
            raise OnHoldError(theirs, pattern)
        narrower = [
            narrow
            for narrow in held
            if narrow.owner.id != context.actor.id and hold.covers(narrow.pattern)
        ]
        return HoldPlan(
            title=f"hold {pattern}",
            targets=_LOCK,
            fingerprint=f"{pattern} {hold.reason} {self.span} {self.until} {before}",
            services=services,
            changes=(Difference("hold", theirs.owner.name if theirs else "", context.actor.name),),
            summary=f'"{hold.reason}"',
            warnings=tuple(
                f"{narrow.pattern} stays held by {narrow.owner.name}"
                for narrow in narrower
                if narrow != theirs and not narrow.freeze
            ),
            hold=hold,
        )

    def apply(self, context: Context, plan: HoldPlan, run: Run) -> Outcome:
        """Hold, and tell who held it before."""
        assert plan.hold
        run.lease.check()
        before = context.store.holds.put(plan.hold, context.now(), self.take_over)
        return _done(plan, holds.put(plan.hold, before))


class Release(Change[HoldPlan]):
    """End a hold. Somebody else's takes a reason, and they are told."""

    names: ClassVar = ("release",)
    examples: ClassVar = ("release web", 'release web --take-over "ann is on a plane"')
    heeds_holds: ClassVar = False

    service: Annotated[Pattern, Argument("SERVICE")]
    take_over: Annotated[str, Option(metavar="REASON")] = Field(
        "", max_length=200, description="why, where it is somebody else's"
    )

    def plan(self, context: Context) -> HoldPlan:
        """Refuse somebody else's hold, unless there is a reason."""
        now, held = context.now(), context.store.holds.all(context.now())
        hold = next(
            (hold for hold in held if hold.pattern == self.service and not hold.freeze), None
        )
        if hold and hold.owner.id != context.actor.id and not self.take_over:
            raise NotHolderError(hold)
        return HoldPlan(
            title=f"release {self.service}",
            targets=_LOCK,
            fingerprint=f"{self.service} {hold}",
            services=(self.service,),
            changes=(Difference("hold", hold.owner.name, "none"),) if hold else (),
            noop_reason="" if hold else _not_held(self.service, covering(held, self.service, now)),
            hold=hold,
        )

    def apply(self, context: Context, plan: HoldPlan, run: Run) -> Outcome:
        """Release, and tell who held it."""
        run.lease.check()
        now = context.now()
        hold = (
            context.store.holds.release(
                self.service, context.actor, now, override=bool(self.take_over)
            )
            or plan.hold
        )
        assert hold
        return _done(plan, holds.released(hold, context.actor, self.take_over, now))


class ListHolds(Query):
    """List what is held, by whom and why."""

    names: ClassVar = ("holds",)

    def run(self, context: Context) -> Message:
        """One look at Redis."""
        return holds.listed(context.store.holds.all(context.now()), context.now())


class Freeze(Change[HoldPlan]):
    """Let nobody change anything through swarmbot, yourself included, until it ends."""

    names: ClassVar = ("freeze",)
    examples: ClassVar = ("freeze Black Friday --for 2h", "freeze --until 18:00 the demo")
    heeds_holds: ClassVar = False

    reason: Reason = Field(min_length=1)
    span: For = Field(None, description="until when, such as 2h")
    until: Until = Field(None, description="15:40 or 2026-03-04T15:40 (UTC)")

    def plan(self, context: Context) -> HoldPlan:
        """Refuse where somebody else froze it already."""
        now = context.now()
        frozen = _freeze(context, now)
        if frozen and frozen.owner.id != context.actor.id:
            raise OnHoldError(frozen, EVERYTHING)
        hold = Hold(
            pattern=EVERYTHING,
            owner=context.actor,
            reason=" ".join(self.reason)[:200],
            since=now,
            until=end(self.span, self.until, now),
            freeze=True,
        )
        rolling = [rollout.service for rollout in context.store.rollouts.running()]
        return HoldPlan(
            title="freeze everything",
            targets=_LOCK,
            fingerprint=f"{hold.reason} {self.span} {self.until} {frozen}",
            services=(EVERYTHING,),
            summary=f'"{hold.reason}"',
            warnings=(f"what rolls goes on: {', '.join(rolling)}",) if rolling else (),
            hold=hold,
        )

    def apply(self, context: Context, plan: HoldPlan, run: Run) -> Outcome:
        """Freeze."""
        assert plan.hold
        run.lease.check()
        context.store.holds.put(plan.hold, context.now())
        return _done(plan, holds.put(plan.hold, None))


class Unfreeze(Change[HoldPlan]):
    """End a freeze; who froze is told."""

    names: ClassVar = ("unfreeze",)
    heeds_holds: ClassVar = False

    def plan(self, context: Context) -> HoldPlan:
        """See whether anything is frozen."""
        frozen = _freeze(context, context.now())
        return HoldPlan(
            title="unfreeze",
            targets=_LOCK,
            fingerprint=f"{frozen}",
            services=(EVERYTHING,),
            summary=f'{frozen.owner.name} froze it: "{frozen.reason}"' if frozen else "",
            noop_reason="" if frozen else "nothing is frozen",
            hold=frozen,
        )

    def apply(self, context: Context, plan: HoldPlan, run: Run) -> Outcome:
        """Unfreeze."""
        run.lease.check()
        hold = context.store.holds.unfreeze(context.actor, context.now()) or plan.hold
        assert hold
        return _done(plan, holds.released(hold, context.actor, "", context.now()))


_LOCKS = (
    Column("CHANGE", sentence=True),
    Column("BY"),
    Column("SINCE"),
)


class ListLocks(Query):
    """List what is being changed right now, by whom, and since when."""

    names: ClassVar = ("locks",)

    def run(self, context: Context) -> Message:
        """What Redis knows; a lock ends with its change."""
        locks = context.store.locks.all()
        if not locks:
            return message("🟢 Nothing is being changed")
        rows = [(lock.reason, lock.actor, age(lock.since, context.now())) for lock in locks]
        blocks, files = table(_LOCKS, rows, "locks.txt")
        return message(f"🔵 {plural(len(locks), 'change')} under way", (), blocks, files)


COMMANDS: tuple[type[Command], ...] = (
    HoldServices,
    Release,
    ListHolds,
    Freeze,
    Unfreeze,
    ListLocks,
)


def _services(context: Context, name: str) -> tuple[tuple[str, ...], str]:
    """What the rules have to allow, and the pattern to hold.

    A service goes by its name, whatever was typed.
    """
    if "*" not in name:
        service = context.swarm.services.find(name).name
        return (service,), service
    if name.strip("*") == "":
        return (EVERYTHING,), EVERYTHING
    pattern = Hold(pattern=name, owner=context.actor, reason="", since=context.now())
    fitting = (service.name for service in context.swarm.services.list())
    return (name, *(service for service in fitting if pattern.covers(service))), name


def _freeze(context: Context, now: datetime) -> Hold | None:
    return next((hold for hold in context.store.holds.all(now) if hold.freeze), None)


def _not_held(service: str, wider: Hold | None) -> str:
    if wider is None:
        return f"{service} is not held"
    return (
        "everything is frozen"
        if wider.freeze
        else f"{service} is held with {wider.pattern}, by {wider.owner.name}"
    )


def _done(plan: Plan, message: Message) -> Outcome:
    return Outcome(ending=Ending.DONE, title=plan.title, seconds=0, message=message)
