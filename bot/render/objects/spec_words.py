"""Values of a specification as the Docker CLI writes them: ports, durations, mounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Port
from bot.render.slack.blocks import size

_SECOND = 1_000_000_000


def port_words(port: Port) -> str:
    """A published port as the CLI lists it, without the address: `8080->80/tcp`."""
    published = str(port.published) if port.published else "any"
    return f"{published}->{port.target}/{port.protocol}" + (" host" if port.mode == "host" else "")


def duration_words(nanoseconds: Any) -> str:
    """A duration as Docker writes it: `1m30s`, `500ms`; empty where there is none."""
    if not isinstance(nanoseconds, int) or nanoseconds <= 0:
        return ""
    if nanoseconds < _SECOND:
        return f"{nanoseconds / 1_000_000:g}ms"
    minutes, rest = divmod(nanoseconds / _SECOND, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return "".join(f"{count:g}{unit}" for count, unit in parts if count)


def resource_words(resources: Mapping[str, Any]) -> str:
    """Processors and memory of a limit or reservation: `0.5 CPU, 512 MiB`."""
    cpus, memory = resources.get("NanoCPUs") or 0, resources.get("MemoryBytes") or 0
    parts = [f"{cpus / _SECOND:g} CPU" if cpus else "", size(memory) if memory else ""]
    return ", ".join(part for part in parts if part)


def swap_words(resources: Mapping[str, Any]) -> str:
    """The swap that a task may use, and how readily: `1 GiB, swappiness 20`; empty where nothing is
    said."""
    swap, swappiness = resources.get("SwapBytes"), resources.get("MemorySwappiness")
    amount = "" if swap is None else "any amount" if swap < 0 else size(swap)
    readily = "" if swappiness in (None, -1) else f"swappiness {swappiness}"
    return ", ".join(part for part in (amount, readily) if part)


def mount_words(mount: Mapping[str, Any]) -> str:
    """A mount in one line: `volume data → /var/lib/data, read only`."""
    source = str(mount.get("Source") or "anonymous")
    read_only = ", read only" if mount.get("ReadOnly") else ""
    return f"{mount.get('Type', 'volume')} {source} → {mount.get('Target', '')}{read_only}"


def config_words(config: Mapping[str, Any]) -> str:
    """An update or rollback configuration, with the engine's defaults where nothing is set."""
    parallel = config.get("Parallelism", 1)
    parts = [
        f"{parallel} at a time" if parallel else "all at once",
        f"{duration_words(config.get('Delay'))} apart" if config.get("Delay") else "",
        str(config.get("Order") or "stop-first"),
        f"on failure {config.get('FailureAction') or 'pause'}",
        f"monitor {duration_words(config.get('Monitor')) or '5s'}",
        f"max failure ratio {config['MaxFailureRatio']:g}" if config.get("MaxFailureRatio") else "",
    ]
    return ", ".join(part for part in parts if part)


def names_of(references: Any, key: str) -> list[str]:
    """The names in a list of references to secrets or configs."""
    return [str(reference.get(key, "")) for reference in mappings(references)]


def mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    """The mappings in a list of the API's JSON, which may be null."""
    return (
        [entry for entry in value if isinstance(entry, Mapping)]
        if isinstance(value, list | tuple)
        else []
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping of the API's JSON, which may be null."""
    return value if isinstance(value, Mapping) else {}
