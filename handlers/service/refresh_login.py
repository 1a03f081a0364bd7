"""Giving several services the bot's registry credentials of now, as after a token was replaced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import fate, login_refresh
from bot.changes.sequence import Say, carry_out
from bot.command.fields import Argument, Name
from bot.command.model import Change, Command, Context
from bot.errors import PlanOutdatedError
from bot.model import Difference, Ending, Outcome, Plan, Service
from bot.model.change import Fate
from bot.model.english import listed, plural
from bot.model.stored_login import LoginState
from bot.rollout import stored_login
from bot.rollout.run import Run
from bot.swarm.spec.edit import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshPlan(Plan):
    """The services that get other credentials than the bot gave them last."""

    members: tuple[Service, ...]


class RefreshLogin(Change[RefreshPlan]):
    """Give services the registry credentials that the bot has now; no task is started again.

    Nodes pull with what Swarm has stored. For one service, `service update --with-registry-auth`
    does the same.
    """

    names: ClassVar = ("service refresh-login",)
    examples: ClassVar = ("service refresh-login web", "service refresh-login web api")

    services: Annotated[tuple[Name, ...], Argument("SERVICE")] = Field(min_length=1)

    def plan(self, context: Context) -> RefreshPlan:
        """Say from where each gets them; refused where one of them cannot."""
        named = {service.id: service for service in map(context.swarm.services.find, self.services)}
        logins = {
            service.id: login_refresh.login_for(context, service) for service in named.values()
        }
        known = stored_login.known(context.swarm, context.store, named.values())
        members = tuple(
            service
            for service in named.values()
            if known.states.get(service.id) is not LoginState.SAME
        )
        names = tuple(service.name for service in named.values())
        return RefreshPlan(
            title=f"refresh the registry login of {listed(names)}",
            targets=tuple(f"service:{service.id}" for service in named.values()),
            fingerprint=" ".join(f"{member.id}:{fingerprint(member.spec)}" for member in members),
            services=names,
            changes=tuple(
                Difference(
                    member.name, "what Swarm has", f"that of {logins[member.id].source.place}"
                )
                for member in members
            ),
            summary=plural(len(members), "service"),
            warnings=(login_refresh.NO_RESTART,),
            noop_reason="" if members else "they have the credentials of now already",
            members=members,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Done where all of them have those of now."""
        return fate.by_plan(self, context, planned)

    def apply(self, context: Context, plan: RefreshPlan, run: Run) -> Outcome:
        """Post each as it stands; there is nothing to wait for."""

        def refresh(member: Service, say: Say) -> Ending:
            service = context.swarm.services.get(member.id)
            if fingerprint(service.spec) != fingerprint(member.spec):
                raise PlanOutdatedError(service.name, "its specification")
            context.swarm.services.update(service, service.spec, with_auth=True)
            say(f"{service.name} has the credentials of now")
            return Ending.DONE

        names = listed(tuple(member.name for member in plan.members))
        steps = (partial(refresh, member) for member in plan.members)
        return carry_out(context, plan, run, f"{names}: registry login refreshed", steps)


COMMANDS: tuple[type[Command], ...] = (RefreshLogin,)
