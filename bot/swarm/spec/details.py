"""Everything that differs between two specifications, for who has to approve it.

One value a line: nothing is joined, and nothing is left out. What may be a secret is in dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.model import Difference, Spec
from bot.model.duration import write_duration
from bot.swarm.spec import edit, scalars

_DURATIONS = (
    "Delay",
    "Monitor",
    "Interval",
    "Timeout",
    "StartPeriod",
    "StartInterval",
    "StopGracePeriod",
    "Window",
)
_ORDERED = ("Args", "Command", "Test")
"""Lists in which a value's place has a meaning."""


def details(before: Spec, after: Spec) -> tuple[Difference, ...]:
    """Every leaf that differs, by its path in the Engine API; items of lists come and go alone.

    A secret value that changes looks the same before and after, and has its line all the same.
    """
    return tuple(_differing("", before, after, edit.masked(before), edit.masked(after)))


def _differing(
    path: str, old: Any, new: Any, shown_old: Any, shown_new: Any
) -> Iterable[Difference]:
    if old == new:
        return
    if _is_tree(old) and _is_tree(new):
        yield from _of_trees(path, old or {}, new or {}, shown_old or {}, shown_new or {})
    elif _is_list(old) and _is_list(new):
        yield from _of_lists(path, old or [], new or [], shown_old or [], shown_new or [])
    else:
        yield Difference(path, _text(path, shown_old), _text(path, shown_new))


def _of_trees(
    path: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    shown_old: Mapping[str, Any],
    shown_new: Mapping[str, Any],
) -> Iterable[Difference]:
    if not old and not new:
        return
    for name in sorted({*old, *new}):
        inner = f"{path}.{name}" if path else str(name)
        yield from _differing(
            inner, old.get(name), new.get(name), shown_old.get(name), shown_new.get(name)
        )


def _of_lists(
    path: str, old: list[Any], new: list[Any], shown_old: list[Any], shown_new: list[Any]
) -> Iterable[Difference]:
    if path.rpartition(".")[2] in _ORDERED:
        for index in range(max(len(old), len(new))):
            pair = (_at(old, index), _at(new, index))
            shown = (_at(shown_old, index), _at(shown_new, index))
            yield from _differing(f"{path}[{index}]", *pair, *shown)
        return
    for entry, shown in zip(old, shown_old, strict=True):
        if entry not in new:
            yield from _differing(f"{path}[]", entry, None, shown, None)
    for entry, shown in zip(new, shown_new, strict=True):
        if entry not in old:
            yield from _differing(f"{path}[]", None, entry, None, shown)


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _is_tree(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _text(path: str, value: Any) -> str:
    """A value as a flag would write it."""
    name = path.rpartition(".")[2]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name in _DURATIONS:
        return write_duration(timedelta(microseconds=value / 1000))
    if isinstance(value, int) and name in ("MemoryBytes", "SwapBytes"):
        return scalars.memory(value)
    if isinstance(value, int) and name == "NanoCPUs":
        return f"{value / 1e9:g}"
    return str(value) if value != "" else '""'
