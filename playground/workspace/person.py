"""A person in Slack, for tests and for the terminal: types, sees, clicks, fills, submits."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from playground.workspace.controls import Controls
from playground.workspace.errors import FormRefusedError, NothingToUseError, NotSeenError, SeenError
from playground.workspace.forms import HOLDS, find_option, value_of
from playground.workspace.interactions import Interactions
from playground.workspace.model import MANIFEST_SHORTCUTS, User
from playground.workspace.sight import Sight
from playground.workspace.state import State
from playground.workspace.surfaces import Message, Pattern, Screen, Surface, matches, named
from playground.workspace.text import Reader

SENT_OF_BUTTON: tuple[str, ...] = ("type", "action_id", "text", "value", "style")
Found = TypeVar("Found")


class Person:
    """One person. Methods that wait take `timeout` in seconds.

    What is not there raises an error that lists what is there.
    """

    def __init__(self, state: State, interactions: Interactions, user: User) -> None:
        self.user = user
        self._state = state
        self._interactions = interactions
        self.reader = Reader(state, user.tz, user.id)
        self._sight = Sight(state, self.reader, user)
        self.controls = Controls(state, interactions, user, self.reader)

    @property
    def id(self) -> str:
        """The user id, for the bot's configuration."""
        return self.user.id

    @property
    def name(self) -> str:
        """What others type after `@`."""
        return self.user.name

    @property
    def now(self) -> int:
        """This moment, for `after=`: only what changes from here on counts."""
        return self._state.feed.seq

    def types(self, line: str, channel: str = "ops", in_thread: Message | None = None) -> int:
        """Type a line; `/…` runs a slash command, anything else is a message.

        It waits for the app's ack (at most 3 s), not for its answer. Returns the moment, for
        `after=`.
        """
        moment = self.now
        where = (
            self._state.directory.channels[in_thread.key[0]]
            if in_thread
            else self._sight.channel(channel)
        )
        if not line.startswith("/"):
            thread = (in_thread.posted.thread_ts or in_thread.ts) if in_thread else ""
            self._interactions.message(self.user, where, line, thread)
        elif in_thread:
            self._interactions.whisper(
                self.user, where, f"{line.split(maxsplit=1)[0]} is not supported in threads. Sorry!"
            )
        else:
            self._interactions.command(self.user, where, line)
        return moment

    def edits(self, message: Message, line: str) -> int:
        """Write another line into a message of one's own; returns the moment."""
        moment = self.now
        self._interactions.edit(self.user, message.posted, line)
        return moment

    def messages(self, channel: str = "", after: int = 0) -> list[Message]:
        """All messages that are visible now, oldest first.

        With a moment, only those that changed after it.
        """
        listed = self._sight.visible(channel, after)
        self._sight.looks_at(*listed)
        return listed

    def sees(
        self, pattern: Pattern, timeout: float = 20.0, *, channel: str = "", after: int = 0
    ) -> Message:
        """Wait for a message of someone else; returns the newest.

        The message contains a substring, or matches a compiled expression.
        """

        def find() -> Message | None:
            return next(reversed(self._sight.others(pattern, channel, after)), None)

        message = self._wait(find, f"a message with {named(pattern)}", timeout)
        message.check_notification()
        self._sight.looks_at(message)
        return message

    def wrote(self, pattern: Pattern, *, channel: str = "", after: int = 0) -> Message:
        """The newest message of this person's own that contains the text.

        It serves to type in its thread. Raises NotSeenError.
        """
        mine = (
            message
            for message in reversed(self._sight.visible(channel, after))
            if message.posted.user == self.id
        )
        match = next((message for message in mine if matches(pattern, message.shown)), None)
        if match is None:
            raise NotSeenError(self.name, f"an own message with {named(pattern)}", 0, self.screen())
        return match

    def does_not_see(
        self, pattern: Pattern, within: float = 1.0, *, channel: str = "", after: int = 0
    ) -> None:
        """Watch for `within` seconds that no such message shows up; raises SeenError."""
        deadline = time.monotonic() + within
        while True:
            seq = self.now
            messages = self._sight.others(pattern, channel, after)
            if messages:
                raise SeenError(self.name, named(pattern), messages[-1].shown)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._state.feed.after(seq, left)

    def clicks(self, label: str, on: Surface | None = None, *, confirm: bool = True) -> int:
        """Click the button of that label: in the open modal, else on the newest message with one.

        A confirm dialog is confirmed, or with `confirm=False` cancelled: then nothing is sent.
        Returns the moment.
        """
        moment = self.now
        surface, block, button = self._sight.button(label, on)
        if button.get("confirm") and not confirm:
            return moment
        action: dict[str, Any] = {name: button[name] for name in SENT_OF_BUTTON if name in button}
        self.controls.act(surface, block, action)
        return moment

    def chooses(self, option: str, on: Surface | None = None, *, menu: str = "") -> int:
        """Choose an option of a menu outside of forms, or of `menu` (its id or placeholder).

        Returns the moment.
        """
        moment = self.now
        surface, block, element = self._sight.menu(option, on, menu)
        if element["type"] == "overflow":
            value: dict[str, Any] | None = {
                "selected_option": find_option(element["options"], option)
            }
        else:
            value = value_of(
                element, option, self.controls.options(surface, block, element, option)
            )
        if value is None:
            raise NothingToUseError(self.name, f"option {option!r}", surface.shown)
        if element["type"] in HOLDS:
            self.controls.remembers(surface, block, element, value)
        self.controls.act(
            surface, block, {"type": element["type"], "action_id": element["action_id"], **value}
        )
        return moment

    def uses_shortcut(self, name: str, on: Message) -> int:
        """Use a shortcut in the menu of a message ("More actions"); returns the moment.

        Raises NothingToUseError where Slack shows no such shortcut: on what is private or deleted.
        """
        moment = self.now
        if name not in on.shortcuts:
            raise NothingToUseError(self.name, f"shortcut {name!r}", on.shown)
        self._interactions.shortcut(self.user, on.posted, MANIFEST_SHORTCUTS[name])
        return moment

    def sees_modal(self, title: Pattern = "", timeout: float = 15.0, *, after: int = 0) -> Screen:
        """Wait for an open modal with that in its title or text."""

        def find() -> Screen | None:
            modal = self.modal
            fits = modal is not None and modal.view.seq > after and matches(title, modal.shown)
            return modal if fits else None

        return self._wait(find, f"a modal with {named(title)}", timeout)

    @property
    def modal(self) -> Screen | None:
        """The modal in front, or None."""
        return self._sight.modal

    @property
    def home(self) -> Screen | None:
        """The Home tab as last published, or None."""
        return self._sight.home

    def fills(self, fields: dict[str, Any] | None = None, /, **more: Any) -> Screen:
        """Fill fields of the open modal, each named by block id, action id or label.

        Options are given by text or value.
        """
        modal = self._sight.need_modal()
        for name, wanted in {**(fields or {}), **more}.items():
            block, element = self.controls.field(modal, name)
            meant = self.controls.meant(element, wanted)
            value = value_of(element, meant, self.controls.options(modal, block, element, meant))
            if value is None:
                raise NothingToUseError(
                    self.name, f"option {wanted!r} in field {name!r}", modal.shown
                )
            self.controls.remembers(modal, block, element, value)
            if block["type"] != "input" or block.get("dispatch_action"):
                action = {"type": element["type"], "action_id": element["action_id"], **value}
                self.controls.act(modal, block, action)
        return modal

    def submits(self, fields: dict[str, Any] | None = None, /, **more: Any) -> Screen:
        """Fill and submit the open modal, and return it.

        Its `.open` and `.errors` say how the app took it. Raises FormRefusedError where Slack's
        client itself does not let it through.
        """
        modal = self.fills(fields, **more)
        _, problems = self._interactions.submit(self.user, modal.view)
        if problems:
            raise FormRefusedError(self.name, problems)
        return modal

    def sends(self, modal: Screen) -> None:
        """Submit a modal as it is filled; errors of the client or the app are shown in it."""
        self._interactions.submit(self.user, modal.view)

    def closes_modal(self) -> None:
        """Close the open modal without submitting."""
        self._interactions.close(self.user, self._sight.need_modal().view)

    def suggestions(self, field: str, typed: str, on: Surface | None = None) -> list[str]:
        """What an external select offers for what is typed into it."""
        surface = on or self._sight.need_modal()
        block, element = self.controls.field(surface, field)
        return [
            str(option["text"]["text"])
            for option in self.controls.suggested(surface, block, element, typed)
        ]

    def opens_home(self, timeout: float = 15.0) -> Screen:
        """Open the app's Home tab, and wait until the app has published it anew."""
        moment = self.now
        self._interactions.open_home(self.user)
        return self._wait(lambda: self._home_after(moment), "the Home tab published", timeout)

    def sees_home(self, pattern: Pattern, timeout: float = 15.0) -> Screen:
        """Wait until the Home tab has that."""

        def find() -> Screen | None:
            home = self.home
            return home if home is not None and matches(pattern, home.shown) else None

        return self._wait(find, f"a Home tab with {named(pattern)}", timeout)

    def screen(self) -> str:
        """All that is visible to this person now, for error messages."""
        return self._sight.screen()

    def _home_after(self, moment: int) -> Screen | None:
        return self.home if self.home is not None and self.home.view.seq > moment else None

    def _wait(self, find: Callable[[], Found | None], awaited: str, timeout: float) -> Found:
        deadline = time.monotonic() + timeout
        while True:
            seq = self.now
            with self._state.lock:
                match = find()
            if match is not None:
                return match
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotSeenError(self.name, awaited, timeout, self.screen())
            self._state.feed.after(seq, left)
