"""Giving a service the bot's registry credentials of now, where nothing else changes.

Swarm takes them with the same specification, and starts no task again that runs (measured on
Docker 20.10).
"""

from __future__ import annotations

from dataclasses import replace

from bot.changes.rollout_plan import RollPlan
from bot.command.model import Context
from bot.errors import UnsupportedError
from bot.model import Difference, Image, Service
from bot.model.completion import RestartCondition
from bot.model.slash import SLASH
from bot.render.registry_logins import looked
from bot.swarm.registries.credentials import RegistryLogin

NO_RESTART = (
    "no task that runs is restarted; Swarm's previous specification is then that of now: "
    f"`{SLASH} rollback` goes by the bot's own record"
)
_UNDER_WAY = ("updating", "paused", "rollback_started", "rollback_paused")


def planned(context: Context, service: Service, plan: RollPlan) -> RollPlan:
    """The plan, which gives the service credentials where it would have changed nothing.

    Raises UnsupportedError where the bot has none, or where Swarm would start tasks for it.
    """
    if not plan.noop_reason:
        return replace(plan, warnings=(*plan.warnings, *warnings(context, plan.after)))
    login = login_for(context, service)
    return replace(
        plan,
        noop_reason="",
        changes=(Difference("stored login", "what Swarm has", f"that of {login.source.place}"),),
        warnings=(
            *plan.warnings,
            NO_RESTART,
        ),
    )


def warnings(context: Context, image: Image) -> tuple[str, ...]:
    """What people have to know who ask for credentials where the bot has none."""
    login = context.swarm.credentials.for_image(image)
    return () if login.credential else (f"the nodes get no credentials: {looked(login.source)}",)


def login_for(context: Context, service: Service) -> RegistryLogin:
    """What the service gets.

    Raises UnsupportedError where there is nothing, or where Swarm would start tasks for it.
    """
    login = context.swarm.credentials.for_image(service.image)
    if login.credential is None:
        raise UnsupportedError(
            f"{service.name} keeps the credentials that Swarm has stored: {looked(login.source)}",
            "Name them there; the bot reads them anew at the next command",
        )
    _refuse_restarts(service)
    return login


def _refuse_restarts(service: Service) -> None:
    if service.mode.is_job or service.restart is not RestartCondition.ANY:
        raise UnsupportedError(
            f"{service.name} has tasks that may have ended with their work done, and Swarm would "
            "start these again for other credentials",
            "They come with the next change that starts its tasks anew, such as a deploy",
        )
    if service.update is not None and service.update.state in _UNDER_WAY:
        raise UnsupportedError(
            f"an update of {service.name} is under way or paused, and would go on with what is "
            "posted",
            "Wait for its end, or end it first",
        )
