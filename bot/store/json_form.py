"""How values are written in Redis: as JSON, and read again by their classes."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

Value = TypeVar("Value")


class JsonForm(Generic[Value]):
    """pydantic's adapter of a class, made when it is needed first: all of them together would be a
    tenth of the bot's start, and most are for what seldom happens."""

    def __init__(self, kind: type[Value]) -> None:
        self._kind = kind

    @cached_property
    def _adapter(self) -> TypeAdapter[Value]:
        return TypeAdapter(self._kind)

    def dump_json(self, value: Value, **options: Any) -> bytes:
        """The value as JSON, with pydantic's options."""
        return self._adapter.dump_json(value, **options)

    def dump_python(self, value: Value) -> Any:
        """The value as plain Python."""
        return self._adapter.dump_python(value)

    def validate_json(self, text: str | bytes) -> Value:
        """The value of this JSON. Raises pydantic's ValidationError."""
        return self._adapter.validate_json(text)

    def validate_python(self, data: Any) -> Value:
        """The value of this plain Python. Raises pydantic's ValidationError."""
        return self._adapter.validate_python(data)
