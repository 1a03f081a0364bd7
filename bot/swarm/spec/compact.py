"""Specifications of which thousands are kept at once: as JSON, which takes a seventh of the memory
of what it is decoded to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from bot.model import Spec


class CompactSpec(Mapping[str, Any]):
    """The same specification, decoded where somebody reads it; equal to any of the same content."""

    __slots__ = ("_json",)

    def __init__(self, spec: Spec) -> None:
        self._json = to_json(dict(spec))

    def __getitem__(self, key: str) -> Any:
        return _decoded(self._json)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_decoded(self._json))

    def __len__(self) -> int:
        return len(_decoded(self._json))


@lru_cache(64)
def _decoded(text: bytes) -> dict[str, Any]:
    """Cached: who judges a service reads several parts of its specification in a row."""
    return dict(from_json(text))
