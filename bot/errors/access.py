"""Who may not, what is held, and what stands with a request for approval."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors.base import SwarmbotError
from bot.model.approval import Approval
from bot.model.hold import Hold
from bot.model.people import Standing


@dataclass(eq=False)
class ReadOnlyError(SwarmbotError):
    """No roles are configured, so nothing may be changed."""

    command: str


@dataclass(eq=False)
class OutsiderError(SwarmbotError):
    """Who asks is no member of the workspace, and what they ask for is open to members alone."""

    standing: Standing


@dataclass(eq=False)
class StandingUnknownError(SwarmbotError):
    """Slack does not say at the moment who somebody is: what they asked for waits."""


@dataclass(eq=False)
class NotAllowedError(SwarmbotError):
    """The rules refuse.

    `roles` names who may ask; empty where no rule covers the command at all.
    """

    command: str
    roles: tuple[str, ...] = ()
    target: str = ""


@dataclass(eq=False)
class NotGrantedError(SwarmbotError):
    """The rule that decides does not grant what the change adds.

    `what` says each in words, `grants` what a rule would have to grant; `image` is set where the
    rule does not allow the image.
    """

    command: str
    target: str
    dangers: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    image: str = ""


@dataclass(eq=False)
class BeyondRightsError(SwarmbotError):
    """The token of CI is for other services.

    `services` are its patterns; `target` is what was named, empty for what is about no service.
    """

    command: str
    target: str = ""
    services: tuple[str, ...] = ()


@dataclass(eq=False)
class TooManyTokensError(SwarmbotError):
    """There are as many tokens of CI as there may be."""

    most: int


@dataclass(eq=False)
class UnauthenticatedError(SwarmbotError):
    """Nothing says who sends a request of CI, or what says it does not hold.

    `reason` is for the log: who sent it learns no more than that they are not let in.
    """

    reason: str = ""


@dataclass(eq=False)
class TooManyCallsError(SwarmbotError):
    """A token, or an address without a valid one, sends more than is taken.

    `retry_after` are the seconds until the next one is.
    """

    retry_after: int


@dataclass(eq=False)
class IssuerUnavailableError(SwarmbotError):
    """The issuer of a token does not give its keys, so nobody knows whether the token is one."""

    issuer: str
    reason: str


class TooManyLinesError(SwarmbotError):
    """Somebody sends more lines than are taken; those that follow are dropped for a while."""


@dataclass(eq=False)
class NoPlaceError(SwarmbotError):
    """Slack takes no message of the bot where a change would be shown, so nothing was changed.

    `refusal` is Slack's error name for `channel`, which is empty where none is configured;
    `instead` are channels that take messages (ids).
    """

    channel: str
    refusal: str
    instead: tuple[str, ...] = ()


@dataclass(eq=False)
class SlackRefusesError(SwarmbotError):
    """Slack takes nothing from the bot any more; `word` is Slack's own for the reason."""

    word: str


@dataclass(eq=False)
class ApprovalNotFoundError(SwarmbotError):
    """No request for approval has this id: it ended long ago, was lost with Redis, or never was."""

    approval_id: str


@dataclass(eq=False)
class ApprovalClosedError(SwarmbotError):
    """The request takes no more approvals; its state says why."""

    approval: Approval


@dataclass(eq=False)
class SelfApprovalError(SwarmbotError):
    """Who asked may not approve it."""

    approval: Approval


@dataclass(eq=False)
class NotApproverError(SwarmbotError):
    """Whoever clicked has none of the roles that may approve it."""

    approval: Approval


@dataclass(eq=False)
class AlreadyApprovedError(SwarmbotError):
    """The same person approved it already, and it takes another one."""

    approval: Approval


@dataclass(eq=False)
class NotShownYetError(SwarmbotError):
    """Slack has not got the file with all of the plan yet."""

    approval: Approval


@dataclass(eq=False)
class NotRequesterError(SwarmbotError):
    """Only who asked may withdraw the request."""

    approval: Approval


@dataclass(eq=False)
class OnHoldError(SwarmbotError):
    """Somebody holds the service, or everything is frozen.

    `name` is what was to be changed, or to be held.
    """

    hold: Hold
    name: str


@dataclass(eq=False)
class NotHolderError(SwarmbotError):
    """The hold is somebody else's, so releasing it takes a reason."""

    hold: Hold
