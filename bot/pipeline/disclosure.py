"""What a refusal may tell to somebody: names that they may not see are left out.

An error carries what would help; whom it would help too much is known here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.command.model import Change, Command
from bot.errors import (
    AmbiguousNameError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    BeyondRightsError,
    InUseError,
    NotAllowedError,
    NotApproverError,
    NotGrantedError,
    NotRequesterError,
    PortTakenError,
    SwarmbotError,
    UnknownNameError,
)
from bot.model import Actor
from bot.model.approval import Approval
from bot.policy import decide, visible
from bot.settings import Settings


def refusal(
    error: BeyondRightsError | NotAllowedError | NotGrantedError, actor: Actor, settings: Settings
) -> SwarmbotError:
    """What the rules say of a plan: a service that only the plan has found may not be seen."""
    seen = not error.target or visible.sees_service(actor, error.target, settings)
    return error if seen else replace(error, target="")


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of an error, and of which command."""

    actor: Actor
    settings: Settings
    command: type[Command]

    def heard(self, error: SwarmbotError) -> SwarmbotError:
        """The error as this person may hear it: the same, one that names less, or a refusal."""
        match error:
            case UnknownNameError() | AmbiguousNameError():
                return self._name(error)
            case PortTakenError() if not self._sees_service(error.service):
                return PortTakenError(error.port, "")
            case InUseError():
                return replace(error, users=self._seen(error.users))
            case NotApproverError() | ApprovalClosedError() | NotRequesterError() if (
                not self._knows_request(error.approval)
            ):
                return ApprovalNotFoundError(error.approval.id)
            case _:
                return error

    def _name(self, error: UnknownNameError | AmbiguousNameError) -> SwarmbotError:
        """Who may not read the list learns no name from it, nor whether there is such a name.

        Of services, only those that somebody may name are found and suggested.
        """
        if error.kind == "service" or visible.sees(self.actor, error.kind, self.settings):
            return error
        return self._refusal() or UnknownNameError(error.kind, error.name)

    def _refusal(self) -> SwarmbotError | None:
        """What they hear of a name that there is, and that their rules do not cover."""
        command = self.command
        if not (issubclass(command, Change) and command.about_services):
            return None
        decision = decide.may_change(self.actor, command.full_name(), ("",), self.settings)
        if not isinstance(decision, decide.Deny):
            return None
        return decide.refusal(replace(decision, target=""), command.full_name())

    def _sees_service(self, name: str) -> bool:
        return visible.sees_service(self.actor, name, self.settings)

    def _seen(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if self._sees_service(name))

    def _knows_request(self, approval: Approval) -> bool:
        return (
            self.actor.id == approval.actor.id
            or not decide.roles(self.actor, self.settings).isdisjoint(approval.needs.roles)
            or visible.sees(self.actor, "approval", self.settings)
        )
