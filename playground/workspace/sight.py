"""What one person in Slack sees: messages, the modal in front, the Home tab, and their buttons."""

from collections.abc import Callable
from typing import Any

from playground.workspace.errors import NothingToUseError
from playground.workspace.forms import find_option, own_options
from playground.workspace.model import Block, User
from playground.workspace.state import State
from playground.workspace.surfaces import Message, Pattern, Screen, Surface, matches
from playground.workspace.text import Reader, label_of

SHOWN_AT_MOST = 12
Use = tuple[Surface, Block, dict[str, Any]]


class Sight:
    """All that one person sees now."""

    def __init__(self, state: State, reader: Reader, user: User) -> None:
        self.user = user
        self.reader = reader
        self._state = state

    def visible(self, channel: str = "", after: int = 0) -> list[Message]:
        """Messages that are visible now, oldest first, of one channel and after a moment."""
        wanted = self.channel(channel).id if channel else ""
        return [
            Message(self._state, self.reader, (message.channel, message.ts))
            for message in self._state.visible_to(self.user.id)
            if wanted in ("", message.channel) and message.now.seq > after
        ]

    def looks_at(self, *messages: Message) -> None:
        """Note that the person has seen these."""
        with self._state.lock:
            self._state.seen.update(message.key for message in messages)

    def others(self, pattern: Pattern, channel: str, after: int) -> list[Message]:
        """Visible messages of someone else that contain the pattern."""
        listed = (
            message
            for message in self.visible(channel, after)
            if message.posted.user != self.user.id
        )
        return [message for message in listed if matches(pattern, message.shown)]

    @property
    def modal(self) -> Screen | None:
        """The modal in front, or None."""
        view = self._state.views.top(self.user.id)
        return None if view is None else Screen(self._state, self.reader, view.id)

    @property
    def home(self) -> Screen | None:
        """The Home tab as last published, or None."""
        view = self._state.views.home(self.user.id)
        return None if view is None else Screen(self._state, self.reader, view.id)

    def screen(self) -> str:
        """All that is visible to this person now, for error messages."""
        parts = [_line(message) for message in self.visible()[-SHOWN_AT_MOST:]]
        parts += [f"[modal]\n{self.modal.shown}"] if self.modal else []
        parts += [f"[home]\n{self.home.shown}"] if self.home else []
        return "\n".join(parts) or "(nothing)"

    def button(self, label: str, on: Surface | None) -> Use:
        """The button of that label or id; raises NothingToUseError."""

        def fits(element: dict[str, Any]) -> bool:
            return element["type"] == "button" and label in (
                label_of(self.reader, element),
                element["action_id"],
            )

        return self._use(fits, on, f"button {label!r}")

    def menu(self, option: str, on: Surface | None, menu: str) -> Use:
        """The menu with that option, or of that name; raises NothingToUseError."""

        def fits(element: dict[str, Any]) -> bool:
            known = menu in (label_of(self.reader, element), element["action_id"])
            return known if menu else find_option(own_options(element), option) is not None

        return self._use(fits, on, f"menu {menu!r} with {option!r}")

    def _use(self, fits: Callable[[dict[str, Any]], bool], on: Surface | None, wanted: str) -> Use:
        front: list[Surface] = [self.modal] if self.modal else []
        surfaces = [on] if on is not None else front or list(reversed(self.visible()))
        for surface in surfaces:
            gone = isinstance(surface, Message) and surface.deleted
            for block, element in () if gone else surface.elements():
                if fits(element):
                    if isinstance(surface, Message):
                        self.looks_at(surface)
                    return surface, block, element
        raise NothingToUseError(
            self.user.name, wanted, on.shown if on is not None else self.screen()
        )

    def need_modal(self) -> Screen:
        """The modal in front; raises NothingToUseError."""
        modal = self.modal
        if modal is None:
            raise NothingToUseError(self.user.name, "open modal", self.screen())
        return modal

    def channel(self, name: str) -> Any:
        """A channel by name; `dm` is the person's own with the app."""
        return (
            self._state.directory.direct(self.user.id)
            if name == "dm"
            else self._state.directory.channel(name)
        )


def _line(message: Message) -> str:
    place = f"#{message.channel}{' (thread)' if message.in_thread else ''}"
    private = " (only you)" if message.ephemeral else ""
    return f"{place} {message.author}{private}: {message.shown}"
