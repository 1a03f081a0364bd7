"""What `service update` makes of a specification: only what its flags say, by the CLI's own rules;
pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

from bot.errors import UnsupportedError
from bot.model import Difference, Spec
from bot.swarm.spec import mounts, ports, references, scalars
from bot.swarm.spec.capabilities import added_and_dropped
from bot.swarm.spec.edit import forced, replicas_of
from bot.swarm.spec.references import Ids
from bot.swarm.spec.scalars import Flags
from bot.swarm.spec.syntax import Json, host, key, mapping, resource, spread, ulimit, without_empty

Lists = Callable[[Any, Sequence[str], Sequence[str]], Any]
"""What a part of a specification becomes when some flags add to it and others remove from it."""


def change(spec: Spec, flags: Flags, ids: Ids) -> Json:
    """The specification after the flags. Raises UnsupportedError for what this service cannot
    take."""
    changed = copy.deepcopy(dict(spec))
    scalars.put(changed, flags)
    for flag, (path, become) in {**_LISTS, **_references(ids)}.items():
        name = flag.replace("-", "_")
        add, remove = flags.get(f"{name}_add", ()), flags.get(f"{name}_rm", ())
        if add or remove:
            _become(changed, path, _with_flags(become, add, remove))
    _capabilities(changed, flags)
    _log_driver(changed, flags)
    if "replicas" in flags:
        changed["Mode"] = {"Replicated": {**_replicated(changed), "Replicas": flags["replicas"]}}
    return forced(changed) if flags.get("force") else changed


def changes(before: Spec, after: Spec, flags: Flags) -> tuple[Difference, ...]:
    """What the flags make different, in the CLI's names; values of variables are hidden: they may
    be secrets."""
    found = list(scalars.changes(before, after, flags))
    for flag, path in {
        **{name: path for name, (path, _) in _LISTS.items()},
        **_PATHS_OF_NAMES,
    }.items():
        if _at(before, path) != _at(after, path):
            found += listed(flags, f"{flag}-add") + listed(flags, f"{flag}-rm")
    if before["TaskTemplate"].get("LogDriver") != after["TaskTemplate"].get("LogDriver"):
        found += listed(flags, "log-driver") + listed(flags, "log-opt")
    found += listed(flags, "cap-add") + listed(flags, "cap-drop")
    if before.get("Mode") != after.get("Mode"):
        found.append(Difference("replicas", str(replicas_of(before)), str(replicas_of(after))))
    return (
        *found,
        *((Difference("force", "", "restarts every task"),) if flags.get("force") else ()),
    )


def _with_flags(become: Lists, add: Sequence[str], remove: Sequence[str]) -> Callable[[Any], Any]:
    return lambda part: become(part, add, remove)


def listed(flags: Flags, flag: str) -> list[Difference]:
    """A flag that may be given several times, with all that was given; nothing where it was not."""
    given = flags.get(flag.replace("-", "_"), ())
    values = [given] if isinstance(given, str) else given
    shown = {"env": _hidden, "env-add": _hidden, "env-rm": key}.get(flag, str)
    text = ", ".join(map(shown, values))
    gone = flag.endswith(("-rm", "-drop"))
    return [Difference(flag, text if gone else "", "" if gone else text)] if text else []


def _hidden(pair: str) -> str:
    return f"{key(pair)}=…"


def env(known: Sequence[str] | None, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Variables: one that is added takes the place of the one with its name; others are removed by
    name."""
    gone = {*map(key, add), *remove}
    replaced = {key(pair): pair for pair in add}
    kept = [
        replaced.pop(key(pair), pair)
        for pair in known or ()
        if key(pair) not in gone or key(pair) in replaced
    ]
    return [*kept, *replaced.values()]


def hosts(known: Sequence[str] | None, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Entries `address name…`: a name is removed from all entries, or with `name:address` from
    those of that address."""
    gone = [tuple(text.partition(":")[::2]) for text in remove]
    left = []
    for entry in known or ():
        address, *names = entry.split()
        names = [name for name in names if (name, "") not in gone and (name, address) not in gone]
        left += [" ".join([address, *names])] if names else []
    return list(dict.fromkeys([*left, *map(host, add)]))


def _labels(known: Mapping[str, str] | None, add: Iterable[str], remove: Iterable[str]) -> Json:
    gone = set(remove)
    return {
        **{name: value for name, value in (known or {}).items() if name not in gone},
        **mapping(add),
    }


def _named(known: Mapping[str, str] | None, add: Iterable[str], remove: Iterable[str]) -> Json:
    return _labels(known, add, map(key, remove))


def _sorted(
    known: Sequence[str] | None,
    add: Iterable[str],
    remove: Iterable[str],
    order: Callable[[str], Any] = str,
) -> list[str]:
    gone = set(remove)
    return sorted((each for each in (*(known or ()), *add) if each not in gone), key=order)


def _unique(
    known: Sequence[str] | None,
    add: Iterable[str],
    remove: Iterable[str],
    order: Callable[[str], Any] = str,
) -> list[str]:
    return list(dict.fromkeys(_sorted(known, add, remove, order)))


def _preferences(
    known: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]
) -> list[Json]:
    gone = [spread(text) for text in remove]
    return [*(each for each in known or () if each not in gone), *map(spread, add)]


def _ulimits(known: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]) -> list[Json]:
    gone = set(map(key, remove))
    by_name = {each["Name"]: each for each in known or () if each["Name"] not in gone}
    by_name |= {each["Name"]: each for each in map(ulimit, add)}
    return [by_name[name] for name in sorted(by_name)]


def _resources(
    known: Sequence[Json] | None, add: Iterable[str], remove: Iterable[str]
) -> list[Json]:
    by_kind = {_kind(each): each for each in (*(known or ()), *map(resource, add))}
    for kind in remove:
        if by_kind.pop(kind, None) is None:
            raise UnsupportedError(
                f"the service reserves no `{kind}`",
                "`/swarm service inspect` shows what it reserves",
            )
    return list(by_kind.values())


def _kind(generic: Json) -> str:
    spec = generic.get("DiscreteResourceSpec") or generic.get("NamedResourceSpec") or {}
    return str(spec.get("Kind", ""))


def _address(text: str) -> tuple[int, Any]:
    found = ip_address(text)
    return found.version, found


_CONTAINER = ("TaskTemplate", "ContainerSpec")
_PLACEMENT = ("TaskTemplate", "Placement")
_DNS = (*_CONTAINER, "DNSConfig")
_LISTS: Mapping[str, tuple[tuple[str, ...], Lists]] = {
    "label": (("Labels",), _labels),
    "container-label": ((*_CONTAINER, "Labels"), _labels),
    "env": ((*_CONTAINER, "Env"), env),
    "mount": ((*_CONTAINER, "Mounts"), lambda known, add, rm: mounts.changed(known or (), add, rm)),
    "publish": (
        ("EndpointSpec", "Ports"),
        lambda known, add, rm: ports.changed(known or (), add, rm),
    ),
    "constraint": ((*_PLACEMENT, "Constraints"), _sorted),
    "placement-pref": ((*_PLACEMENT, "Preferences"), _preferences),
    "host": ((*_CONTAINER, "Hosts"), hosts),
    "dns": ((*_DNS, "Nameservers"), partial(_unique, order=_address)),
    "dns-search": ((*_DNS, "Search"), _unique),
    "dns-option": ((*_DNS, "Options"), _unique),
    "group": ((*_CONTAINER, "Groups"), _sorted),
    "sysctl": ((*_CONTAINER, "Sysctls"), _named),
    "ulimit": ((*_CONTAINER, "Ulimits"), _ulimits),
    "generic-resource": (
        ("TaskTemplate", "Resources", "Reservations", "GenericResources"),
        _resources,
    ),
}


_PATHS_OF_NAMES = {
    "network": ("TaskTemplate", "Networks"),
    "secret": (*_CONTAINER, "Secrets"),
    "config": (*_CONTAINER, "Configs"),
}


def _references(ids: Ids) -> Mapping[str, tuple[tuple[str, ...], Lists]]:
    return {
        "network": (
            _PATHS_OF_NAMES["network"],
            lambda known, add, rm: references.attached(known or (), add, rm, ids.networks),
        ),
        "secret": (
            _PATHS_OF_NAMES["secret"],
            lambda known, add, rm: references.secrets(known or (), add, rm, ids.secrets),
        ),
        "config": (
            _PATHS_OF_NAMES["config"],
            lambda known, add, rm: references.configs(known or (), add, rm, ids.configs),
        ),
    }


def _at(spec: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        spec = (spec or {}).get(name)
    return spec


def _become(spec: Json, path: tuple[str, ...], become: Callable[[Any], Any]) -> None:
    """Replace what stands at the path, making the way to it; what becomes empty goes away."""
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
    known = container.pop("CapabilityAdd", None) or (), container.pop("CapabilityDrop", None) or ()
    added, dropped = added_and_dropped(known, flags.get("cap_add", ()), flags.get("cap_drop", ()))
    container.update(without_empty({"CapabilityAdd": added, "CapabilityDrop": dropped}))


def _log_driver(spec: Json, flags: Flags) -> None:
    if flags.get("log_driver"):
        driver = {"Name": flags["log_driver"], "Options": mapping(flags.get("log_opt", ()))}
        spec["TaskTemplate"]["LogDriver"] = without_empty(driver)


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
