"""Builds HTML from Python values: whatever is not `Html` already is escaped."""

from collections.abc import Iterable
from html import escape

VOID = frozenset(("br", "hr", "img", "input"))
Value = str | int | bool | None


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def safe(text: str) -> Html:
    """The text as HTML: `Html` as it is, anything else escaped."""
    return text if isinstance(text, Html) else Html(escape(text))


def join(parts: Iterable[str]) -> Html:
    """The parts one after the other, each escaped unless it is `Html`."""
    return Html("".join(safe(part) for part in parts))


def el(name: str, /, *children: str, **attributes: Value) -> Html:
    """An element. `class_` is written as `class`, `data_key` as `data-key`.

    An attribute that is None or False is left out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
