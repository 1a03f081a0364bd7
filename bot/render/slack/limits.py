"""Makes any message fit Slack's limits: by splitting, cutting with a notice, or a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.model import File, Message
from bot.render.slack.cut import cut, length, split
from bot.render.slack.plain_text import items, plain, text_in, without_control
from bot.render.slack.slash import named
from bot.render.slack.table_block import (
    SECTION,
    fitted_table,
    with_one_table,
    without_table,
)

Block = Mapping[str, Any]

MOST_TEXT = 3000
MOST_BLOCKS = 50
MOST_IN_VIEW = 100
MOST_CHARACTERS = 10_000
FIELD, FIELDS, HEADER, SMALL, SMALL_PARTS = 2000, 10, 150, 2000, 10
BUTTONS, LABEL, VALUE, ACTION_ID, BLOCK_ID = 25, 75, 2000, 255, 255
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
OPTIONS, OPTION_VALUE = 5, 150
"""Characters, or elements, that Slack takes; https://docs.slack.dev/reference/block-kit/blocks"""
WHOLE = "message.txt"

_BUTTON_ROOM = 3000
_NOTICE_ROOM = 200


def fit(message: Message) -> Message:
    """The same message within Slack's limits. Never raises.

    It knows the blocks that the bot's messages are made of (section, header, context, actions with
    buttons and menus of them, divider, one table), and leaves out others; further tables are
    monospaced blocks. A message that is too long goes along whole as a file.
    """
    message = named(message)
    text = cut(without_control(message.text).strip(), MOST_TEXT) or "swarmbot"
    blocks = with_one_table([fitted for block in message.blocks for fitted in _fitted(block)])
    files = tuple(file for file in message.files if file.name and file.content)
    shown = _unique(blocks)
    if not _fits(shown):
        files = (*files, File(WHOLE, plain(message), "The whole message"))
        shown = _reduced(shown)
    tableless = without_table(shown)
    return Message(
        text, tuple(shown), files, tuple(tableless if _fits(tableless) else _reduced(tableless))
    )


def fit_view(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """The blocks of a Home tab within Slack's limits; a notice says where some are left out."""
    known = [fitted_block for block in map(named, blocks) for fitted_block in _fitted(block)]
    fitted = _unique(without_table(known) or known)
    return (
        fitted
        if len(fitted) <= MOST_IN_VIEW
        else [*fitted[: MOST_IN_VIEW - 1], _notice("There is more than fits here.")]
    )


def characters(blocks: Iterable[Block]) -> int:
    """The number of characters in the blocks, with the values of buttons."""
    return sum(_count(block) for block in blocks)


# ---- one block


def _fitted(block: Any) -> list[dict[str, Any]]:
    fitters = {
        "section": _section,
        "header": _header,
        "context": _context,
        "actions": _actions,
        "divider": _divider,
        "table": _table,
        "data_table": _table,
    }
    fitter = fitters.get(str(block.get("type"))) if isinstance(block, Mapping) else None
    return fitter(block) if fitter else []


def _table(block: Block) -> list[dict[str, Any]]:
    return [{**_named(block), **table} for table in fitted_table(block)]


def _divider(_: Block) -> list[dict[str, Any]]:
    return [{"type": "divider"}]


def _header(block: Block) -> list[dict[str, Any]]:
    content = cut(" ".join(text_in(block.get("text")).split()), HEADER)
    return [{**_named(block), "type": "header", "text": _plain_text(content)}] if content else []


def _section(block: Block) -> list[dict[str, Any]]:
    text = block.get("text")
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": _like(text, piece), "expand": True}
        for piece in split(text_in(text), SECTION)
    ]
    fields = [
        _like(field, cut(text_in(field), FIELD))
        for field in items(block.get("fields"))
        if text_in(field)
    ]
    blocks += [{"type": "section", "fields": part} for part in _chunks(fields, FIELDS)]
    accessory = _button(block.get("accessory"))
    if accessory and blocks:
        blocks[0]["accessory"] = accessory
    if blocks:
        blocks[0].update(_named(block))
    return blocks + (
        [] if blocks or not accessory else [{"type": "actions", "elements": [accessory]}]
    )


def _context(block: Block) -> list[dict[str, Any]]:
    parts = [
        _like(part, cut(text_in(part), SMALL))
        for part in items(block.get("elements"))
        if text_in(part)
    ]
    return [{"type": "context", "elements": chunk} for chunk in _chunks(parts, SMALL_PARTS)]


def _actions(block: Block) -> list[dict[str, Any]]:
    elements = items(block.get("elements"))
    buttons = [button for element in elements if (button := _button(element) or _menu(element))]
    rows = [{"type": "actions", "elements": chunk} for chunk in _chunks(buttons, BUTTONS)]
    # A line that is cut would be another command, so the button is left out.
    return rows + [
        _notice(f"Too long for a button: {cut(name, LABEL)}")
        for name in map(_too_long, elements)
        if name
    ]


def _button(element: Any) -> dict[str, Any] | None:
    if not isinstance(element, Mapping) or element.get("type") != "button" or _too_long(element):
        return None
    label, value = cut(" ".join(text_in(element.get("text")).split()), LABEL), element.get("value")
    if not label:
        return None
    button: dict[str, Any] = {"type": "button", "text": _plain_text(label)}
    if isinstance(value, str) and value:
        button["value"] = value
    if element.get("style") in ("primary", "danger"):
        button["style"] = element["style"]
    if isinstance(element.get("confirm"), Mapping):
        button["confirm"] = _confirm(element["confirm"], label)
    button["action_id"] = str(element.get("action_id") or "line:0")
    return button


def _menu(element: Any) -> dict[str, Any] | None:
    if not isinstance(element, Mapping) or element.get("type") != "overflow":
        return None
    options = [
        {"text": _plain_text(cut(label, LABEL)), "value": str(option["value"])}
        for option in items(element.get("options"))
        if (label := text_in(option.get("text"))) and length(option["value"]) <= OPTION_VALUE
    ]
    action_id = str(element.get("action_id") or "line:0")
    menu = {"type": "overflow", "options": options[:OPTIONS], "action_id": action_id}
    return menu if options else None


def _confirm(confirm: Block, label: str) -> dict[str, Any]:
    def text(name: str, most: int, otherwise: str) -> dict[str, Any]:
        return _plain_text(cut(text_in(confirm.get(name)), most) or cut(otherwise, most))

    return {
        "title": text("title", CONFIRM_TITLE, label),
        "text": text("text", CONFIRM_TEXT, label),
        "confirm": text("confirm", CONFIRM_BUTTON, label),
        "deny": text("deny", CONFIRM_BUTTON, "Cancel"),
    }


def _too_long(element: Any) -> str:
    """The label of a button whose line is too long for Slack; empty for all others."""
    if not isinstance(element, Mapping) or element.get("type") != "button":
        return ""
    long = length(str(element.get("value") or "")) > VALUE
    return text_in(element.get("text")) or "button" if long else ""


# ---- all blocks


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= MOST_BLOCKS and characters(blocks) <= MOST_CHARACTERS


def _unique(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each button an id of its own, and remove ids of blocks that occur twice."""
    actions: set[str] = set()
    names: set[str] = set()
    for block in blocks:
        for button in _buttons(block):
            button["action_id"] = _free(button["action_id"], actions)
        if block.get("block_id") in names:
            del block["block_id"]
        names.add(str(block.get("block_id")))
    return blocks


def _free(wanted: str, taken: set[str]) -> str:
    base = wanted[: (ACTION_ID - 10) // 2]
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}:{number}"
    taken.add(name)
    return name


def _reduced(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many blocks as fit, in order: first the rows of buttons, then the others."""
    rows, room = _while_they_fit(
        [block for block in blocks if block["type"] == "actions"], _BUTTON_ROOM, 5
    )
    texts = [block for block in blocks if block["type"] != "actions"]
    shown, room = _while_they_fit(
        texts, MOST_CHARACTERS - (_BUTTON_ROOM - room) - _NOTICE_ROOM, MOST_BLOCKS - 6
    )
    rest = texts[len(shown)] if len(shown) < len(texts) else None
    if rest and "text" in rest and room > _NOTICE_ROOM and len(shown) < MOST_BLOCKS - 7:
        shortened = cut(rest["text"]["text"], room - 50)
        shown.append(
            {"type": "section", "text": {**rest["text"], "text": shortened}, "expand": True}
        )
    return [*shown, *rows, _notice(f"The whole is in {WHOLE}")]


def _while_they_fit(
    blocks: Iterable[dict[str, Any]], room: int, most: int
) -> tuple[list[dict[str, Any]], int]:
    fitting: list[dict[str, Any]] = []
    for block in blocks:
        needed = _count(block)
        if needed > room or len(fitting) >= most:
            break
        fitting.append(block)
        room -= needed
    return fitting, room


# ---- reading blocks


def _like(original: Any, content: str) -> dict[str, Any]:
    if original.get("type") == "plain_text":
        return _plain_text(content)
    return {
        "type": "mrkdwn",
        "text": content,
        **({"verbatim": True} if original.get("verbatim") is True else {}),
    }


def _plain_text(content: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": content, "emoji": False}


def _notice(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_plain_text(text)]}


def _named(block: Block) -> dict[str, Any]:
    name = block.get("block_id")
    return {"block_id": name} if isinstance(name, str) and 0 < length(name) <= BLOCK_ID else {}


def _chunks(values: Sequence[Any], most: int) -> list[list[Any]]:
    return [list(values[start : start + most]) for start in range(0, len(values), most)]


def _buttons(block: dict[str, Any]) -> list[dict[str, Any]]:
    return (
        [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else [])]
        if (block["type"] in ("actions", "section"))
        else []
    )


def _count(value: Any) -> int:
    if isinstance(value, dict):
        texts = (value[name] for name in ("text", "value") if isinstance(value.get(name), str))
        return sum(map(length, texts)) + sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list | tuple) else 0
