"""What somebody does on the page, done as the person would in Slack."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import PlaygroundError
from playground.workspace.forms import EXTERNAL, HOLDS, find_option, own_options, value_of
from playground.workspace.model import Block
from playground.workspace.person import SENT_OF_BUTTON, Person
from playground.workspace.state import State
from playground.workspace.surfaces import Message, Screen, Surface


class GoneError(PlaygroundError):
    """What was clicked is not there any more: the message or the form has changed meanwhile."""

    def __str__(self) -> str:
        return "that is not there any more: it has changed in the meantime"


class Who(BaseModel):
    """Who does it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str


class Say(Who):
    """A person types a line; `thread` is the message below which they do."""

    line: str = Field(min_length=1, max_length=8000)
    channel: str
    thread: str = ""


class Use(Who):
    """A person uses an element of a message, modal or Home tab.

    `wanted` is what they chose: values, or `{text, value}` of an option that the app had offered.
    """

    surface: str
    block: str
    action: str
    wanted: Any = None


class Ask(Use):
    """A person types into a field with type-ahead."""

    typed: str = ""


class UseShortcut(Who):
    """A person uses a shortcut in the menu of a message."""

    surface: str
    name: str


class Form(Who):
    """A person submits or closes the modal; `values` by block and action."""

    view: str
    values: dict[str, dict[str, Any]] = {}


def use(state: State, person: Person, asked: Use) -> None:
    """Click a button, or choose in a menu; raises GoneError."""
    surface = _surface(state, person, asked.surface)
    block, element = _element(surface, asked.block, asked.action)
    if element["type"] == "button":
        person.controls.uses(
            surface,
            block,
            element,
            {name: element[name] for name in SENT_OF_BUTTON if name in element},
        )
        return
    value = _value(element, asked.wanted)
    person.controls.uses(
        surface,
        block,
        element,
        {"type": element["type"], "action_id": element["action_id"], **value},
    )


def use_shortcut(state: State, person: Person, asked: UseShortcut) -> None:
    """Use a shortcut of a message; raises GoneError."""
    message = _surface(state, person, asked.surface)
    if not isinstance(message, Message) or asked.name not in message.shortcuts:
        raise GoneError
    person.uses_shortcut(asked.name, on=message)


def suggest(state: State, person: Person, asked: Ask) -> list[dict[str, str]]:
    """What the app offers for what was typed; raises GoneError."""
    surface = _surface(state, person, asked.surface)
    block, element = _element(surface, asked.block, asked.action)
    options = person.controls.suggested(surface, block, element, asked.typed)
    return [
        {"text": str(option["text"]["text"]), "value": str(option.get("value", ""))}
        for option in options
    ]


def submit(state: State, person: Person, form: Form) -> None:
    """Fill the modal in and submit it; raises GoneError. What is wrong with it is shown in it."""
    modal = _modal(state, person, form.view)
    for block, element in modal.elements():
        wanted = form.values.get(block["block_id"], {}).get(element["action_id"])
        if element["type"] in HOLDS:
            person.controls.remembers(modal, block, element, _value(element, wanted))
    person.sends(modal)


def close(state: State, person: Person, form: Form) -> None:
    """Close the modal without submitting; one that is closed already stays so."""
    _modal(state, person, form.view)
    person.closes_modal()


def _value(element: Block, wanted: Any) -> dict[str, Any]:
    """What Slack sends of an element that holds `wanted`."""
    kind = element["type"]
    if kind == "overflow":
        return {"selected_option": find_option(element["options"], str(wanted))}
    held, _ = HOLDS[kind]
    if kind in EXTERNAL:
        options = [
            _option(option)
            for option in (wanted if isinstance(wanted, list) else [wanted] if wanted else [])
        ]
        chosen = options[0] if options else None
        return {"type": kind, held: options if held.endswith("s") else chosen}
    if wanted in ("", None):
        return {"type": kind, held: [] if held.endswith("s") else None}
    value = value_of(element, wanted, own_options(element))
    if value is None:
        raise GoneError
    return value


def _option(option: Any) -> dict[str, Any]:
    return {
        "text": {"type": "plain_text", "text": str(option["text"])},
        "value": str(option["value"]),
    }


def _surface(state: State, person: Person, name: str) -> Surface:
    kind, _, rest = name.partition("/")
    if kind == "view":
        return _view(state, person, rest)
    channel, _, ts = rest.partition("/")
    match = next((message for message in person.messages() if message.key == (channel, ts)), None)
    if match is None:
        raise GoneError
    return match


def _view(state: State, person: Person, id_: str) -> Screen:
    view = state.views.known.get(id_)
    if view is None or view.user != person.id:
        raise GoneError
    return Screen(state, person.reader, id_)


def _modal(state: State, person: Person, id_: str) -> Screen:
    modal = person.modal
    if modal is None or modal.id != id_:
        raise GoneError
    return _view(state, person, id_)


def _element(surface: Surface, block_id: str, action_id: str) -> tuple[Block, Block]:
    for block, element in surface.elements():
        if (block["block_id"], element["action_id"]) == (block_id, action_id):
            return block, element
    raise GoneError


def message_below(person: Person, channel: str, ts: str) -> Message:
    """The message in whose thread somebody writes; raises GoneError."""
    match = next((message for message in person.messages() if message.key == (channel, ts)), None)
    if match is None:
        raise GoneError
    return match
