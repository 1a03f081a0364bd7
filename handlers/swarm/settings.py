"""Founding the Swarm, and changing its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from bot.command.address_fields import AddressPool, DataPathPort, ExternalCaText, NodeAddress
from bot.command.fields import Duration, Option
from bot.command.model import Change, Command, Context, PlanType
from bot.errors import (
    NoEngineError,
    PlanOutdatedError,
    SwarmbotError,
    UnsupportedError,
)
from bot.model import Difference, Ending, Kind, Outcome, Plan, Spec
from bot.model.addresses import split_address
from bot.model.bounds import MOST_COUNT
from bot.model.cluster import EngineState
from bot.render.objects import credentials
from bot.rollout.run import Run
from bot.swarm.choose_engine import MANAGER, OUTSIDE, choose
from bot.swarm.engine import reach
from bot.swarm.objects.cluster import SWARM
from bot.swarm.spec import swarm_settings
from bot.swarm.spec.edit import fingerprint

LISTEN = "0.0.0.0:2377"


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

    def apply(self, context: Context, plan: UpdatePlan, run: Run) -> Outcome:
        """Post the whole specification with these values.

        Who switches autolock on gets the key in private.
        """
        del run
        started, cluster = context.now(), context.swarm.cluster
        if f"{fingerprint(cluster.spec())}:{fingerprint(plan.wanted)}" != plan.fingerprint:
            raise PlanOutdatedError("swarm", "its settings")
        cluster.update(lambda spec: swarm_settings.put(spec, plan.wanted))
        locks = any(
            change.field == "autolock" and change.after == "true" for change in plan.changes
        )
        return Outcome(
            ending=Ending.DONE,
            title=f"Swarm updated: {_listed(plan.changes)}",
            seconds=(context.now() - started).total_seconds(),
            private_note=credentials.unlock_key(cluster.unlock_key()) if locks else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InitPlan(Plan):
    """A Swarm to be founded on an engine, with the body of the call."""

    engine: str
    body: dict[str, Any]


class Init(SwarmSettingsFlags[InitPlan]):
    """Found a Swarm, with the engine `--on` as its first manager."""

    names: ClassVar = ("swarm init", "init")
    examples: ClassVar = ("swarm init --on node1 --advertise-addr 10.0.0.1:2377",)

    on: Annotated[str, Option(metavar="ENGINE")] = Field(
        "", description="the engine that founds it"
    )
    advertise_addr: Annotated[NodeAddress | None, Option(metavar="ADDRESS[:PORT]")] = Field(
        None, description="where the other nodes reach this one"
    )
    listen_addr: NodeAddress = Field(LISTEN, description="where it listens (default 0.0.0.0:2377)")
    data_path_addr: NodeAddress | None = Field(
        None, description="address for the traffic of containers"
    )
    data_path_port: DataPathPort | None = Field(
        None, description="UDP port for that traffic (default 4789)"
    )
    default_addr_pool: tuple[AddressPool, ...] = Field(
        (), description="networks that overlay networks are cut from"
    )
    default_addr_pool_mask_length: int | None = Field(
        None, ge=1, le=29, description="size of these (default 24)"
    )
    availability: Literal["active", "pause", "drain"] = Field(
        "active", description="whether the node takes tasks"
    )
    force_new_cluster: bool = Field(
        False, description="make a manager that lost its quorum the only one"
    )

    def plan(self, context: Context) -> InitPlan:
        """Say on which engine, and whether others will reach it there."""
        states = context.swarm.engines.states()
        state = choose(
            "swarm init", states, self.on, MANAGER if self.force_new_cluster else OUTSIDE
        )
        warnings = (
            self._recovery(context, state) if self.force_new_cluster else _foundation(states, state)
        )
        advertised = split_address(self.advertise_addr)[0] if self.advertise_addr else ""
        return InitPlan(
            title=f"{state.name} founds a Swarm",
            targets=(SWARM,),
            fingerprint=f"{state.name}:{state.swarm}:{state.cluster_id}:{fingerprint(self._body())}",
            kind=Kind.DANGER,
            nodes=(state.node_name or state.name,),
            summary="one manager bears no loss: let two more join",
            warnings=(*warnings, *_strangers(context, states, state.name, advertised)),
            engine=state.name,
            body=self._body(),
        )

    def apply(self, context: Context, plan: InitPlan, run: Run) -> Outcome:
        """Found it; the unlock key goes to who asked alone."""
        del run
        started, cluster = context.now(), context.swarm.cluster
        cluster.init(plan.engine, plan.body)
        state = cluster.info(plan.engine)
        remote = next(iter(state.peers), f"{state.address}:2377")
        unasked = () if self.advertise_addr else _strangers(context, (), plan.engine, state.address)
        return Outcome(
            ending=Ending.DONE,
            title=f"{plan.engine} is the first manager of a new Swarm",
            seconds=(context.now() - started).total_seconds(),
            lines=(
                (
                    f"Others join at {remote}: `/swarm swarm join {remote} --as manager "
                    "--on ENGINE`. "
                    "One manager bears no loss, three bear one."
                ),
                *(f"⚠ {warning}" for warning in unasked),
            ),
            private_note=credentials.unlock_key(cluster.unlock_key()) if self.autolock else None,
        )

    def _recovery(self, context: Context, state: EngineState) -> tuple[str, ...]:
        if state.swarm == "inactive":
            raise UnsupportedError(
                f"{state.name} is in no Swarm", "Leave `--force-new-cluster` out"
            )
        try:
            context.swarm.nodes.list()
        except SwarmbotError:
            others = [peer for peer in state.peers if not peer.startswith(f"{state.address}:")]
            return (
                (
                    f"{', '.join(others) or 'every other manager'} will be no manager any "
                    "more, even if it comes back: "
                    "there it takes `swarm leave --force`, and a new join"
                ),
            )
        raise UnsupportedError(
            "the Swarm has its quorum, and `--force-new-cluster` would cut it in two",
            "Demote the managers that are gone, or remove them by `/swarm node rm`",
        )

    def _body(self) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        swarm_settings.put(spec, self.wanted())
        given = {
            "ListenAddr": self.listen_addr,
            "AdvertiseAddr": self.advertise_addr,
            "DataPathAddr": self.data_path_addr,
            "DataPathPort": self.data_path_port,
            "DefaultAddrPool": list(self.default_addr_pool) or None,
            "SubnetSize": self.default_addr_pool_mask_length,
            "ForceNewCluster": self.force_new_cluster or None,
            "AutoLockManagers": self.autolock,
            "Availability": self.availability,
            "Spec": spec,
        }
        return {key: value for key, value in given.items() if value is not None}


COMMANDS: tuple[type[Command], ...] = (Init, SwarmUpdate)


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
            "nodes take the new lifetime at their next renewal; `/swarm swarm ca --rotate` "
            "renews all at once"
        )
    if wanted.get("task_history_limit") == 0:
        cautions.append("without ended tasks nobody sees why a task failed")
    return cautions


def _foundation(states: Sequence[EngineState], state: EngineState) -> tuple[str, ...]:
    """Refuse where there is a Swarm already, with what would be right."""
    if not state.reachable:
        raise NoEngineError(((state.name, state.error),))
    if state.swarm == "locked":
        raise UnsupportedError(
            f"{state.name} is a locked manager of a Swarm",
            f"Unlock it: `/swarm swarm unlock --on {state.name}`",
        )
    if state.swarm not in ("inactive", ""):
        raise UnsupportedError(
            f"{state.name} is in a Swarm already",
            f"To leave that first: `/swarm swarm leave --on {state.name}`",
        )
    members = [member for member in states if member.swarm in ("active", "locked")]
    if members:
        names = ", ".join(member.name for member in members)
        remote = next(
            (f"{member.address}:2377" for member in members if member.manager and member.address),
            "HOST:PORT",
        )
        raise UnsupportedError(
            f"there is a Swarm already ({names}), and swarmbot looks after one",
            f"Let {state.name} join it: `/swarm swarm join {remote} --on {state.name}`",
        )
    return ()


def _strangers(
    context: Context, states: Sequence[EngineState], engine: str, advertised: str
) -> tuple[str, ...]:
    """A warning where the advertised address is private and other engines are elsewhere."""
    known = {state.name: state.address for state in states if state.address}
    addresses = {
        configured.name: reach.host_of(configured.url) or known.get(configured.name, "")
        for configured in context.settings.managers
    }
    others = {name: address for name, address in addresses.items() if name != engine and address}
    foreign = reach.in_other_networks(advertised, others)
    if not foreign:
        return ()
    return (
        (
            f"{advertised} is a private address, and {', '.join(foreign)} cannot know it: "
            "advertise one that all nodes reach"
        ),
    )
