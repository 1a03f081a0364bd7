"""Modals and Home tabs: each person has a stack of at most three modals, and one Home."""

import itertools
from dataclasses import replace
from typing import Any

from playground.workspace.blocks import with_ids
from playground.workspace.errors import SlackError
from playground.workspace.feed import Feed
from playground.workspace.model import View
from playground.workspace.views import STACK, judge_view


class Views:
    """The views of all people."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._numbers = itertools.count(1)
        self.known: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}

    def top(self, user: str) -> View | None:
        """The modal that a person has before them, or None."""
        stack = self.stacks.get(user)
        return self.known[stack[-1]] if stack else None

    def home(self, user: str) -> View | None:
        """A person's Home tab, or None before the app published one."""
        id_ = self.homes.get(user)
        return None if id_ is None else self.known[id_]

    def open(self, user: str, content: dict[str, Any]) -> View:
        """Show a first modal; it takes the place of all that were open."""
        judge_view(content, "modal")
        self._refuse_doubled(content)
        view = self._new("modal", user, content)
        self.stacks[user] = [view.id]
        return self.keep(view)

    def push(self, user: str, content: dict[str, Any]) -> View:
        """Show a modal on top of the open one.

        Raises SlackError with `push_limit_reached` at the fourth.
        """
        judge_view(content, "modal")
        self._refuse_doubled(content)
        stack = self.stacks.get(user) or []
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        view = replace(self._new("modal", user, content), root=stack[0], previous=stack[-1])
        stack.append(view.id)
        return self.keep(view)

    def update(self, view: View, content: dict[str, Any], expected: str = "") -> View:
        """Put new content into a view.

        Raises SlackError with `hash_conflict` where `expected`, the hash that the app knows, is not
        the last.
        """
        judge_view(content, view.kind)
        if view.kind == "modal" and view.id not in self.stacks.get(view.user, ()):
            raise SlackError("not_found")
        if expected and expected != view.hash:
            raise SlackError("hash_conflict")
        shown = replace(
            view,
            content=_identified(content),
            hash=self._hash(),
            errors={},
            filled=_kept(view, content),
        )
        return self.keep(shown)

    def publish(self, user: str, content: dict[str, Any], expected: str = "") -> View:
        """Show a Home tab."""
        judge_view(content, "home")
        shown = self.home(user)
        if shown is not None:
            return self.update(shown, content, expected)
        view = self._new("home", user, content)
        self.homes[user] = view.id
        return self.keep(view)

    def find(self, id_: str, external_id: str) -> View:
        """The view of that id, or of that external id; raises SlackError with `not_found`."""
        wanted = (
            view
            for view in self.known.values()
            if external_id and view.content.get("external_id") == external_id
        )
        view = self.known.get(id_) or next(wanted, None)
        if view is None:
            raise SlackError("not_found")
        return view

    def keep(self, view: View) -> View:
        """Store a view, or its next state, and tell."""
        view = replace(view, seq=self._feed.seq + 1)
        self.known[view.id] = view
        self._feed.tell("view", view)
        return view

    def close(self, user: str, *, everything: bool) -> list[View]:
        """Close the top modal, or all of them; returns the closed ones, top first."""
        stack = self.stacks.get(user, [])
        closed = stack[::-1] if everything else stack[-1:]
        self.stacks[user] = [id_ for id_ in stack if id_ not in closed]
        for id_ in closed:
            self._feed.tell("closed", self.known[id_])
        return [self.known[id_] for id_ in closed]

    def forget(self) -> None:
        """Close everything, and forget every Home tab."""
        self.known.clear()
        self.stacks.clear()
        self.homes.clear()

    def _new(self, kind: str, user: str, content: dict[str, Any]) -> View:
        id_ = f"V0{next(self._numbers):09X}"
        return View(
            id=id_, kind=kind, user=user, content=_identified(content), hash=self._hash(), root=id_
        )

    def _hash(self) -> str:
        return f"{self._feed.seq}.{next(self._numbers):08x}"

    def _refuse_doubled(self, content: dict[str, Any]) -> None:
        shown = {id_ for stack in self.stacks.values() for id_ in stack}
        external = content.get("external_id")
        if external and any(
            self.known[id_].content.get("external_id") == external for id_ in shown
        ):
            raise SlackError("duplicate_external_id")


def _identified(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "blocks": with_ids(content["blocks"])}


def _kept(view: View, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    # Slack keeps what was typed in blocks whose block_id stays the same through an update.
    ids = {block.get("block_id") for block in content["blocks"]}
    return {block_id: values for block_id, values in view.filled.items() if block_id in ids}
