"""A command that CI sent over HTTP, as whoever sent it sees it until its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.model.change import Ending
from bot.model.people import Actor

MOST_ATTEMPTS = 2
MOST_TEXT = 32_000
"""Characters of an answer over HTTP; what is longer is cut."""


class SentState(StrEnum):
    """Where a command stands that was sent. It never goes back to an earlier state."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """Grows on the way to the end."""
        return list(SentState).index(self)


class SentEnding(StrEnum):
    """How it ended. UNKNOWN: the bot lost sight of it, and says so."""

    COMPLETED = "completed"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    PAUSED = "paused"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOTHING_TO_CHANGE = "nothing_to_change"
    UNKNOWN = "unknown"


ENDINGS = {
    Ending.DONE: SentEnding.COMPLETED,
    Ending.ROLLED_BACK: SentEnding.ROLLED_BACK,
    Ending.PAUSED: SentEnding.PAUSED,
    Ending.FAILED: SentEnding.FAILED,
    Ending.TIMED_OUT: SentEnding.FAILED,
    Ending.SUPERSEDED: SentEnding.SUPERSEDED,
    Ending.UNFOLLOWED: SentEnding.UNKNOWN,
}
"""How a change ended, in the words of HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One step of a sent command, as whoever does it reports it.

    `text` is plain. `approval` is the id of the request for approval that it waits for, `audit` the
    entry of the change that has begun; `fence` that of the lease under which this is reported, 0
    where there is none; `attempt` that of the `Origin` of who asked.
    """

    state: SentState
    text: str
    ending: SentEnding | None = None
    approval: str = ""
    audit: str = ""
    fence: int = 0
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCommand:
    """A sent command as it stands.

    `number` grows with each report. `caller` is the id of who sent it, `asked_by` their name.
    `line` has dots for secrets; `again` is what to send to begin it anew, as `actor`, who sent it.
    Times are UTC.
    """

    id: str
    number: int
    caller: str
    asked_by: str
    line: str
    created: datetime
    changed: datetime
    state: SentState = SentState.ACCEPTED
    ending: SentEnding | None = None
    text: str = ""
    approval: str = ""
    audit: str = ""
    fence: int = 0
    again: str = ""
    actor: Actor | None = None
    attempt: int = 1

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state is SentState.ENDED

    def after(self, report: Report, now: datetime) -> SentCommand | None:
        """As it stands after the report; None where the report is late, or says nothing new.

        A bot whose lease was lost reports late, and so does one that slept.
        """
        if report.attempt < self.attempt or self.ended:
            return None
        if (report.state.rank, report.fence) < (self.state.rank, self.fence):
            return None
        text = report.text[:MOST_TEXT]
        approval = report.approval or self.approval
        if (self.state, self.text, self.approval) == (report.state, text, approval):
            return None
        return replace(
            self,
            number=max(self.number + 1, number_at(now)),
            changed=now,
            state=report.state,
            ending=self._ending(report),
            text=text,
            approval=approval,
            audit=report.audit or self.audit,
            fence=report.fence,
        )

    def begun_anew(self) -> SentCommand | None:
        """As another bot begins it; None where it has begun, or was tried often enough: it may be
        the command that bots die of."""
        if self.state is not SentState.ACCEPTED or self.attempt >= MOST_ATTEMPTS:
            return None
        if self.actor is None or self.actor.origin is None:
            return None
        attempt = self.attempt + 1
        origin = replace(self.actor.origin, attempt=attempt)
        return replace(
            self,
            number=self.number + 1,
            attempt=attempt,
            actor=replace(self.actor, origin=origin),
        )

    def _ending(self, report: Report) -> SentEnding | None:
        """What has begun to run was not refused any more."""
        begun = self.state is SentState.RUNNING
        if begun and report.ending is SentEnding.REFUSED:
            return SentEnding.FAILED
        return report.ending


def number_at(now: datetime) -> int:
    """The number of a report of now, in milliseconds since 1970: greater than any before, also
    after Redis has lost them."""
    return int(now.timestamp() * 1000)
