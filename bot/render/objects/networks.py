"""Networks: the list, and one in detail, with the services that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Message
from bot.model.addresses import AddressUse
from bot.model.cluster import Network
from bot.model.english import plural, shortlist
from bot.model.slash import SLASH
from bot.render.slack import details_table
from bot.render.slack.blocks import context, message, when
from bot.render.slack.details_table import filled, listed
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, shortened

_NAME_CHARACTERS = 80
_COLUMNS = (
    Column("NETWORK"),
    Column("DRIVER"),
    Column("SUBNET"),
    Column("KIND"),
    Column("USED BY", sentence=True),
)
Users = Mapping[str, Sequence[str]]
NO_SUBNET = (
    "Swarm gave it no subnet: the address pool may be used up, or the subnet is taken. Tasks on it "
    f"do not start; {SLASH} doctor counts the addresses"
)
NOT_EVERYWHERE = (
    "No service uses it yet, so it is not on every node: a node gets it with the first task "
    "that needs it, "
    "and that is as it should be"
)


def networks(all_networks: Sequence[Network], users: Users) -> Message:
    """All networks; `users` has the names of the services of each network, by its id."""
    own = [network for network in all_networks if not network.ingress]
    lines = [] if own else [f"Create one: {code(f'{SLASH} network create -d overlay my-net')}"]
    rows = [
        _row(network, users.get(network.id, ()))
        for network in sorted(all_networks, key=lambda network: network.ingress)
    ]
    rest = " besides ingress" if len(own) < len(all_networks) else ""
    head = f"🟢 {plural(len(own), 'network') if own else 'No network'} of the Swarm{rest}"
    return message(head, lines, *table(_COLUMNS, rows, "networks.txt"))


def short_of_addresses(use: AddressUse) -> str:
    """That a network has too few addresses for what is to be on it."""
    if use.addresses is None:
        return f"Swarm gave the network {use.network} no subnet: tasks on it do not start"
    needed = use.addresses + use.short
    return (
        f"the network {use.network} has {plural(use.addresses, 'address', 'addresses')} and would "
        f"need {needed}: the tasks without one wait"
    )


def network(network: Network, users: Sequence[str]) -> Message:
    """One network in detail; `users` are the names of its services."""
    name = escape(shortened(network.name, _NAME_CHARACTERS))
    lacks = network.scope == "swarm" and not network.subnets
    head = (
        f"{'🟠' if lacks else '🟢'} {name} · {escape(network.driver or network.scope)} · used by "
        f"{plural(len(users), 'service')}"
    )
    options = (
        f"{key}={value}" if value else key
        for key, value in sorted(network.options.items())
        if _is_of_interest(key)
    )
    rows = [
        *filled(
            ("driver", network.driver),
            ("scope", network.scope),
            ("attachable", _yes(network.attachable)),
            ("internal", _yes(network.internal)),
            ("encrypted", _yes(network.encrypted)),
            ("IPv6", _yes(network.ipv6)),
            ("ingress", "yes: the routing mesh of published ports" if network.ingress else ""),
        ),
        *listed("subnets", network.subnets),
        *listed("gateways", network.gateways),
        *listed("options", options),
        *listed("labels", (f"{key}={value}" for key, value in sorted(network.labels.items()))),
        *listed("used by", users),
    ]
    created = f"created {when(network.created)}" if network.created else ""
    hint = (
        f"{NOT_EVERYWHERE}."
        if not users and network.scope == "swarm" and not network.ingress
        else ""
    )
    return message(
        head,
        [f"{NO_SUBNET}." if lacks else hint],
        [*details_table.parts([("", rows)]), *context(f"id {escape(network.id)}", created)],
    )


def _row(network: Network, users: Sequence[str]) -> Row:
    kinds = ("ingress", "attachable", "internal", "encrypted")
    kind = ", ".join(name for name in kinds if getattr(network, name))
    return (network.name, network.driver, ", ".join(network.subnets), kind, shortlist(users, 3))


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _is_of_interest(option: str) -> bool:
    """Leaves out the engine's own bookkeeping, and what other rows show."""
    return option not in ("encrypted", "com.docker.network.driver.overlay.vxlanid_list")
