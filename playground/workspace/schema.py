"""The kinds of limits that Slack's Block Kit knows, as values that can judge a JSON value.

`blocks` writes Slack's limits down with these kinds; a violation is one line in the words of
Slack's `response_metadata.messages`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Kind(Protocol):
    """Something that a JSON value is checked against."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        """Yield one message for each violation; `at` is the JSON pointer of `value`."""
        ...


def error(text: str, at: str) -> str:
    """A message as Slack words it."""
    return f"[ERROR] {text} [json-pointer:{at}]"


@dataclass(frozen=True)
class String:
    """A string with a length in characters."""

    most: int
    least: int = 1
    one_of: tuple[str, ...] = ()

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield error("must be a string", at)
        elif len(value) > self.most:
            yield error(f"must be less than {self.most + 1} characters", at)
        elif len(value) < self.least:
            yield error(f"must be more than {self.least - 1} characters", at)
        elif self.one_of and value not in self.one_of:
            yield error("must be a valid enum value", at)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield error("must be a boolean", at)


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds."""

    least: int = 0
    most: int = 2**53

    def check(self, value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield error("must be an integer", at)
        elif not self.least <= value <= self.most:
            yield error(f"must be between {self.least} and {self.most}", at)


@dataclass(frozen=True)
class Anything:
    """A value that is not looked into."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        del value, at
        yield from ()


@dataclass(frozen=True)
class Text:
    """A text object: `plain_text` or, where allowed, `mrkdwn`."""

    most: int
    mrkdwn: bool = False
    least: int = 1

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield error("must provide an object", at)
            return
        allowed = ("plain_text", "mrkdwn") if self.mrkdwn else ("plain_text",)
        if value.get("type") not in allowed:
            yield error(f"must be one of: {', '.join(allowed)}", f"{at}/type")
        extra: dict[str, Kind] = (
            {"emoji": Flag()} if value.get("type") == "plain_text" else {"verbatim": Flag()}
        )
        required: dict[str, Kind] = {"type": Anything(), "text": String(self.most, self.least)}
        yield from Fields(required, extra).check(value, at)


@dataclass(frozen=True)
class Many:
    """A list of one kind, with a number of items."""

    entry: Kind
    most: int
    least: int = 1

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield error("must provide an array", at)
            return
        if len(value) > self.most:
            yield error(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            yield error(f"no fewer than {self.least} items allowed", at)
        for position, entry in enumerate(value):
            yield from self.entry.check(entry, f"{at}/{position}")


@dataclass(frozen=True)
class Fields:
    """The schema of an object: required fields, optional fields, and groups of alternatives.

    At least one field of each group is required.
    """

    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield error("must provide an object", at)
            return
        for name in self.required:
            if value.get(name) is None:
                yield error(f"missing required field: {name}", at)
        if self.one_of and not any(value.get(name) for name in self.one_of):
            yield error(f"missing required field: {' or '.join(self.one_of)}", at)
        known = {**self.required, **self.optional}
        for name, entry in value.items():
            if name not in known:
                yield error(f"invalid additional property: {name}", at)
            elif entry is not None:
                yield from known[name].check(entry, f"{at}/{name}")


@dataclass(frozen=True)
class ByType:
    """An object whose `type` says which kind it is; other types are unknown or not allowed here."""

    kinds: Mapping[str, Kind]

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield error("must provide an object", at)
        elif "type" not in value:
            yield error("missing required field: type", at)
        elif value["type"] not in self.kinds:
            yield error(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            yield from self.kinds[value["type"]].check(value, at)


@dataclass(frozen=True)
class AnyOf:
    """A value that one kind at least accepts."""

    kinds: tuple[Kind, ...]

    def check(self, value: Any, at: str) -> Iterator[str]:
        if all(any(True for _ in kind.check(value, at)) for kind in self.kinds):
            yield error("failed to match all allowed schemas", at)
