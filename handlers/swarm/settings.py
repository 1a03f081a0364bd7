"""Changing the Swarm's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from bot.changes import fate
from bot.command.address_fields import ExternalCaText
from bot.command.fields import Duration, Option
from bot.command.model import Change, Command, Context, PlanType
from bot.errors import (
    PlanOutdatedError,
)
from bot.model import Difference, Ending, Kind, Message, Outcome, Plan, Spec
from bot.model.bounds import MOST_COUNT
from bot.model.change import Fate
from bot.model.slash import SLASH
from bot.render.objects import credentials
from bot.rollout.run import Run
from bot.swarm.health import quorum
from bot.swarm.objects.cluster import SWARM
from bot.swarm.spec import swarm_settings
from bot.swarm.spec.edit import fingerprint


class SwarmSettingsFlags(Change[PlanType]):
    """What `swarm init` and `swarm update` have in common: the Swarm's settings as flags."""

    kind: ClassVar = Kind.DANGER
    about_services: ClassVar = False

    autolock: bool | None = Field(
        None, description="managers need the unlock key after each restart"
    )
    cert_expiry: Duration | None = Field(
        None, description="how long node certificates live, at least 1h (default 2160h)"
    )
    dispatcher_heartbeat: Duration | None = Field(
        None, description="how often nodes report (default 5s)"
    )
    external_ca: Annotated[tuple[ExternalCaText, ...], Option(metavar="protocol=cfssl,url=URL")] = (
        Field((), description="an authority outside of the Swarm that signs node certificates")
    )
    max_snapshots: int | None = Field(
        None, ge=0, le=MOST_COUNT, description="older Raft snapshots to keep (default 0)"
    )
    snapshot_interval: int | None = Field(
        None, ge=1, le=MOST_COUNT, description="Raft entries between snapshots (default 10000)"
    )
    task_history_limit: int | None = Field(
        None, ge=0, le=MOST_COUNT, description="ended tasks to keep a slot (default 5)"
    )

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.cert_expiry is not None and self.cert_expiry.total_seconds() < 3600:
            raise ValueError("certificates have to live at least 1h")
        if self.dispatcher_heartbeat is not None and self.dispatcher_heartbeat.total_seconds() < 1:
            raise ValueError("nodes report at most once a second")
        return self

    def wanted(self) -> swarm_settings.Wanted:
        """The settings that were given, in the Engine API's form."""
        return swarm_settings.wanted(
            {name: getattr(self, name) for name in swarm_settings.SETTINGS}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePlan(Plan):
    """A change of the Swarm's settings: the values to write."""

    wanted: swarm_settings.Wanted


class SwarmUpdate(SwarmSettingsFlags[UpdatePlan]):
    """Change settings of the Swarm; what is not named stays as it is, tokens and keys included."""

    names: ClassVar = ("swarm update",)
    examples: ClassVar = ("swarm update --cert-expiry 720h", "swarm update --autolock=true")

    @model_validator(mode="after")
    def _something(self) -> SwarmUpdate:
        if not self.wanted():
            raise ValueError("name at least one setting to change")
        return self

    def answers_secretly(self) -> bool:
        """Who switches autolock on or off is shown the unlock key."""
        return self.autolock is not None

    def plan(self, context: Context) -> UpdatePlan:
        """Compare what is asked for with what is there."""
        spec, wanted = context.swarm.cluster.spec(), self.wanted()
        changes = swarm_settings.differences(spec, wanted)
        return UpdatePlan(
            title=(f"Swarm: {_listed(changes) or 'settings'}"),
            targets=(SWARM,),
            fingerprint=f"{fingerprint(spec)}:{fingerprint(wanted)}",
            kind=Kind.DANGER,
            changes=changes,
            summary="the rest of the Swarm's settings stays as it is",
            warnings=tuple(_cautions(spec, wanted)),
            noop_reason="" if changes else "the Swarm is set up like that already",
            wanted=wanted,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Its plan covers all that it changes."""
        return fate.by_plan(self, context, planned)

    def apply(self, context: Context, plan: UpdatePlan, run: Run) -> Outcome:
        """Post the whole specification with these values.

        Who switches autolock on gets the key in private; who switches it off gets that of before,
        where a manager is away that will ask for it.
        """
        del run
        started, cluster = context.now(), context.swarm.cluster
        if f"{fingerprint(cluster.spec())}:{fingerprint(plan.wanted)}" != plan.fingerprint:
            raise PlanOutdatedError("swarm", "its settings")
        autolock = next((change.after for change in plan.changes if change.field == "autolock"), "")
        last = _last_key(context) if autolock == "false" else None
        cluster.update(lambda spec: swarm_settings.put(spec, plan.wanted))
        return Outcome(
            ending=Ending.DONE,
            title=f"Swarm updated: {_listed(plan.changes)}",
            seconds=(context.now() - started).total_seconds(),
            private_note=(
                credentials.unlock_key(cluster.unlock_key()) if autolock == "true" else last
            ),
        )


COMMANDS: tuple[type[Command], ...] = (SwarmUpdate,)


def _last_key(context: Context) -> Message | None:
    _, away = quorum.by_reach(context.swarm.nodes.list())
    return credentials.last_unlock_key(context.swarm.cluster.unlock_key(), away) if away else None


def _listed(changes: Sequence[Difference]) -> str:
    return ", ".join(f"{change.field} {change.after}" for change in changes)


def _cautions(spec: Spec, wanted: swarm_settings.Wanted) -> list[str]:
    locked = swarm_settings.is_on(spec, "autolock")
    cautions = []
    if wanted.get("autolock") and not locked:
        cautions.append(
            "every manager that restarts from now on stands locked until it gets the unlock key"
        )
    if wanted.get("autolock") is False and locked:
        cautions.append("the keys to the Raft log then lie open on the managers' disks")
    if "cert_expiry" in wanted:
        cautions.append(
            f"nodes take the new lifetime at their next renewal; `{SLASH} swarm ca --rotate` "
            "renews all at once"
        )
    if wanted.get("task_history_limit") == 0:
        cautions.append("without ended tasks nobody sees why a task failed")
    return cautions
