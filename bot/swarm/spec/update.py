"""Changes a specification by the flags of `service update`, by the Docker CLI's rules; pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

from bot.errors import UnsupportedError
from bot.model import Difference, Spec
from bot.model.secrecy import masked_pair, masked_value
from bot.model.slash import SLASH
from bot.model.swarm import networks_of
from bot.swarm.spec import credentials, mounts, ports, references, scalars
from bot.swarm.spec.capabilities import added_and_dropped
from bot.swarm.spec.edit import forced
from bot.swarm.spec.read import replicas
from bot.swarm.spec.references import Ids
from bot.swarm.spec.scalars import CONTAINER, Flags
from bot.swarm.spec.syntax import Json, host, key, mapping, resource, spread, ulimit, without_empty

Lists = Callable[[Any, Sequence[str], Sequence[str]], Any]
"""What a part of a specification becomes when some flags add to it and others remove from it."""


def change(spec: Spec, flags: Flags, ids: Ids) -> Json:
    """The specification after the flags.

    Raises UnsupportedError for what this service cannot take.
    """
    changed = copy.deepcopy(dict(spec))
    scalars.put(changed, flags)
    for flag, (path, become) in {**_LISTS, **_references(ids)}.items():
        name = flag.replace("-", "_")
        add, remove = flags.get(f"{name}_add", ()), flags.get(f"{name}_rm", ())
        if add or remove:
            if flag == "network":
                _move_networks(changed)
            _become(changed, path, _with_flags(become, add, remove))
    _capabilities(changed, flags)
    _log_driver(changed, flags)
    if "credential_spec" in flags:
        credentials.put(changed, flags["credential_spec"], ids.configs)
    if "max_concurrent" in flags:
        _replicated_job(changed)["MaxConcurrent"] = flags["max_concurrent"]
    if "replicas" in flags:
        changed["Mode"] = {"Replicated": {**_replicated(changed), "Replicas": flags["replicas"]}}
    return forced(changed) if flags.get("force") else changed


def changes(before: Spec, after: Spec, flags: Flags) -> tuple[Difference, ...]:
    """The differences that the flags make, in the CLI's names.

    What may be a secret is in dots.
    """
    differences = list(scalars.changes(before, after, flags))
    for flag, path in {
        **{name: path for name, (path, _) in _LISTS.items()},
        **_PATHS_OF_NAMES,
    }.items():
        if _at(before, path) != _at(after, path):
            differences += listed(flags, f"{flag}-add") + listed(flags, f"{flag}-rm")
    if before["TaskTemplate"].get("LogDriver") != after["TaskTemplate"].get("LogDriver"):
        differences += listed(flags, "log-driver") + listed(flags, "log-opt")
    differences += listed(flags, "cap-add") + listed(flags, "cap-drop")
    differences += credentials.changes(before, after)
    if "max_concurrent" in flags:
        differences += _at_a_time(before, after)
    elif before.get("Mode") != after.get("Mode"):
        differences.append(Difference("replicas", str(replicas(before)), str(replicas(after))))
    return (
        *differences,
        *((Difference("force", "", "restarts every task"),) if flags.get("force") else ()),
    )


def _at_a_time(before: Spec, after: Spec) -> list[Difference]:
    path = ("Mode", "ReplicatedJob", "MaxConcurrent")
    old, new = _at(before, path), _at(after, path)
    return [] if old == new else [Difference("max-concurrent", str(old or ""), str(new))]


def _with_flags(become: Lists, add: Sequence[str], remove: Sequence[str]) -> Callable[[Any], Any]:
    return lambda part: become(part, add, remove)


def listed(flags: Flags, flag: str) -> list[Difference]:
    """The values of a repeatable flag, a difference each; none where it was not given."""
    value = flags.get(flag.replace("-", "_"), ())
    values = [value] if isinstance(value, str) else value
    show = _MASKS.get(flag, str)
    gone = flag.endswith(("-rm", "-drop"))
    texts = filter(None, map(show, values))
    return [Difference(flag, text if gone else "", "" if gone else text) for text in texts]


_MASKS: Mapping[str, Callable[[str], str]] = {
    "env": masked_value,
    "env-add": masked_value,
    "env-rm": key,
    "log-opt": masked_value,
    "label": masked_pair,
    "label-add": masked_pair,
    "container-label": masked_pair,
    "container-label-add": masked_pair,
}


def env(current: Sequence[str] | None, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The environment variables after some are added (or replaced) and others removed by name."""
    changed_names = {*map(key, add), *remove}
    replaced = {key(pair): pair for pair in add}
    kept = [
        replaced.pop(key(pair), pair)
        for pair in current or ()
        if key(pair) not in changed_names or key(pair) in replaced
    ]
    return [*kept, *replaced.values()]


def hosts(current: Sequence[str] | None, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The host entries (`address name…`) after some are added and others removed.

    `name` is removed from all entries, `name:address` from those of that address.
    """
    removed = [tuple(text.partition(":")[::2]) for text in remove]
    entries = []
    for entry in current or ():
        address, *names = entry.split()
        names = [
            name for name in names if (name, "") not in removed and (name, address) not in removed
        ]
        entries += [" ".join([address, *names])] if names else []
    return list(dict.fromkeys([*entries, *map(host, add)]))


def _labels(current: Mapping[str, str] | None, add: Iterable[str], remove: Iterable[str]) -> Json:
    removed = set(remove)
    return {
        **{name: value for name, value in (current or {}).items() if name not in removed},
        **mapping(add),
    }


def _named(current: Mapping[str, str] | None, add: Iterable[str], remove: Iterable[str]) -> Json:
    return _labels(current, add, map(key, remove))


def _sorted(
    current: Sequence[str] | None,
    add: Iterable[str],
    remove: Iterable[str],
    order: Callable[[str], Any] = str,
) -> list[str]:
    removed = set(remove)
    return sorted((value for value in (*(current or ()), *add) if value not in removed), key=order)


def _unique(
    current: Sequence[str] | None,
    add: Iterable[str],
    remove: Iterable[str],
    order: Callable[[str], Any] = str,
) -> list[str]:
    return list(dict.fromkeys(_sorted(current, add, remove, order)))


def _preferences(
    current: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]
) -> list[Json]:
    removed = [spread(text) for text in remove]
    return [
        *(preference for preference in current or () if preference not in removed),
        *map(spread, add),
    ]


def _ulimits(
    current: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]
) -> list[Json]:
    removed = set(map(key, remove))
    by_name = {limit["Name"]: limit for limit in current or () if limit["Name"] not in removed}
    by_name |= {limit["Name"]: limit for limit in map(ulimit, add)}
    return [by_name[name] for name in sorted(by_name)]


def _resources(
    current: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]
) -> list[Json]:
    by_kind = {_kind(resource_): resource_ for resource_ in (*(current or ()), *map(resource, add))}
    for kind in remove:
        if by_kind.pop(kind, None) is None:
            raise UnsupportedError(
                f"the service reserves no `{kind}`",
                f"`{SLASH} service inspect` shows what it reserves",
            )
    return list(by_kind.values())


def _kind(generic: Json) -> str:
    spec = generic.get("DiscreteResourceSpec") or generic.get("NamedResourceSpec") or {}
    return str(spec.get("Kind", ""))


def _address(text: str) -> tuple[int, Any]:
    address = ip_address(text)
    return address.version, address


_PLACEMENT_PATH = ("TaskTemplate", "Placement")
_DNS = (*CONTAINER, "DNSConfig")
_LISTS: Mapping[str, tuple[tuple[str, ...], Lists]] = {
    "label": (("Labels",), _labels),
    "container-label": ((*CONTAINER, "Labels"), _labels),
    "env": ((*CONTAINER, "Env"), env),
    "mount": (
        (*CONTAINER, "Mounts"),
        lambda current, add, rm: mounts.changed(current or (), add, rm),
    ),
    "publish": (
        ("EndpointSpec", "Ports"),
        lambda current, add, rm: ports.changed(current or (), add, rm),
    ),
    "constraint": ((*_PLACEMENT_PATH, "Constraints"), _sorted),
    "placement-pref": ((*_PLACEMENT_PATH, "Preferences"), _preferences),
    "host": ((*CONTAINER, "Hosts"), hosts),
    "dns": ((*_DNS, "Nameservers"), partial(_unique, order=_address)),
    "dns-search": ((*_DNS, "Search"), _unique),
    "dns-option": ((*_DNS, "Options"), _unique),
    "group": ((*CONTAINER, "Groups"), _sorted),
    "sysctl": ((*CONTAINER, "Sysctls"), _named),
    "ulimit": ((*CONTAINER, "Ulimits"), _ulimits),
    "generic-resource": (
        ("TaskTemplate", "Resources", "Reservations", "GenericResources"),
        _resources,
    ),
}


_PATHS_OF_NAMES = {
    "network": ("TaskTemplate", "Networks"),
    "secret": (*CONTAINER, "Secrets"),
    "config": (*CONTAINER, "Configs"),
}


def _references(ids: Ids) -> Mapping[str, tuple[tuple[str, ...], Lists]]:
    return {
        "network": (
            _PATHS_OF_NAMES["network"],
            lambda current, add, rm: references.attached(current or (), add, rm, ids.networks),
        ),
        "secret": (
            _PATHS_OF_NAMES["secret"],
            lambda current, add, rm: references.secrets(current or (), add, rm, ids.secrets),
        ),
        "config": (
            _PATHS_OF_NAMES["config"],
            lambda current, add, rm: references.configs(current or (), add, rm, ids.configs),
        ),
    }


def _move_networks(spec: Json) -> None:
    """Put the networks where the task has them, as the CLI does: those at the top of the
    specification no longer count once the task has one."""
    attached = list(networks_of(spec))
    spec.pop("Networks", None)
    if attached:
        spec["TaskTemplate"]["Networks"] = attached


def _at(spec: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        spec = (spec or {}).get(name)
    return spec


def _become(spec: Json, path: tuple[str, ...], become: Callable[[Any], Any]) -> None:
    """Replace the part at the path, creating its parents; an empty part is removed."""
    part = spec
    for name in path[:-1]:
        if part.get(name) is None:
            part[name] = {}
        part = part[name]
    value = become(part.get(path[-1]))
    if value:
        part[path[-1]] = value
    else:
        part.pop(path[-1], None)


def _capabilities(spec: Json, flags: Flags) -> None:
    if "cap_add" not in flags and "cap_drop" not in flags:
        return
    container = spec["TaskTemplate"]["ContainerSpec"]
    current = (
        container.pop("CapabilityAdd", None) or (),
        container.pop("CapabilityDrop", None) or (),
    )
    added, dropped = added_and_dropped(current, flags.get("cap_add", ()), flags.get("cap_drop", ()))
    container.update(without_empty({"CapabilityAdd": added, "CapabilityDrop": dropped}))


def _log_driver(spec: Json, flags: Flags) -> None:
    if flags.get("log_driver"):
        driver = {"Name": flags["log_driver"], "Options": mapping(flags.get("log_opt", ()))}
        spec["TaskTemplate"]["LogDriver"] = without_empty(driver)


def _replicated_job(spec: Json) -> Json:
    if "ReplicatedJob" not in spec["Mode"]:
        raise UnsupportedError(
            "only a replicated job has a number of tasks that run at a time",
            "Of a service, `--replicas` says how many run.",
        )
    job: Json = dict(spec["Mode"]["ReplicatedJob"] or {})
    spec["Mode"] = {"ReplicatedJob": job}
    return job


def _replicated(spec: Json) -> Json:
    if "Replicated" not in spec["Mode"]:
        raise UnsupportedError(
            "only a replicated service has a number of replicas",
            (
                "A global one runs on every node that its constraints allow; a job is scaled by "
                "`service scale`."
            ),
        )
    return dict(spec["Mode"]["Replicated"] or {})
