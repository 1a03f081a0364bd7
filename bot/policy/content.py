"""What of a change reaches the host, or what belongs to others; pure.

It is judged from the two specifications alone, so that creating, updating and rolling back are
judged alike. What the service has already is said again only where the change chooses what runs
with it: another image or command on a service that mounts the Docker socket is root on the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.danger import Danger, Grant
from bot.model.swarm import networks_of

Spec = Mapping[str, Any]

_ROOT = ("0", "root")
_ON_MANAGERS = re.compile(r"node\.role(==manager|!=worker)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the specifications do not tell.

    `host_networks`: ids of networks that every node brings along; `foreign`: ids of secrets and
    configs that other services use, with the names of these; `told`: the same with the names that
    may be told to who asks, where these are not all; `own`: ids of networks, secrets and configs,
    and names of volumes, of the bot itself.
    """

    host_networks: frozenset[str] = frozenset()
    foreign: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


_REACHING = frozenset(
    {Grant.MOUNTS, Grant.CAPABILITIES, Grant.PRIVILEGED, Grant.NETWORKS, Grant.SWARMBOT}
)
"""What hands the host to whatever runs in the container. Its user, the managers as its place and
ports of the host do not by themselves: most images run as root, and their ports stay the same."""

_CHOICES = ("Command", "Args", "User", "Dir", "Healthcheck")
_CHOICE_LISTS = ("Env", "Groups", "Mounts", "Secrets", "Configs")
"""What else of a container decides what runs in it: variables too (`BASH_ENV`, `LD_PRELOAD`), and
files that are put over those of the image."""


def dangers(before: Spec, after: Spec, around: Surroundings) -> tuple[Danger, ...]:
    """What `after` has of it, and `before` has not; and what both have and the change hands on.

    `before` is empty for a new service.
    """
    had, has = set(_all(before, around)), tuple(dict.fromkeys(_all(after, around)))
    added = tuple(danger for danger in has if danger not in had)
    if not chooses_what_runs(before, after):
        return added
    held = (danger for danger in has if danger in had and _is_handed_on(danger))
    image_only = not _chooses_beside_image(before, after)
    return (*added, *(_held(danger, image_only) for danger in held))


def chooses_what_runs(before: Spec, after: Spec) -> bool:
    """Whether a service that is there would run something else: another image, command or user."""
    old, new = _container(before), _container(after)
    return bool(old) and (
        old.get("Image") != new.get("Image") or _chooses_beside_image(before, after)
    )


def _chooses_beside_image(before: Spec, after: Spec) -> bool:
    old, new = _container(before), _container(after)
    return any((old.get(key) or None) != (new.get(key) or None) for key in _CHOICES) or any(
        item not in (old.get(key) or ()) for key in _CHOICE_LISTS for item in new.get(key) or ()
    )


def _is_handed_on(danger: Danger) -> bool:
    return danger.grant in _REACHING or bool(danger.owners)


def _held(danger: Danger, image_only: bool) -> Danger:
    words = f"what it is to run gets what the service has already: {danger.words}"
    return replace(danger, words=words, held=True, image_only=image_only)


def _container(spec: Spec) -> Spec:
    return (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}


def _all(spec: Spec, around: Surroundings) -> Iterator[Danger]:
    task = spec.get("TaskTemplate") or {}
    container = _container(spec)
    yield from _mounts(container)
    yield from _rights(container)
    yield from _users(container)
    yield from _of_the_bot(spec, around)
    yield from _networks(networks_of(spec), around)
    yield from _secrets(container, around)
    yield from _ports((spec.get("EndpointSpec") or {}).get("Ports") or ())
    for constraint in (task.get("Placement") or {}).get("Constraints") or ():
        if _ON_MANAGERS.fullmatch("".join(str(constraint).split())):
            yield Danger(Grant.MANAGERS, f"its tasks run on managers ({constraint})")


def _of_the_bot(spec: Spec, around: Surroundings) -> Iterator[Danger]:
    container = _container(spec)
    for network in networks_of(spec):
        if network.get("Target") in around.own:
            yield Danger(Grant.SWARMBOT, "it joins a network of swarmbot itself")
    for kind in ("Secret", "Config"):
        for file in container.get(f"{kind}s") or ():
            if file.get(f"{kind}ID") in around.own:
                name = file.get(f"{kind}Name", "")
                yield Danger(
                    Grant.SWARMBOT, f"it gets the {kind.lower()} {name} of swarmbot itself"
                )
    for mount in container.get("Mounts") or ():
        if mount.get("Type") == "volume" and mount.get("Source") in around.own:
            yield Danger(Grant.SWARMBOT, f"the volume {mount['Source']} is of swarmbot itself")


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
            file_id = str(file.get(f"{kind}ID", ""))
            users = around.foreign.get(file_id)
            if users:
                name = file.get(f"{kind}Name", "")
                told = ", ".join(around.told.get(file_id, users))
                words = f"it gets the {kind.lower()} {name} of {told}"
                yield Danger(Grant.SECRETS, words, owners=tuple(users))


def _ports(published: Iterable[Spec]) -> Iterator[Danger]:
    for port in published:
        if port.get("PublishMode") == "host":
            number = port.get("PublishedPort") or "a port"
            yield Danger(Grant.PORTS, f"{number} of every host that runs it is its own")
