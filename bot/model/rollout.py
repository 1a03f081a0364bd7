"""The rollout that a change may be, from its first look to its end, and the revisions it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from bot.model.causes import Cause, stored_cause
from bot.model.change import Difference
from bot.model.images import Image
from bot.model.people import Actor
from bot.model.swarm import TaskState

BOT = "swarmbot"
"""Stands in `Rollout.rollback_by` where nobody asked: the bot rolls back what Swarm paused."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that keeps so many `tasks` from running, and the newest of them.

    `log` holds the last lines of the failed task.
    """

    cause: Annotated[Cause, BeforeValidator(stored_cause)]
    node: str = ""
    task_id: str = ""
    exit_code: int | None = None
    tasks: int = 1
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed; `state` is `failed` or `rejected`."""

    task_id: str
    node: str
    state: TaskState
    image: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a service: a slot of a replicated one, a node of a global one.

    `key` is its number or node name. `failed` is the newest task that failed there, whenever that
    was.
    """

    key: str
    node: str
    state: TaskState
    image: str
    done: bool
    error: str = ""
    failed: Failure | None = None


class WishAnswer(StrEnum):
    """What becomes of a wish that is left for the bot that follows a rollout."""

    LEFT = "left"
    LEFT_BEFORE = "left before"
    TOO_LATE = "too late"


class Phase(StrEnum):
    """Where a rollout stands. FAILED: a task that does one piece of work ended badly, and Swarm
    does not start it again."""

    ROLLING = "rolling"
    COMPLETED = "completed"
    PAUSED = "paused"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    ROLLBACK_PAUSED = "rollback paused"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    UNFOLLOWED = "followed no more"
    REMOVED = "removed"

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self not in (Phase.ROLLING, Phase.ROLLING_BACK)


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a rollout: `done` of `total` places are where they should be.

    `message` is the engine's own word; `refusal` its word on a rollback that it does not take.
    """

    phase: Phase
    done: int
    total: int
    slots: tuple[Slot, ...] = ()
    message: str = ""
    tried: int = 0
    waiting_for: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """An update of one service that the bot follows; everything needed to go on after a restart.

    `verb` names the command (`deploy`, `rollback`, `scale`, …); `line` is what to send to do it
    again, with dots for secrets; where there are any, `sealed` is the id of the raw form;
    `wanted_hash` stands for the specification that is about to be posted (empty where Swarm is to
    go back to one that it does not show), `spec_hash` for it as the engine wrote it, once it was
    posted, `before_hash` for the one before it and `previous_hash` for the one that Swarm then had
    as its previous one; `version` for the one it was planned against; `deadline` and `started` are
    UTC.
    `rolls_back`: the bot rolls back when Swarm pauses; `rollback_by`: who asked for it, which is
    written down before that is posted.
    `engine_time`: when the service was last changed before, by the engine's own clock.
    `with_auth`: the nodes get credentials of this machine's own Docker configuration too, where
    none are configured; `to_previous`: Swarm itself goes back. `goes_on`: a paused update is posted
    again as it stands; `back_to`: the revision that a rollback goes to; `back_hash` stands for the
    specification that was posted to go back to `before`, where Swarm's own previous specification
    is another.
    `part_of` is the id of the batch that it belongs to, if any. `unfollowed_by`: who ended its
    following before its end; `shown_as` names its message among all. `creates`: the service is made
    by it; until it is known by its id, `service_id` is its name.
    `causes`: why it was turned back, without lines of logs. `overtaken`: a later change of the
    service by swarmbot began before anybody saw the end of this one. `trace`: the traceparent of
    the span in which it began, if any.
    """

    id: str
    verb: str
    line: str
    service_id: str
    service: str
    actor: Actor
    before: Image
    after: Image
    version: int
    started: datetime
    deadline: datetime
    summary: str = ""
    warnings: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    wanted_hash: str = ""
    spec_hash: str = ""
    revision: int = 0
    channel: str = ""
    thread: str = ""
    audit: str = ""
    reason: str = ""
    approved_by: tuple[str, ...] = ()
    rolls_back: bool = False
    rollback_by: str = ""
    before_hash: str = ""
    with_auth: bool = False
    to_previous: bool = False
    sealed: str = ""
    goes_on: bool = False
    back_to: Revision | None = None
    part_of: str = ""
    back_hash: str = ""
    engine_time: datetime | None = None
    shown_as: str = ""
    unfollowed_by: str = ""
    creates: bool = False
    causes: tuple[Finding, ...] = ()
    previous_hash: str = ""
    overtaken: bool = False
    trace: str = ""

    @property
    def again(self) -> str:
        """What a button sends to ask for it once more."""
        return f"again {self.sealed}" if self.sealed else self.line


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a service reached another state during a rollout, as the bot saw it.

    `at` is UTC.
    """

    at: datetime
    key: str
    node: str
    state: TaskState
    image: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """An image that a service ran, numbered from 1.

    `by` is empty where the bot only found it; `note` says how it came.
    """

    number: int
    image: Image
    at: datetime
    by: str = ""
    note: str = ""
    ending: str = ""
