"""What somebody may ask for, judged before anything is looked at, and what they may see then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.command import line
from bot.command.model import ApprovalAction, Change, Command, Query, Table
from bot.errors import OutsiderError, StandingUnknownError, SwarmbotError, UnknownNameError
from bot.model import Actor, Standing
from bot.policy import decide, visible
from bot.policy.reach import is_narrowed
from bot.settings import Settings
from bot.swarm.sight import Sight


def refuse_early(command: Command, actor: Actor, settings: Settings) -> None:
    """Raise ReadOnlyError or NotAllowedError where it is clear from the line alone.

    A step on a request for approval is judged by the request, where it is a member's. CI takes
    none that decides.
    """
    if not isinstance(command, ApprovalAction):
        decide.permitted(_early(command, actor, settings), command.full_name())
    elif actor.standing is not Standing.MEMBER and (
        actor.standing is not Standing.PIPELINE or command.decides
    ):
        raise OutsiderError(actor.standing)


def refuse_outsider(actor: Actor, settings: Settings) -> None:
    """Raise OutsiderError for somebody to whom nothing is open, whatever their line is."""
    if not decide.open_reads(actor, settings):
        raise OutsiderError(actor.standing)


def known(verified: Actor) -> Actor:
    """The same, where what waits for them may go on.

    Raises StandingUnknownError where nobody says who they are now: what lasts only as long as a
    right is not lost by a hiccup. Raises OutsiderError for CI that is not let in any more.
    """
    if verified.standing is Standing.UNKNOWN:
        raise StandingUnknownError
    if verified.standing is Standing.REVOKED:
        raise OutsiderError(verified.standing)
    return verified


def refuse_form(text: str, actor: Actor, table: Table, settings: Settings) -> None:
    """Raise what `refuse_early` raises where the line names a command with a form, which opens for
    nobody who may not ask for it: what the line lacks is nothing to tell them."""
    named = line.bare(text, table)
    if named and named[0].form and not issubclass(named[0], ApprovalAction):
        name = named[0].full_name()
        decide.permitted(decide.may_change_some(actor, name, settings), name)


def sight(command: Command, actor: Actor, settings: Settings) -> Sight | None:
    """Which services the command may find for this person; None where it may find all."""
    name = command.full_name()
    if isinstance(command, Query):
        if not command.about_services:
            return None
        if not decide.names_read(name, settings) and not is_narrowed(actor):
            return None
        return Sight(
            lambda service: _reads(actor, name, service, settings),
            lambda typed, near: _refusal(
                decide.may_read(actor, name, settings, (typed,)), name, typed, near
            ),
            lists=True,
        )
    return Sight(
        lambda service: decide.may_ask_on(actor, name, service, settings),
        lambda typed, near: _refusal(
            decide.may_change(actor, name, (typed,), settings), name, typed, near
        ),
        may_hear=lambda service: visible.sees_service(actor, service, settings),
    )


def _early(command: Command, actor: Actor, settings: Settings) -> decide.Decision:
    name, services = command.full_name(), command.services_to_judge()
    if isinstance(command, Query):
        if services is None:
            return decide.may_read_some(actor, name, settings)
        return decide.may_read(actor, name, settings, services)
    assert isinstance(command, Change), "a command reads, changes or decides"
    some = decide.may_change_some(actor, name, settings)
    if isinstance(some, decide.Deny) or services is None:
        return some
    return decide.may_change(actor, name, services, settings)


def _reads(actor: Actor, command: str, service: str, settings: Settings) -> bool:
    return decide.may_read(actor, command, settings, (service,)) == decide.Allow()


def _refusal(
    decision: decide.Decision, command: str, typed: str, near: Sequence[str]
) -> SwarmbotError:
    """Nobody learns whether there is a service that they may not name."""
    if isinstance(decision, decide.Deny):
        return decide.refusal(replace(decision, target=typed), command)
    return UnknownNameError("service", typed, tuple(near))


def offered(
    actor: Actor, command: type[Command], kind: str, settings: Settings
) -> Callable[[str], bool] | None:
    """Which names of this kind the form of a command offers to somebody.

    None where they may not ask for the command at all. CI has no forms.
    """
    name = command.full_name()
    if not decide.open_reads(actor, settings) or actor.standing is Standing.PIPELINE:
        return None
    if issubclass(command, ApprovalAction):
        return (lambda _: True) if actor.standing is Standing.MEMBER else None
    if not decide.may_ask(actor, name, settings):
        return None
    if kind == "service":
        return lambda service: decide.may_ask_on(actor, name, service, settings)
    shown = visible.sees(actor, kind, settings)
    return lambda _: shown
