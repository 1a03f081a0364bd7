"""Handles on what a person sees, always current: messages, modals, the Home tab."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.workspace.blocks import elements_of
from playground.workspace.errors import NoNotificationTextError
from playground.workspace.forms import values
from playground.workspace.model import (
    MANIFEST_SHORTCUTS,
    Block,
    Posted,
    StoredFile,
    Version,
    View,
)
from playground.workspace.state import State
from playground.workspace.text import Reader, label_of

Pattern = str | re.Pattern[str]


def matches(pattern: Pattern, text: str) -> bool:
    """Whether a text has the substring, or the regular expression finds something."""
    return pattern in text if isinstance(pattern, str) else pattern.search(text) is not None


def named(pattern: Pattern) -> str:
    """The pattern for an error message."""
    return repr(pattern if isinstance(pattern, str) else pattern.pattern)


@dataclass(frozen=True)
class Button:
    """A button as shown; `confirm` is the text of its confirm dialog, empty if there is none."""

    label: str
    style: str
    value: str
    action_id: str
    confirm: str
    url: str


@dataclass(frozen=True)
class Surface(ABC):
    """Something with blocks on it."""

    state: State
    reader: Reader

    @property
    @abstractmethod
    def blocks(self) -> tuple[Block, ...]:
        """The blocks as they are now."""

    @property
    @abstractmethod
    def shown(self) -> str:
        """All that is visible, as plain text."""

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons, in order."""
        return [
            label_of(self.reader, element)
            for _, element in self.elements()
            if element["type"] == "button"
        ]

    @property
    def menus(self) -> list[list[str]]:
        """The options of each menu behind a row of buttons (`…`), in order."""
        return [
            [self.reader.plain(option["text"]) for option in element["options"]]
            for _, element in self.elements()
            if element["type"] == "overflow"
        ]

    def button(self, label: str) -> Button:
        """The button of that label; raises LookupError."""
        for _, element in self.elements():
            if element["type"] == "button" and label_of(self.reader, element) == label:
                return _button(label, element)
        raise LookupError(label, self.buttons)

    def elements(self) -> Iterator[tuple[Block, dict[str, Any]]]:
        """Every interactive element with its block."""
        for block in self.blocks:
            for element in elements_of(block):
                yield block, element


@dataclass(frozen=True)
class Message(Surface):
    """A message that a person sees. `==` compares which message it is, not what it says."""

    key: tuple[str, str]

    @property
    def posted(self) -> Posted:
        """The message as the workspace keeps it now."""
        return self.state.messages[self.key]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.posted.now.blocks

    @property
    def shown(self) -> str:
        return self.reader.message(self.posted)

    @property
    def text(self) -> str:
        """All that is visible.

        Raises NoNotificationTextError where there are blocks and no `text` to notify with.
        """
        self.check_notification()
        return self.shown

    def check_notification(self) -> None:
        """Raise NoNotificationTextError if there are blocks and no `text` to notify with."""
        if self.blocks and not self.notification.strip():
            raise NoNotificationTextError(self.ts, self.shown)

    @property
    def notification(self) -> str:
        """`text`, as a notification or a screen reader gives it."""
        return self.reader.mrkdwn(self.posted.now.text)

    @property
    def history(self) -> tuple[Version, ...]:
        """Every version from the first to the current.

        Each has `.at` in seconds since 1970, `.text` and `.blocks`.
        """
        return self.posted.versions

    @property
    def life(self) -> list[str]:
        """What was visible in each version, oldest first."""
        return [
            self.reader.blocks(version.blocks, {})
            if version.blocks
            else self.reader.mrkdwn(version.text)
            for version in self.history
        ]

    @property
    def ts(self) -> str:
        """The id of the message in its channel."""
        return self.key[1]

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.state.directory.channels[self.key[0]].name

    @property
    def author(self) -> str:
        """The name of who wrote it."""
        return self.state.directory.name_of(self.posted.user)

    @property
    def ephemeral(self) -> bool:
        """Whether one person only sees it."""
        return bool(self.posted.only_for)

    @property
    def shortcuts(self) -> list[str]:
        """The app's shortcuts in the menu of the message: Slack shows none on a private one."""
        return [] if self.ephemeral or self.deleted else list(MANIFEST_SHORTCUTS)

    @property
    def deleted(self) -> bool:
        """Whether it was taken away."""
        return self.posted.deleted_at is not None

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply."""
        return self.posted.thread_ts not in ("", self.ts)

    @property
    def aloud(self) -> bool:
        """Whether it is a reply that is shown in the channel as well."""
        return self.posted.aloud

    @property
    def thread(self) -> "list[Message]":
        """The replies below it that this person sees, oldest first."""
        replies = (
            reply for reply in self.state.thread(*self.key) if reply.is_shown_to(self.reader.user)
        )
        return [Message(self.state, self.reader, (reply.channel, reply.ts)) for reply in replies]

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """The files it carries, with `.name`, `.title` and `.content`."""
        return tuple(self.state.files[file_id] for file_id in self.posted.files)

    @property
    def permalink(self) -> str:
        """Its address."""
        return self.state.permalink(*self.key)


@dataclass(frozen=True)
class Screen(Surface):
    """A modal or the Home tab of a person, as it is now."""

    id: str

    @property
    def view(self) -> View:
        """The view as the workspace keeps it now."""
        return self.state.views.known[self.id]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self.view.content["blocks"])

    @property
    def shown(self) -> str:
        return self.reader.view(self.view)

    @property
    def text(self) -> str:
        """All that is visible."""
        return self.shown

    @property
    def title(self) -> str:
        """The title of a modal; empty for the Home tab."""
        title = self.view.content.get("title")
        return self.reader.plain(title) if title else ""

    @property
    def submit(self) -> str:
        """What stands on the button that submits; empty if there is none."""
        submit = self.view.content.get("submit")
        return self.reader.plain(submit) if submit else ""

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with fields, by block id; under "" what is wrong with the whole."""
        return dict(self.view.errors)

    @property
    def values(self) -> dict[str, dict[str, Any]]:
        """`state.values` as they would be submitted now."""
        return values(self.blocks, self.view.filled)

    @property
    def fields(self) -> list[str]:
        """The labels of all inputs, in order."""
        return [
            self.reader.plain(block["label"]) for block in self.blocks if block["type"] == "input"
        ]

    @property
    def open(self) -> bool:
        """Whether a modal is still on its person's screen."""
        return self.id in self.state.views.stacks.get(self.view.user, [])


def _button(label: str, element: dict[str, Any]) -> Button:
    confirm = element.get("confirm")
    return Button(
        label=label,
        style=element.get("style", ""),
        value=element.get("value", ""),
        action_id=element["action_id"],
        confirm=f"{confirm['title']['text']}\n{confirm['text']['text']}" if confirm else "",
        url=element.get("url", ""),
    )
