"""What a change adds to a service that reaches the host, or what belongs to others; pure.

It is judged from the two specifications alone, so that creating, updating and rolling back are
judged alike. What the service has already is not said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.danger import Danger, Grant

Spec = Mapping[str, Any]

_ROOT = ("0", "root")
_ON_MANAGERS = re.compile(r"node\.role(==manager|!=worker)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the specifications do not tell.

    `host_networks`: ids of networks that every node brings along; `foreign`: ids of secrets and
    configs that other services use, with the names of these.
    """

    host_networks: frozenset[str] = frozenset()
    foreign: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def dangers(before: Spec, after: Spec, around: Surroundings) -> tuple[Danger, ...]:
    """What `after` has of it, and `before` has not. `before` is empty for a new service."""
    had = set(_all(before, around))
    return tuple(danger for danger in dict.fromkeys(_all(after, around)) if danger not in had)


def _all(spec: Spec, around: Surroundings) -> Iterator[Danger]:
    task = spec.get("TaskTemplate") or {}
    container = task.get("ContainerSpec") or {}
    yield from _mounts(container)
    yield from _rights(container)
    yield from _users(container)
    yield from _networks((*(task.get("Networks") or ()), *(spec.get("Networks") or ())), around)
    yield from _secrets(container, around)
    yield from _ports((spec.get("EndpointSpec") or {}).get("Ports") or ())
    for constraint in (task.get("Placement") or {}).get("Constraints") or ():
        if _ON_MANAGERS.fullmatch("".join(str(constraint).split())):
            yield Danger(Grant.MANAGERS, f"its tasks run on managers ({constraint})")


def _mounts(container: Spec) -> Iterator[Danger]:
    for mount in container.get("Mounts") or ():
        kind, source, target = mount.get("Type"), mount.get("Source", ""), mount.get("Target", "")
        access = "read-only" if mount.get("ReadOnly") else "writable"
        driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
        options = driver.get("Options") or {}
        if kind in ("bind", "npipe"):
            socket = "the Docker socket, " if str(source).endswith("docker.sock") else ""
            yield Danger(
                Grant.MOUNTS, f"{socket}{source} of the host is mounted at {target}, {access}"
            )
        elif "device" in options:
            device = options["device"]
            yield Danger(Grant.MOUNTS, f"{device} is mounted at {target} by a volume, {access}")


def _rights(container: Spec) -> Iterator[Danger]:
    for capability in container.get("CapabilityAdd") or ():
        yield Danger(Grant.CAPABILITIES, f"its containers get the capability {capability}")
    privileges = container.get("Privileges") or {}
    if (privileges.get("Seccomp") or {}).get("Mode") not in (None, "default"):
        yield Danger(Grant.PRIVILEGED, "its system calls are filtered otherwise than by default")
    if (privileges.get("AppArmor") or {}).get("Mode") not in (None, "default"):
        yield Danger(Grant.PRIVILEGED, "AppArmor is off for its containers")
    if (privileges.get("SELinuxContext") or {}).get("Disable"):
        yield Danger(Grant.PRIVILEGED, "SELinux is off for its containers")
    if privileges.get("CredentialSpec"):
        yield Danger(Grant.PRIVILEGED, "its containers get an account of the domain")
    for setting in container.get("Sysctls") or ():
        if not str(setting).startswith("net."):
            yield Danger(Grant.PRIVILEGED, f"the kernel's {setting} is set")


def _users(container: Spec) -> Iterator[Danger]:
    user = str(container.get("User") or "")
    name, _, group = user.partition(":")
    if name in _ROOT or group in _ROOT:
        yield Danger(Grant.USERS, f"its containers run as {user}")
    for further in container.get("Groups") or ():
        if str(further) in (*_ROOT, "docker"):
            yield Danger(Grant.USERS, f"its containers run with the group {further}")


def _networks(attached: Iterable[Spec], around: Surroundings) -> Iterator[Danger]:
    for network in attached:
        target = str(network.get("Target", ""))
        if target == "host" or target in around.host_networks:
            yield Danger(Grant.NETWORKS, "it joins a network of the host itself")


def _secrets(container: Spec, around: Surroundings) -> Iterator[Danger]:
    for kind in ("Secret", "Config"):
        for file in container.get(f"{kind}s") or ():
            users = around.foreign.get(str(file.get(f"{kind}ID", "")))
            if users:
                name = file.get(f"{kind}Name", "")
                yield Danger(
                    Grant.SECRETS, f"it gets the {kind.lower()} {name} of {', '.join(users)}"
                )


def _ports(published: Iterable[Spec]) -> Iterator[Danger]:
    for port in published:
        if port.get("PublishMode") == "host":
            number = port.get("PublishedPort") or "a port"
            yield Danger(Grant.PORTS, f"{number} of every host that runs it is its own")
