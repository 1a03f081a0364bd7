"""Founding the Swarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.command.address_fields import AddressPool, DataPathPort, NodeAddress
from bot.command.fields import Option
from bot.command.model import Command, Context
from bot.errors import (
    NoEngineError,
    SwarmbotError,
    UnsupportedError,
)
from bot.model import Ending, Kind, Outcome, Plan
from bot.model.addresses import split_address
from bot.model.cluster import EngineState
from bot.model.slash import SLASH
from bot.render.objects import credentials
from bot.rollout.run import Run
from bot.swarm.choose_engine import MANAGER, OUTSIDE, choose
from bot.swarm.engine import reach
from bot.swarm.objects.cluster import SWARM
from bot.swarm.spec import swarm_settings
from bot.swarm.spec.edit import fingerprint
from handlers.swarm.settings import SwarmSettingsFlags

LISTEN = "0.0.0.0:2377"


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

    def answers_secretly(self) -> bool:
        """With autolock there is an unlock key."""
        return bool(self.autolock)

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
                    f"Others join at {remote}: `{SLASH} swarm join {remote} --as manager "
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
            f"Demote the managers that are gone, or remove them by `{SLASH} node rm`",
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


COMMANDS: tuple[type[Command], ...] = (Init,)


def _foundation(states: Sequence[EngineState], state: EngineState) -> tuple[str, ...]:
    """Refuse where there is a Swarm already, with what would be right."""
    if not state.reachable:
        raise NoEngineError(((state.name, state.error),))
    if state.swarm == "locked":
        raise UnsupportedError(
            f"{state.name} is a locked manager of a Swarm",
            f"Unlock it: `{SLASH} swarm unlock --on {state.name}`",
        )
    if state.swarm not in ("inactive", ""):
        raise UnsupportedError(
            f"{state.name} is in a Swarm already",
            f"To leave that first: `{SLASH} swarm leave --on {state.name}`",
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
            f"Let {state.name} join it: `{SLASH} swarm join {remote} --on {state.name}`",
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
