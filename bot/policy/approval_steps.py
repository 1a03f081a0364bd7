"""The only steps that a request for approval may take; pure.

Every step is a function from the request as it is to the request as it will be. Whoever stores it
applies a step to what is stored at that moment and writes the result at once, so two people, two
clicks or two bots come one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta

from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    NotApproverError,
    NotRequesterError,
    NotShownYetError,
    SelfApprovalError,
)
from bot.model import Actor, Plan, Standing
from bot.model.approval import Approval, ApprovalState, GivenApproval, Needs

RUN_WITHIN = timedelta(minutes=10)
"""What is approved begins within this time, or not at all: nobody expects it any more."""


# ---- people's steps: a refusal is raised, for who clicked has to learn why


def approve(approval: Approval, actor: Actor, roles: frozenset[str], now: datetime) -> Approval:
    """Add one person's approval; the last one that is needed makes it `approved`.

    `roles` are those of the actor. Raises `ApprovalClosedError`, `SelfApprovalError`,
    `NotApproverError`, `AlreadyApprovedError` or `NotShownYetError`.
    """
    _open(approval, now)
    if actor.id == approval.actor.id and not approval.needs.self_approval:
        raise SelfApprovalError(approval)
    if not _decides(actor, roles, approval.needs):
        raise NotApproverError(approval)
    if any(given.actor.id == actor.id for given in approval.given):
        raise AlreadyApprovedError(approval)
    if approval.awaits_file:
        raise NotShownYetError(approval)
    more = replace(approval, given=(*approval.given, GivenApproval(actor, now)))
    return (
        more
        if more.missing
        else replace(
            more, state=ApprovalState.APPROVED, expires=max(more.expires, now + RUN_WITHIN)
        )
    )


def reject(
    approval: Approval, actor: Actor, roles: frozenset[str], reason: str, now: datetime
) -> Approval:
    """End it, by one of those who may approve.

    Raises `ApprovalClosedError` or `NotApproverError`.
    """
    _waiting(approval, now)
    if not _decides(actor, roles, approval.needs):
        raise NotApproverError(approval)
    return _ended(approval, ApprovalState.REJECTED, now, actor.name, reason)


def withdraw(approval: Approval, actor: Actor, now: datetime) -> Approval:
    """End it, by who asked. Raises `ApprovalClosedError` or `NotRequesterError`."""
    _waiting(approval, now)
    if actor.id != approval.actor.id:
        raise NotRequesterError(approval)
    return _ended(approval, ApprovalState.WITHDRAWN, now, actor.name)


# ---- the bot's steps: None where there is nothing to do, for another bot may have been quicker


def file_shared(approval: Approval) -> Approval | None:
    """Note that Slack has the file with all of the plan: from here on it may be approved."""
    return replace(approval, awaits_file=False) if approval.awaits_file else None


def expire(approval: Approval, now: datetime) -> Approval | None:
    """End what waited too long."""
    return (
        _ended(approval, ApprovalState.EXPIRED, now)
        if approval.state.waiting and now >= approval.expires
        else None
    )


def remind_due(approval: Approval, now: datetime) -> bool:
    """Whether half of its time went by without anybody having been reminded."""
    half = approval.asked + (approval.expires - approval.asked) / 2
    return (
        approval.state is ApprovalState.OPEN
        and not approval.reminded
        and half <= now < approval.expires
    )


def remind(approval: Approval, now: datetime) -> Approval | None:
    """Note that people are reminded now."""
    return replace(approval, reminded=True) if remind_due(approval, now) else None


def claim(approval: Approval, bot: str, now: datetime) -> Approval | None:
    """Take what is approved, to run it: only one bot gets it."""
    if approval.state is not ApprovalState.APPROVED or approval.missing or now >= approval.expires:
        return None
    return replace(approval, state=ApprovalState.RUNNING, bot=bot, taken=now)


def begin(approval: Approval, run: str) -> Approval | None:
    """Note that the change itself begins: from here on it may have happened."""
    return (
        replace(approval, run=run)
        if approval.state is ApprovalState.RUNNING and not approval.run
        else None
    )


def finish(approval: Approval, result: str, now: datetime) -> Approval | None:
    """Note what came of it; also where it did not run after all."""
    return (
        None if approval.state.ended else _ended(approval, ApprovalState.DONE, now, reason=result)
    )


def give_up(approval: Approval, why: str, now: datetime) -> Approval | None:
    """Note why it does not run; not once a bot took it, for that one says what came of it."""
    return finish(approval, why, now) if approval.state.waiting else None


def recheck(
    approval: Approval, needs: Needs, roles_of: Callable[[Actor], frozenset[str]]
) -> Approval | None:
    """Count again, by the rules and roles of now.

    What was approved opens again where too few still count.
    """
    if not approval.state.waiting:
        return None
    counting = tuple(
        given for given in approval.given if _counts(given.actor, approval.actor, needs, roles_of)
    )
    counted = replace(approval, needs=needs, given=counting)
    return replace(counted, state=ApprovalState.OPEN if counted.missing else ApprovalState.APPROVED)


def supersede(approval: Approval, successor: Approval, now: datetime) -> Approval | None:
    """End it because its plan is no longer what would happen; not once a bot runs it."""
    if not approval.state.waiting:
        return None
    return replace(_ended(approval, ApprovalState.REPLACED, now), successor=successor.id)


# ---- plans


def renewed(approval: Approval, new_id: str, plan: Plan, needs: Needs, now: datetime) -> Approval:
    """The same request with the plan of now.

    It has to be approved from the start: nobody has seen this plan yet.
    """
    return Approval(
        id=new_id,
        command=approval.command,
        line=approval.line,
        sealed=approval.sealed,
        actor=approval.actor,
        plan=bare(plan),
        needs=needs,
        asked=now,
        expires=now + approval.lifetime,
        channel=approval.channel,
        thread=approval.thread,
        lifetime=approval.lifetime,
        moved=moved(approval.plan, plan),
        first=approval.about,
        message=approval.message,
    )


def bare(plan: Plan) -> Plan:
    """The plan as people see it, without what a family of commands adds to run it."""
    return Plan(**{field.name: getattr(plan, field.name) for field in fields(Plan)})


def moved(old: Plan, new: Plan) -> tuple[str, ...]:
    """What differs between two plans, in words; nothing where they are the same plan."""
    if old.fingerprint == new.fingerprint:
        return ()
    before = {change.field: change for change in old.changes}
    after = {change.field: change for change in new.changes}
    words = [
        _move(name, before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after))
    ]
    words += [f"new: {warning}" for warning in new.warnings if warning not in old.warnings]
    words += [new.summary if new.summary != old.summary else ""]
    return tuple(filter(None, words)) or ("what it was planned against was changed meanwhile",)


# ---- parts


def _open(approval: Approval, now: datetime) -> None:
    _waiting(approval, now)
    if approval.state is not ApprovalState.OPEN:
        raise ApprovalClosedError(approval)


def _waiting(approval: Approval, now: datetime) -> None:
    late = expire(approval, now)
    if late or not approval.state.waiting:
        raise ApprovalClosedError(late or approval)


def _ended(
    approval: Approval, state: ApprovalState, now: datetime, by: str = "", reason: str = ""
) -> Approval:
    return replace(approval, state=state, ended=now, by=by, reason=reason)


def _decides(actor: Actor, roles: frozenset[str], needs: Needs) -> bool:
    """Whether somebody may decide: CI asks, and never decides, whatever its role is."""
    return actor.standing is not Standing.PIPELINE and not roles.isdisjoint(needs.roles)


def _counts(
    actor: Actor, asker: Actor, needs: Needs, roles_of: Callable[[Actor], frozenset[str]]
) -> bool:
    others = actor.id != asker.id or needs.self_approval
    return others and _decides(actor, roles_of(actor), needs)


def _move(name: str, before: object, after: object) -> str:
    if before == after:
        return ""
    if after is None:
        return f"{name} no longer changes"
    old, new = getattr(before, "after", ""), getattr(after, "after", "")
    if before is not None and old == new:
        return (
            f"{name} was {getattr(before, 'before', '') or 'not set'}, and is "
            f"{getattr(after, 'before', '') or 'not set'} now"
        )
    return f"{name} would become {new or 'not set'}" + (
        f", not {old or 'not set'}" if before is not None else ""
    )
