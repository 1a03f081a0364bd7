"""Networks: the list, and one in detail, with the services that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Message
from bot.model.cluster import Network
from bot.model.english import plural, shortlist
from bot.render.slack import details_table
from bot.render.slack.blocks import Row, context, message, table, when
from bot.render.slack.details_table import filled, listed
from bot.render.slack.text import code, escape, shortened

_LONGEST = 80
Users = Mapping[str, Sequence[str]]
NOT_EVERYWHERE = (
    "No service uses it yet, so it is not on every node: a node gets it with the first task "
    "that needs it, "
    "and that is as it should be"
)


def networks(found: Sequence[Network], users: Users) -> Message:
    """All networks of the Swarm; `users` names the services of each by its id."""
    own = [network for network in found if not network.ingress]
    lines = [] if own else [f"Create one: {code('/swarm network create -d overlay my-net')}"]
    rows = [
        _row(network, users.get(network.id, ()))
        for network in sorted(found, key=lambda each: each.ingress)
    ]
    columns = ("NETWORK", "DRIVER", "SUBNET", "KIND", "USED BY")
    rest = " besides ingress" if len(own) < len(found) else ""
    head = f"🟢 {plural(len(own), 'network') if own else 'No network'} of the Swarm{rest}"
    return message(head, lines, *table(columns, rows, 0, "networks.txt"))


def network(found: Network, users: Sequence[str]) -> Message:
    """One network in detail."""
    name = escape(shortened(found.name, _LONGEST))
    head = (
        f"🟢 {name} · {escape(found.driver or found.scope)} · used by "
        f"{plural(len(users), 'service')}"
    )
    options = (
        f"{key}={value}" if value else key
        for key, value in sorted(found.options.items())
        if _said(key)
    )
    rows = [
        *filled(
            ("driver", found.driver),
            ("scope", found.scope),
            ("attachable", _yes(found.attachable)),
            ("internal", _yes(found.internal)),
            ("encrypted", _yes(found.encrypted)),
            ("IPv6", _yes(found.ipv6)),
            ("ingress", "yes: the routing mesh of published ports" if found.ingress else ""),
        ),
        *listed("subnets", found.subnets),
        *listed("gateways", found.gateways),
        *listed("options", options),
        *listed("labels", (f"{key}={value}" for key, value in sorted(found.labels.items()))),
        *listed("used by", users),
    ]
    created = f"created {when(found.created)}" if found.created else ""
    hint = (
        f"{NOT_EVERYWHERE}." if not users and found.scope == "swarm" and not found.ingress else ""
    )
    return message(
        head,
        [hint],
        [*details_table.parts([("", rows)]), *context(f"id {escape(found.id)}", created)],
    )


def _row(found: Network, users: Sequence[str]) -> Row:
    kinds = ("ingress", "attachable", "internal", "encrypted")
    kind = ", ".join(name for name in kinds if getattr(found, name))
    shown = shortlist(users, 3)
    return (found.name, found.driver, ", ".join(found.subnets), kind, shown)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _said(option: str) -> bool:
    """The engine's own bookkeeping and what is said already are left out."""
    return option not in ("encrypted", "com.docker.network.driver.overlay.vxlanid_list")
