"""Somebody in the stand-in's workspace: types, sees, clicks, fills in a form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.scenario.running import eventually
from tests.standin.stand_in import BOT, OPS, Screen, StandIn

COMMAND = "/swarm"
SEEN_WITHIN = 20.0
"""Seconds."""

Json = dict[str, Any]
WORDS = ("text", "blocks", "fields", "elements", "rows", "accessory", "title", "files", "alt_txt")
"""Where texts that people read stand in a message or a view."""


@dataclass(frozen=True)
class Said:
    """A message, as this person sees it."""

    raw: Json

    @property
    def ts(self) -> str:
        return str(self.raw["ts"])

    @property
    def is_private(self) -> bool:
        return self.raw.get("subtype") == "ephemeral"

    @property
    def text(self) -> str:
        return text_of(self.raw)

    def button(self, label: str) -> Json:
        """The button with this label; raises LookupError where there is none."""
        for element in elements(self.raw.get("blocks") or []):
            if element.get("type") == "button" and element["text"]["text"] == label:
                return element
        raise LookupError(label, self.text)


@dataclass(frozen=True)
class Form:
    """A modal that is open."""

    view: Json
    screen: Screen
    user: str

    def submits(self, **fields: str | list[str]) -> dict[str, str]:
        """Send it with a text or with chosen names in its fields; what is wrong, by field."""
        values = {field: self._state(field, value) for field, value in fields.items()}
        self.screen.sends("view_submit", user=self.user, values=values)
        return dict(self.screen.hears("view", "view_errors").get("errors", {}))

    def _state(self, field: str, value: str | list[str]) -> Json:
        block = next(block for block in self.view["blocks"] if block["block_id"] == field)
        element = block["element"]
        if isinstance(value, str):
            state: Json = {"value": value}
        else:
            options = [
                {"text": {"type": "plain_text", "text": name}, "value": name} for name in value
            ]
            many = element["type"].startswith("multi_")
            state = {"selected_options": options} if many else {"selected_option": options[0]}
        return {element["action_id"]: {"type": element["type"], **state}}


@dataclass(frozen=True)
class Colleague:
    """A person of the workspace, by id."""

    stand_in: StandIn
    user: str

    def types(self, line: str) -> float:
        """Type a slash command in #ops; returns the moment, for `after`."""
        now = self._now()
        self.stand_in.does("command", channel=OPS, user=self.user, command=COMMAND, text=line)
        return now

    @property
    def direct(self) -> str:
        """The channel of the bot's direct messages with this person."""
        with self.stand_in.screen() as screen:
            listed = screen.state["channels"]
        return next(
            str(channel["id"])
            for channel in listed
            if channel["is_im"] and self.user in channel["members"]
        )

    def mentions(self, line: str) -> float:
        """Write `@swarmbot …` in #ops; returns the moment, for `after`."""
        now = self._now()
        self.stand_in.does("message", channel=OPS, user=self.user, text=f"<@{BOT}> {line}")
        return now

    def writes_to_the_bot(self, line: str) -> None:
        """Write a line in the bot's direct messages, which the Home tab has opened."""
        self.stand_in.does("message", channel=self.direct, user=self.user, text=line)

    def clicks(self, label: str, on: Said) -> float:
        """Click a button of a message; returns the moment, for `after`."""
        now = self._now()
        self.stand_in.does(
            "interact", channel=OPS, messageTs=on.ts, user=self.user, action=on.button(label)
        )
        return now

    def sees(
        self, *words: str, after: float = 0.0, within: float = SEEN_WITHIN, channel: str = OPS
    ) -> Said:
        """Wait for a message of the bot that says all of this; returns the newest."""

        def seen() -> list[Said]:
            listed = [said for said in self._visible(channel) if float(said.ts) > after]
            return [said for said in listed if all(word in said.text for word in words)]

        eventually(seen, within, lambda: f"{self.user} never saw {words}\n\n{self.screen()}")
        return seen()[-1]

    def screen(self) -> str:
        return "\n\n".join(said.text for said in self._visible(OPS))

    def opens_home(self, *words: str) -> None:
        """Open the Home tab, and wait until it says all of this."""
        self.stand_in.does("open-home", user=self.user)

        def shown() -> list[Json]:
            with self.stand_in.screen() as screen:
                views = screen.state["homeViews"].get(self.user, {}).values()
            return [view for view in views if all(word in text_of(view) for word in words)]

        eventually(shown, SEEN_WITHIN, lambda: f"no Home tab with {words}")

    @contextmanager
    def form(self, line: str) -> Iterator[Form]:
        """Type a line that opens a modal."""
        with self.stand_in.screen() as screen:
            self.types(line)
            yield Form(screen.hears("view")["stack"][-1], screen, self.user)

    def _visible(self, channel: str) -> list[Said]:
        return [
            Said(raw)
            for raw in self.stand_in.messages(channel)
            if raw["user"] == BOT and raw.get("ephemeral_to", self.user) == self.user
        ]

    def _now(self) -> float:
        listed = self.stand_in.messages(OPS)
        return float(listed[-1]["ts"]) if listed else 0.0


def text_of(node: object) -> str:
    """All texts below a message, a view or a block, one a line."""
    match node:
        case dict():
            inner = (text_of(value) for key, value in node.items() if key in WORDS)
            return "\n".join(text for text in inner if text)
        case list():
            return "\n".join(text for text in map(text_of, node) if text)
        case str():
            return node
    return ""


def elements(blocks: list[Json]) -> Iterator[Json]:
    """Everything in blocks that can be used."""
    for block in blocks:
        yield from block.get("elements", [])
        if "accessory" in block:
            yield block["accessory"]
