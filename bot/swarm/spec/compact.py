"""Specifications of which thousands are kept at once: as JSON, which takes a seventh of the memory
of what it is decoded to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from bot.model import Spec

Value = TypeVar("Value")
_OFF_IS_A_WISH = frozenset({"Init"})
"""Without it the engine's own setting counts (swarmkit's api/specs.proto: the one switch that is a
message, and so may be absent)."""


def digest(spec: Spec) -> str:
    """A short hash of a specification: equal for equal content, whatever the order of its keys, and
    whichever engine of a Swarm was asked.

    Of two managers the newer one says `false` where the older one does not know the field
    (`NoNewPrivileges`: 28.5 and 20.10), and to Swarm a switch that is off is one that is not there.
    """
    canonical = json.dumps(_without_off(dict(spec)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


def _without_off(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_off(inner)
            for name, inner in value.items()
            if inner is not False or name in _OFF_IS_A_WISH
        }
    return [_without_off(item) for item in value] if isinstance(value, list) else value


class CompactSpec(Mapping[str, Any]):
    """The same specification, decoded where somebody reads it; equal to any of the same content."""

    __slots__ = ("_derived", "_fingerprint", "_json")

    def __init__(self, spec: Spec) -> None:
        self._json = to_json(dict(spec))
        self._fingerprint = ""
        self._derived: dict[Callable[[Spec], Any], Any] = {}

    @property
    def fingerprint(self) -> str:
        """Its digest, which is made once: the watch compares it at every look."""
        if not self._fingerprint:
            self._fingerprint = digest(_decoded(self._json))
        return self._fingerprint

    def derived(self, derive: Callable[[Spec], Value]) -> Value:
        """What this function makes of the specification, which never changes: made once."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        value: Value = self._derived[derive]
        return value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompactSpec) and self._json == other._json:
            return True
        return super().__eq__(other)

    # As any mapping it has none.
    __hash__ = Mapping.__hash__

    def __getitem__(self, key: str) -> Any:
        return _decoded(self._json)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_decoded(self._json))

    def __len__(self) -> int:
        return len(_decoded(self._json))


def kept(derive: Callable[[Spec], Value]) -> Callable[[Spec], Value]:
    """A function of a specification alone, whose values nobody changes: of a compact one what it
    makes is kept for as long as that is, so that thousands are not decoded at every look."""

    @wraps(derive)
    def looked_up(spec: Spec) -> Value:
        return spec.derived(derive) if isinstance(spec, CompactSpec) else derive(spec)

    return looked_up


@lru_cache(64)
def _decoded(text: bytes) -> dict[str, Any]:
    """Cached: who judges a service reads several parts of its specification in a row."""
    return dict(from_json(text))
