"""What a person does with the elements of a message or a modal: use, choose, fill."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from playground.workspace.errors import NothingToUseError
from playground.workspace.forms import EXTERNAL, HOLDS, own_options
from playground.workspace.interactions import Interactions
from playground.workspace.model import Block, Delivery, Posted, User
from playground.workspace.state import State
from playground.workspace.surfaces import Message, Screen, Surface
from playground.workspace.text import Reader


class Controls:
    """The elements that one person uses: what they hold, and what the app is told of it."""

    def __init__(
        self, state: State, interactions: Interactions, user: User, reader: Reader
    ) -> None:
        self._state = state
        self._interactions = interactions
        self._user = user
        self._reader = reader

    def uses(
        self, surface: Surface, block: Block, element: dict[str, Any], action: dict[str, Any]
    ) -> None:
        """Use a button or a menu; `action` is what Slack sends of it."""
        if element["type"] in HOLDS:
            self.remembers(
                surface, block, element, {key: action[key] for key in action if key != "action_id"}
            )
        self.act(surface, block, action)

    def act(self, surface: Surface, block: Block, action: dict[str, Any]) -> Delivery:
        """Tell the app that an element was used; `action` is what Slack sends of it."""
        if isinstance(surface, Message):
            return self._interactions.act_on_message(self._user, surface.posted, block, action)
        assert isinstance(surface, Screen)
        return self._interactions.act_on_view(self._user, surface.view, block, action)

    def remembers(
        self, surface: Surface, block: Block, element: dict[str, Any], value: dict[str, Any]
    ) -> None:
        """Let an element hold a value, without telling the app."""
        with self._state.lock:
            if isinstance(surface, Screen):
                view = surface.view
                in_block = {**view.filled.get(block["block_id"], {}), element["action_id"]: value}
                filled = {**view.filled, block["block_id"]: in_block}
                errors = {
                    name: text for name, text in view.errors.items() if name != block["block_id"]
                }
                self._state.views.keep(replace(view, filled=filled, errors=errors))
            elif isinstance(surface, Message):
                chosen = self._state.chosen.setdefault(surface.key, {})
                chosen.setdefault(block["block_id"], {})[element["action_id"]] = value

    def field(self, surface: Surface, name: str) -> tuple[Block, dict[str, Any]]:
        """The field of that block id, action id or label; raises NothingToUseError."""
        for block, element in surface.elements():
            label = self._reader.plain(block["label"]) if block["type"] == "input" else ""
            if element["type"] in HOLDS and name in (
                block["block_id"],
                element["action_id"],
                label,
            ):
                return block, element
        raise NothingToUseError(self._user.name, f"field {name!r}", surface.shown)

    def meant(self, element: dict[str, Any], wanted: Any) -> Any:
        """Names of people and channels as ids, for the menus that list those."""
        if wanted is None or not element["type"].endswith(
            ("users_select", "conversations_select", "channels_select")
        ):
            return wanted
        look_up = (
            self._state.directory.user
            if "users" in element["type"]
            else self._state.directory.channel
        )
        return (
            look_up(wanted).id
            if isinstance(wanted, str)
            else [look_up(value).id for value in wanted]
        )

    def options(
        self, surface: Surface, block: Block, element: dict[str, Any], wanted: Any
    ) -> Sequence[dict[str, Any]]:
        """A menu's options; of an external one those that the app gives for `wanted`."""
        if element["type"] not in EXTERNAL:
            return own_options(element)
        typed = [wanted] if isinstance(wanted, str) else list(wanted or [])
        return [
            option for text in typed for option in self.suggested(surface, block, element, text)
        ]

    def suggested(
        self, surface: Surface, block: Block, element: dict[str, Any], typed: str
    ) -> list[dict[str, Any]]:
        """The options that the app gives an external select for what is typed into it."""
        # Slack asks the app only when enough was typed; three characters unless the element says
        # otherwise.
        if len(typed) < element.get("min_query_length", 3):
            return []
        where: Any = surface.view if isinstance(surface, Screen) else _posted(surface)
        answer = self._interactions.suggest(self._user, where, block, element, typed).answer
        return own_options(answer)


def _posted(surface: Surface) -> Posted:
    assert isinstance(surface, Message)
    return surface.posted
