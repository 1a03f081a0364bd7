"""The functions of templates: Go's own, those that the Docker CLI adds, and how values are printed.

A function that is given other values than it takes raises TypeError, ValueError, LookupError or
AttributeError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

NO_VALUE = "<no value>"
"""What Go prints for a field that is not there."""


def shown(value: Any) -> str:
    """A value as Go prints it: `map[a:1 b:2]`, `[a b]`, `true`."""
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{shown(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(shown, value))}]"
    return str(value)


def as_json(value: Any) -> str:
    """A value as the CLI's `json` writes it: in one line, by name, without what is no data."""
    if isinstance(value, Mapping):
        value = {key: inner for key, inner in value.items() if not callable(inner)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        # Of labels, which is what people ask for, the CLI prints nothing where there is none.
        value = value.get(key, "") if isinstance(value, Mapping) else value[key]
    return value


def _pad(text: str, before: int, after: int) -> str:
    return f"{' ' * min(before, 100)}{text}{' ' * min(after, 100)}" if text else text


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "json": as_json,
    "join": lambda values, mark: mark.join(map(shown, values or ())),
    "split": lambda text, mark: text.split(mark),
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "title": lambda text: text.title(),
    "truncate": lambda text, length: text[:length],
    "pad": _pad,
    "len": len,
    "index": _index,
    "println": lambda *values: " ".join(map(shown, values)) + "\n",
    "print": lambda *values: "".join(map(shown, values)),
    "eq": lambda first, *others: first in others,
    "ne": lambda first, other: first != other,
    "not": lambda value: not value,
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "or": lambda *values: next((value for value in values if value), values[-1]),
}
"""The CLI's own functions, and those of Go's that people use."""
