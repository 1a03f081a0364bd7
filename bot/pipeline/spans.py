"""The spans of a request and of a change: who, which command, on what, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from bot import traces
from bot.command.model import Command
from bot.errors import SwarmbotError, error_code
from bot.log_ids import bound
from bot.model import Ending, Outcome, Plan, Rollout
from bot.model.approval import Approval
from bot.model.batch import Batch
from bot.model.sent_command import SentEnding
from bot.pipeline.command_reports import ending_of
from bot.pipeline.decided import Decided
from bot.pipeline.request import Request
from bot.spans import ERROR, Attributes, TraceSpan

COMMAND, OUTCOME, USER = "swarmbot.command", "swarmbot.outcome", "user.id"
AUDIT, ROLLOUT, APPROVAL = "swarmbot.audit", "swarmbot.rollout", "swarmbot.approval"
SERVICES, TARGETS, TAKEN_OVER = "swarmbot.services", "swarmbot.targets", "swarmbot.taken_over"
_WELL = frozenset({Ending.DONE, Ending.SUPERSEDED, Ending.UNFOLLOWED})


def asked(request: Request) -> AbstractContextManager[TraceSpan]:
    """A request, from its line to its answer; what it waited for is linked."""
    origin, turn = request.actor.origin, request.turn
    links = (origin.trace if origin else "", turn.queued.trace if turn else "")
    return traces.span("request", {USER: request.actor.id}, links=links)


def is_read(command: Command) -> None:
    """Which command it is, of the request that this thread is at."""
    span, name = traces.current(), command.full_name()
    span.rename(f"request {name}")
    span.note({COMMAND: name})


def is_planned(plan: Plan) -> None:
    """What it is about."""
    traces.current().note({SERVICES: plan.services, TARGETS: tuple(plan.targets)})


def is_answered(ending: SentEnding) -> None:
    """How it ends."""
    traces.current().note({OUTCOME: ending.value})


def meets(error: Exception) -> None:
    """What keeps it from its end; a refusal is no failure."""
    ending = ending_of(error) if isinstance(error, SwarmbotError) else SentEnding.FAILED
    span, code = traces.current(), error_code(error)
    span.note({OUTCOME: ending.value, ERROR: code})
    if ending is not SentEnding.REFUSED:
        span.fails(code)


def approved(approval: Approval) -> AbstractContextManager[TraceSpan]:
    """What was approved is done; who asked for it is linked."""
    return traces.span(
        "approved request",
        {USER: approval.actor.id, APPROVAL: approval.id},
        links=(approval.trace,),
    )


@contextmanager
def changes(decided: Decided, audit: str, run_id: str) -> Iterator[None]:
    """A change under its lock, from the audit's entry to its end; its lines in the log have its
    ids."""
    name = decided.command.full_name()
    noted = {COMMAND: name, AUDIT: audit, ROLLOUT: run_id, USER: decided.context.actor.id}
    with bound(audit=audit, rollout=run_id), traces.span(f"change {name}", noted):
        is_planned(decided.plan)
        yield


@contextmanager
def goes_on(left: Rollout | Batch) -> Iterator[None]:
    """The same of what a bot that is gone has left; what that bot did is linked."""
    request = left.request if isinstance(left, Batch) else ""
    noted: Attributes = {AUDIT: left.audit, ROLLOUT: left.id, USER: left.actor.id, TAKEN_OVER: True}
    verb = left.verb if isinstance(left, Rollout) else str(left.command["command"])
    with (
        bound(audit=left.audit, rollout=left.id, approval=request),
        traces.span(f"change {verb}", noted, links=(left.trace,)),
    ):
        yield


def has_ended(outcome: Outcome) -> None:
    """What came of a change; the request for it ends alike."""
    ending = outcome.ending.value
    _end_both(ending, "" if outcome.ending in _WELL else ending)


def has_failed(error: Exception) -> None:
    """What ended a change; the request for it ends alike."""
    _end_both(Ending.FAILED.value, error_code(error))


def _end_both(ending: str, failure: str) -> None:
    change = traces.current()
    for span in (change, change.above):
        span.note({OUTCOME: ending})
        if failure:
            span.fails(failure)
