"""Who may not, what is held, and what stands with a request for approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors.base import SwarmbotError

if TYPE_CHECKING:
    from bot.approval import Approval
    from bot.hold import Hold
    from bot.model import Lock


@dataclass(eq=False)
class ReadOnly(SwarmbotError):
    """No roles are configured, so nothing may be changed."""

    command: str


@dataclass(eq=False)
class NotAllowed(SwarmbotError):
    """The rules refuse. `roles` names who may ask; empty where no rule covers the command at all."""

    command: str
    roles: tuple[str, ...] = ()
    target: str = ""


@dataclass(eq=False)
class LockHeld(SwarmbotError):
    """Another change holds the target."""

    lock: Lock


@dataclass(eq=False)
class LockLost(SwarmbotError):
    """The lease could not be renewed in time and somebody else may hold the target now."""

    target: str


@dataclass(eq=False)
class ApprovalGone(SwarmbotError):
    """No request for approval has this id: it ended long ago, was lost with Redis, or never was."""

    approval_id: str


@dataclass(eq=False)
class ApprovalOver(SwarmbotError):
    """The request takes no more approvals; its state says why."""

    approval: Approval


@dataclass(eq=False)
class OwnApproval(SwarmbotError):
    """Who asked may not approve it."""

    approval: Approval


@dataclass(eq=False)
class NotApprover(SwarmbotError):
    """Whoever clicked has none of the roles that may approve it."""

    approval: Approval


@dataclass(eq=False)
class ApprovedBefore(SwarmbotError):
    """The same person approved it already, and it takes another one."""

    approval: Approval


@dataclass(eq=False)
class NotAsker(SwarmbotError):
    """Only who asked may withdraw the request."""

    approval: Approval


@dataclass(eq=False)
class Held(SwarmbotError):
    """Somebody holds the service, or everything is frozen. `name` is what was to be changed, or to be held."""

    hold: Hold
    name: str


@dataclass(eq=False)
class NotYours(SwarmbotError):
    """The hold is somebody else's, so releasing it takes a reason."""

    hold: Hold


@dataclass(eq=False)
class StoreAway(SwarmbotError):
    """Redis does not answer: reads go on, changes are refused."""

    reason: str


@dataclass(eq=False)
class InvalidSetting(SwarmbotError):
    """The configuration is wrong: `where` is the variable or the path in the file."""

    where: str
    problem: str
