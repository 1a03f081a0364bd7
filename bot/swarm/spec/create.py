"""Builds the specification of `service create` from its flags, as the Docker CLI does; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.model import ResolvedImage
from bot.swarm.spec import credentials, mounts, ports, references, scalars
from bot.swarm.spec.capabilities import effective
from bot.swarm.spec.edit import with_image
from bot.swarm.spec.references import Ids
from bot.swarm.spec.scalars import Flags
from bot.swarm.spec.syntax import Json, host, mapping, resource, spread, ulimit, without_empty
from bot.swarm.spec.update import env


def create(flags: Flags, image: ResolvedImage, command: Sequence[str], ids: Ids) -> Json:
    """The specification of a new service.

    `flags` are those that were given, `command` is what follows the image.
    """
    spec = {
        "Name": flags.get("name", ""),
        "Labels": mapping(flags.get("label", ())),
        "TaskTemplate": _task(flags, command, ids),
        "Mode": _mode(flags),
        "EndpointSpec": {
            "Mode": "vip",
            **without_empty({"Ports": _all(ports.parse, flags, "publish")}),
        },
    }
    scalars.put(spec, flags)
    if flags.get("credential_spec"):
        credentials.put(spec, flags["credential_spec"], ids.configs)
    return with_image(spec, image)


def _task(flags: Flags, command: Sequence[str], ids: Ids) -> Json:
    networks = references.attached((), flags.get("network", ()), (), ids.networks)
    driver = {"Name": flags.get("log_driver"), "Options": mapping(flags.get("log_opt", ()))}
    resources = {"GenericResources": [resource(text) for text in flags.get("generic_resource", ())]}
    placement = {
        "Constraints": list(flags.get("constraint", ())),
        "Preferences": [spread(text) for text in flags.get("placement_pref", ())],
    }
    return {
        "ContainerSpec": _container(flags, command, ids),
        "Resources": {"Limits": {}, "Reservations": without_empty(resources)},
        "Placement": without_empty(placement),
        **without_empty(
            {"Networks": networks, "LogDriver": driver["Name"] and without_empty(driver)}
        ),
    }


def _container(flags: Flags, command: Sequence[str], ids: Ids) -> Json:
    added, dropped = effective(flags.get("cap_add", ()), flags.get("cap_drop", ()))
    dns = {
        "Nameservers": list(flags.get("dns", ())),
        "Search": list(flags.get("dns_search", ())),
        "Options": list(flags.get("dns_option", ())),
    }
    parts = {
        "Args": list(command),
        "Env": env((), flags.get("env", ()), ()),
        "Labels": mapping(flags.get("container_label", ())),
        "Groups": list(flags.get("group", ())),
        "Mounts": [mounts.parse(text) for text in flags.get("mount", ())],
        "Hosts": [host(text) for text in flags.get("host", ())],
        "Secrets": references.secrets((), flags.get("secret", ()), (), ids.secrets),
        "Configs": references.configs((), flags.get("config", ()), (), ids.configs),
        "Sysctls": mapping(flags.get("sysctl", ())),
        "Ulimits": sorted(
            (ulimit(text) for text in flags.get("ulimit", ())), key=lambda text: str(text["Name"])
        ),
        "CapabilityAdd": added,
        "CapabilityDrop": dropped,
    }
    return {"Init": False, "DNSConfig": without_empty(dns), **without_empty(parts)}


def _mode(flags: Flags) -> Json:
    replicas, at_once = flags.get("replicas"), flags.get("max_concurrent")
    match flags.get("mode", "replicated"):
        case "global":
            return {"Global": {}}
        case "global-job":
            return {"GlobalJob": {}}
        case "replicated-job":
            counts = {
                "TotalCompletions": replicas,
                "MaxConcurrent": replicas if at_once is None else at_once,
            }
            return {
                "ReplicatedJob": {
                    name: count for name, count in counts.items() if count is not None
                }
            }
        case _:
            return {"Replicated": {} if replicas is None else {"Replicas": replicas}}


def _all(parse: Any, flags: Flags, flag: str) -> list[Json]:
    return [entry for text in flags.get(flag, ()) for entry in parse(text)]
