"""Resolves the names of networks, secrets and configs in flags to ids."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import UnknownNameError, UnsupportedError
from bot.model.cluster import Network, Stored
from bot.swarm.names import nearest
from bot.swarm.spec import credentials, references
from bot.swarm.spec.references import Ids
from bot.swarm.spec.scalars import Flags
from bot.swarm.swarm import Swarm

OF_EVERY_NODE = ("host", "bridge", "none")
"""Networks that every node brings along."""
_NEEDS = {
    "health_start_interval": (1, 44),
    "oom_score_adj": (1, 46),
    "memory_swap": (1, 52),
    "memory_swappiness": (1, 52),
}
"""Flags that older engines drop without a word, by the API version that first knows them."""


def ids(swarm: Swarm, flags: Flags) -> Ids:
    """Look up every network, secret and config that the flags name.

    Raises UnknownNameError with the nearest names.
    """
    attached = [
        references.network(text)["Target"] for text in _given(flags, "network", "network_add")
    ]
    secrets = [references.file(text)[0] for text in _given(flags, "secret", "secret_add")]
    configs = [
        *(references.file(text)[0] for text in _given(flags, "config", "config_add")),
        *credentials.config_of(flags.get("credential_spec", "")),
    ]
    return Ids(
        {name: _network(swarm, name).id for name in (*attached, *flags.get("network_rm", ()))},
        _stored("secret", secrets, swarm.stored_objects.secrets() if secrets else ()),
        _stored("config", configs, swarm.stored_objects.configs() if configs else ()),
    )


def refuse_too_new(swarm: Swarm, flags: Flags) -> None:
    """Raise UnsupportedError for a flag that the engines are too old for.

    Such an engine would drop the field without an error.
    """
    wanted = {flag: needed for flag, needed in _NEEDS.items() if flag in flags}
    if not wanted:
        return
    version = swarm.engines.call(lambda client: client.version)
    spoken = tuple(map(int, version.split(".")))
    for flag, needed in wanted.items():
        if spoken < needed:
            raise UnsupportedError(
                (
                    f"`--{flag.replace('_', '-')}` needs API {'.'.join(map(str, needed))}, and "
                    f"the engines speak {version}"
                ),
                "Leave it out, or update the engines",
            )


def _given(flags: Flags, *names: str) -> list[str]:
    return [text for name in names for text in flags.get(name, ())]


def _network(swarm: Swarm, name: str) -> Network:
    if name in OF_EVERY_NODE:
        return swarm.networks.predefined(name)
    return swarm.networks.find(name)


def _stored(kind: str, names: Iterable[str], objects: tuple[Stored, ...]) -> dict[str, str]:
    by_name = {stored.name: stored.id for stored in objects}
    for name in names:
        if name not in by_name:
            raise UnknownNameError(kind, name, nearest(name, tuple(by_name)))
    return by_name
