"""The networks that all nodes can have: looking at them, creating and removing them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from bot.changes import fate
from bot.changes.sequence import Say, carry_out
from bot.command import line
from bot.command.fields import Argument, Label, Name, Option, SecretPairs
from bot.command.list_flags import InspectFlags, ListFlags
from bot.command.model import Change, Command, Context, Query
from bot.errors import (
    InUseError,
    NameTakenError,
    SwarmbotError,
    UnknownNameError,
    UnsupportedError,
)
from bot.model import Difference, Ending, Kind, Message, Outcome, Plan
from bot.model.change import Fate
from bot.model.cluster import Network
from bot.model.english import agree, listed
from bot.model.secrecy import masked_pair
from bot.model.slash import SLASH
from bot.render.cli import objects
from bot.render.cli.listing import none_fits
from bot.render.objects import networks
from bot.render.slack import blocks
from bot.rollout.run import Run
from bot.swarm import filters, waiting
from bot.swarm.objects import used_by
from bot.swarm.spec import ipam
from bot.swarm.spec.edit import fingerprint
from bot.swarm.spec.syntax import mapping

Range = Annotated[str, AfterValidator(ipam.read_range)]
NamedAddress = Annotated[str, AfterValidator(ipam.read_named_address)]
ONE_ENGINES = "it is for networks of one engine, which no service can use"
Address = Annotated[str, AfterValidator(ipam.read_address)]
PREDEFINED = ("bridge", "host", "none", "docker_gwbridge")
"""What each engine has for itself."""
LOCAL_DRIVERS = ("bridge", "host", "null", "none", "macvlan", "ipvlan")
SET_UP_SECONDS = 5.0
"""For Swarm to give a new network its subnet."""
TASKS_END_SECONDS = 20.0
"""For the tasks of services that were just removed to end."""


class NetworkLs(ListFlags, Query):
    """List the networks of the Swarm, with the services that use them."""

    names: ClassVar = ("network ls", "network list")
    conditions: ClassVar = filters.NETWORKS

    no_trunc: bool = Field(False, description="ids in full")

    def run(self, context: Context) -> Message:
        """Two calls to an engine; one where the CLI's list is asked for."""
        known = self.kept(context.swarm.networks.list())
        if self.printed:
            return self.print(objects.networks(known, whole=self.no_trunc), self.full_name())
        if self.filter and not known:
            return none_fits("network", self.filter)
        services = context.swarm.services.list()
        return networks.networks(known, used_by.of_networks(known, services))


class NetworkInspect(InspectFlags, Query):
    """Show networks in detail, with the services that use them."""

    names: ClassVar = ("network inspect",)
    examples: ClassVar = ("network inspect uber-net",)

    networks: Annotated[tuple[Name, ...], Argument("NETWORK")] = Field(min_length=1)
    verbose: Annotated[bool, Option(("--verbose", "-v"))] = Field(
        False, description="accepted; the services that use it are shown anyway"
    )

    def run(self, context: Context) -> Message:
        """One call a network, and one for the services; or one more a network."""
        if self.printed:
            named = [_find(context, name) for name in self.networks]
            documents = [context.swarm.networks.document(network) for network in named]
            return self.print(documents, self.full_name())
        services = context.swarm.services.list()
        asked = [_find(context, name) for name in self.networks]
        users = used_by.of_networks(asked, services)
        return blocks.together([networks.network(network, users[network.id]) for network in asked])


class NetworkCreate(Change[Plan]):
    """Create an overlay network, which services on different nodes can share.

    `--attachable` lets single containers join it too; `--opt encrypted` encrypts what goes between
    nodes.
    """

    names: ClassVar = ("network create",)
    about_services: ClassVar = False
    examples: ClassVar = (
        "network create -d overlay uber-net",
        "network create -d overlay --opt encrypted uber-net",
    )
    elsewhere: ClassVar = {
        "--config-from": ONE_ENGINES,
        "--config-only": ONE_ENGINES,
        "--ingress": "the routing mesh is there from the first; to replace it, stop every service "
        "that publishes a port, and send this from a manager",
    }

    name: Annotated[Name, Argument("NETWORK")]
    driver: Annotated[Name, Option(("--driver", "-d"))] = Field(
        "bridge", description="overlay, for services"
    )
    attachable: bool = Field(False, description="also for single containers")
    internal: bool = Field(False, description="without a way out of the Swarm")
    ipv6: bool = Field(False, description="with IPv6 addresses too")
    opt: Annotated[tuple[Label, ...], Option(("--opt", "-o"), "KEY=VALUE"), SecretPairs] = Field(
        (), description="such as encrypted"
    )
    subnet: Annotated[tuple[Range, ...], Option(metavar="CIDR")] = Field(
        (), description="such as 10.20.0.0/24"
    )
    gateway: Annotated[tuple[Address, ...], Option(metavar="ADDRESS")] = Field(
        (), description="one a subnet"
    )
    ip_range: Annotated[tuple[Range, ...], Option(metavar="CIDR")] = Field(
        (), description="the part that is handed out"
    )
    aux_address: Annotated[tuple[NamedAddress, ...], Option(metavar="NAME=ADDRESS")] = Field(
        (), description="addresses that are taken, such as router=10.20.0.2"
    )
    ipam_driver: Name = Field("default", description="what hands out addresses")
    ipam_opt: Annotated[tuple[Label, ...], Option(metavar="KEY=VALUE"), SecretPairs] = Field(
        (), description="option of that driver"
    )
    ipv4: bool = Field(True, description="--ipv4=false: without IPv4 addresses (Docker 28)")
    scope: Literal["swarm"] = Field("swarm", description="always swarm")
    label: Annotated[tuple[Label, ...], Option(metavar="KEY=VALUE"), SecretPairs] = Field(
        (), description="labels of the network"
    )

    def plan(self, context: Context) -> Plan:
        """Refuse a driver of one engine alone, a name that is taken, and subnets of others."""
        if self.driver in LOCAL_DRIVERS:
            right = line.write(self.model_copy(update={"driver": "overlay"}))
            raise UnsupportedError(
                f"a `{self.driver}` network belongs to one engine, and no service can use it",
                f"`{SLASH} {right}`",
            )
        known = context.swarm.networks.list()
        if self.name in (*PREDEFINED, *(network.name for network in known)):
            raise NameTakenError("network", self.name)
        ipam.refuse_overlap(self.subnet, known)
        return Plan(
            title=f"create network {self.name}",
            targets=(f"network:{self.name}",),
            fingerprint=fingerprint(self._body()),
            changes=tuple(self._differences()),
            summary=networks.NOT_EVERYWHERE,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Whether it is there: the name was free, and it was locked."""
        del planned
        try:
            network = context.swarm.networks.find(self.name)
        except UnknownNameError:
            return Fate.NOT_DONE
        except SwarmbotError:
            return Fate.UNSURE
        made = (network.driver, network.attachable, network.internal)
        wanted = (self.driver, self.attachable, self.internal)
        return Fate.DONE if made == wanted else Fate.UNSURE

    def apply(self, context: Context, plan: Plan, run: Run) -> Outcome:  # noqa: ARG002 - the flags say it all
        """Create it, and wait until Swarm has given it a subnet."""
        started = context.now()
        run.lease.check()
        network_id = context.swarm.networks.create(self._body())
        subnets: list[str] = []

        def is_set_up() -> bool:
            subnets.extend(context.swarm.networks.find(network_id).subnets)
            return bool(subnets)

        waiting.wait_until(is_set_up, SET_UP_SECONDS, context.stopping)
        subnet = (f"{self.name} has {', '.join(subnets)}",) if subnets else ()
        if not subnets and self.driver == "overlay":
            return Outcome(
                ending=Ending.FAILED,
                title=f"network {self.name} has no subnet",
                seconds=(context.now() - started).total_seconds(),
                lines=(networks.NO_SUBNET,),
            )
        return Outcome(
            ending=Ending.DONE,
            title=f"network {self.name} is there",
            seconds=(context.now() - started).total_seconds(),
            lines=(*subnet, networks.NOT_EVERYWHERE),
        )

    def _body(self) -> dict[str, Any]:
        """The Engine API's JSON, as the CLI makes it."""
        return {
            "Name": self.name,
            "Driver": self.driver,
            "Options": mapping(self.opt),
            "IPAM": {
                "Driver": self.ipam_driver,
                "Options": mapping(self.ipam_opt),
                "Config": ipam.pools(self.subnet, self.gateway, self.ip_range, self.aux_address),
            },
            **({} if self.ipv4 else {"EnableIPv4": False}),
            "Internal": self.internal,
            "EnableIPv6": self.ipv6,
            "Attachable": self.attachable,
            "Labels": mapping(self.label),
        }

    def _differences(self) -> list[Difference]:
        given = self.model_dump(exclude={"name"}, exclude_defaults=True)
        return [
            Difference(
                f"--{name.replace('_', '-')}",
                "",
                ", ".join(map(masked_pair, value)) if isinstance(value, tuple) else _word(value),
            )
            for name, value in given.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRemovalPlan(Plan):
    """Networks that no service uses."""

    going: tuple[Network, ...]


class NetworkRm(Change[NetworkRemovalPlan]):
    """Remove networks that no service uses."""

    names: ClassVar = ("network rm", "network remove")
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("network rm uber-net",)

    networks: Annotated[tuple[Name, ...], Argument("NETWORK")] = Field(min_length=1)
    force: Annotated[bool, Option(("--force", "-f"))] = Field(
        False, description="no error where there is none"
    )

    def plan(self, context: Context) -> NetworkRemovalPlan:
        """Refuse what services use, and what is Docker's own."""
        going = tuple(
            network
            for name in dict.fromkeys(self.networks)
            if (network := self._network_or_none(context, name))
        )
        users = used_by.of_networks(going, context.swarm.services.list())
        for network in going:
            _refuse_predefined(network)
            if services_using := users[network.id]:
                raise InUseError("network", network.name, services_using)
        names = ", ".join(network.name for network in going)
        return NetworkRemovalPlan(
            title=f"remove network {names or ', '.join(self.networks)}",
            kind=Kind.DANGER,
            targets=tuple(f"network:{network.id}" for network in going),
            fingerprint=",".join(network.id for network in going),
            summary=agree(len(going), "no service uses it", "no service uses them"),
            noop_reason="" if going else "there is no such network",
            going=going,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Whether they are gone."""
        return fate.of_removal(self, context, planned, context.swarm.networks.find, self.networks)

    def apply(self, context: Context, plan: NetworkRemovalPlan, run: Run) -> Outcome:
        """Remove one after the other.

        Tasks of services that were just removed may still hold one for a moment.
        """

        def remove(network: Network, say: Say) -> Ending:
            waiting.remove(
                lambda: context.swarm.networks.remove(network.id),
                TASKS_END_SECONDS,
                context.stopping,
            )
            say(f"{network.name} is removed")
            return Ending.DONE

        names = listed([network.name for network in plan.going])
        return carry_out(
            context,
            plan,
            run,
            f"network {names} is gone",
            (partial(remove, network) for network in plan.going),
        )

    def _network_or_none(self, context: Context, name: str) -> Network | None:
        try:
            return _find(context, name)
        except UnknownNameError:
            if self.force:
                return None
            raise


COMMANDS: tuple[type[Command], ...] = (NetworkLs, NetworkInspect, NetworkCreate, NetworkRm)


def _find(context: Context, name: str) -> Network:
    if name in PREDEFINED:
        raise UnsupportedError(
            f"`{name}` is each engine's own, and no network of the Swarm",
            f"`{SLASH} network ls` shows those",
        )
    return context.swarm.networks.find(name)


def _refuse_predefined(network: Network) -> None:
    if network.ingress:
        raise UnsupportedError(
            (
                f"`{network.name}` is the routing mesh: without it no port that is published in "
                "ingress mode answers"
            ),
            "It stays; to change it, stop those services and use `docker network` on a manager",
        )


def _word(value: object) -> str:
    return "yes" if value is True else str(value)
