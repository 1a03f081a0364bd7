"""Slack's limits for blocks, messages and views, and the judgement that uses them.

The limits are a table: block type → its fields. What concerns several blocks at once (doubled ids,
one table, the sum of all text) is judged after it.
"""

import copy
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk import models
from slack_sdk.errors import SlackObjectFormationError

from playground.workspace import elements
from playground.workspace.elements import (
    BLOCK_ID,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_INPUT,
    IN_SECTION,
    URL,
)
from playground.workspace.errors import SlackError
from playground.workspace.schema import (
    AnyOf,
    Anything,
    ByType,
    Fields,
    Flag,
    Integer,
    Kind,
    Many,
    String,
    Text,
    error,
)

Block = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCK_TEXT = 11_000
MARKDOWN_TEXT = 12_000
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_TEXT = 10_000
"""Characters of all cells together."""
TABLES = ("table", "data_table")
UNKNOWN_TO_THE_SDK = ("data_table",)


def block(
    required: Mapping[str, Kind] | None = None,
    optional: Mapping[str, Kind] | None = None,
    one_of: tuple[str, ...] = (),
) -> Fields:
    """A block: type and block_id are common to all."""
    return Fields(
        {"type": Anything(), **(required or {})}, {"block_id": BLOCK_ID, **(optional or {})}, one_of
    )


_BORDER: Mapping[str, Kind] = {"border": Integer()}
_LIST: Mapping[str, Kind] = {
    "style": String(10),
    "indent": Integer(),
    "offset": Integer(),
    **_BORDER,
}


def _rich(optional: Mapping[str, Kind]) -> Fields:
    return Fields({"type": Anything(), "elements": Many(Anything(), 1000, least=0)}, optional)


_RICH_PART = ByType(
    {
        "rich_text_section": _rich({}),
        "rich_text_preformatted": _rich({**_BORDER, "language": String(50)}),
        "rich_text_quote": _rich(_BORDER),
        "rich_text_list": _rich(_LIST),
    }
)
_RICH_TEXT = block({"elements": Many(_RICH_PART, 1000)})
_RAW_TEXT = Fields({"type": String(8, one_of=("raw_text",)), "text": String(3000)})
_RAW_NUMBER = Fields(
    {"type": String(10, one_of=("raw_number",)), "value": Anything()}, {"text": String(3000)}
)
_CELL = AnyOf((_RAW_TEXT, _RAW_NUMBER, _RICH_TEXT))
_HEAD_CELL = AnyOf((_RAW_TEXT, _RAW_NUMBER))
_COLUMN = Fields({}, {"align": String(6, one_of=("left", "center", "right")), "is_wrapped": Flag()})

BLOCKS: Mapping[str, Kind] = {
    "section": block(
        {},
        {
            "text": Text(3000, mrkdwn=True),
            "fields": Many(Text(2000, mrkdwn=True), 10),
            "accessory": ByType(IN_SECTION),
            "expand": Flag(),
        },
        one_of=("text", "fields"),
    ),
    "header": block({"text": Text(150)}),
    "context": block({"elements": Many(IN_CONTEXT, 10)}),
    "actions": block({"elements": Many(ByType(IN_ACTIONS), 25)}),
    "divider": block(),
    "image": block(
        {"alt_text": String(2000)},
        {"image_url": URL, "slack_file": Anything(), "title": Text(2000)},
        one_of=("image_url", "slack_file"),
    ),
    "input": block(
        {"label": Text(2000), "element": ByType(IN_INPUT)},
        {"hint": Text(2000), "optional": Flag(), "dispatch_action": Flag()},
    ),
    "rich_text": _RICH_TEXT,
    "markdown": block({"text": String(MARKDOWN_TEXT)}),
    "table": block(
        {"rows": Many(Many(_CELL, TABLE_COLUMNS), TABLE_ROWS)},
        {"column_settings": Many(AnyOf((_COLUMN, Anything())), TABLE_COLUMNS, least=0)},
    ),
    # https://docs.slack.dev/reference/block-kit/blocks/data-table-block: one row is the header.
    "data_table": block(
        {
            "rows": Many(Many(_CELL, TABLE_COLUMNS), TABLE_ROWS + 1, least=2),
            "caption": String(2000),
        },
        {"page_size": Integer(1, 100), "row_header_column_index": Integer(0, TABLE_COLUMNS - 1)},
    ),
    "file": block({"external_id": String(255), "source": String(10, one_of=("remote",))}),
}
ON_MESSAGES = frozenset(BLOCKS)
ON_VIEWS = frozenset(BLOCKS) - {"markdown", *TABLES, "file"}


def judge_message(blocks: Any, *, tables: bool = True) -> None:
    """Refuse blocks that Slack refuses in a message.

    `tables`: whether plan and clients have them.

    Raises SlackError with `invalid_blocks` or `msg_blocks_too_long`.
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    allowed = ON_MESSAGES if tables else ON_MESSAGES - {*TABLES}
    messages = tuple(violations(blocks, "/blocks", MESSAGE_BLOCKS, allowed))
    messages = messages or tuple(_second_opinion(blocks))
    if messages:
        raise SlackError("invalid_blocks", messages)
    if sum(map(len, strings(blocks))) > BLOCK_TEXT + markdown_length(blocks):
        raise SlackError("msg_blocks_too_long")


def _second_opinion(blocks: Sequence[Block]) -> Iterator[str]:
    """What the models of Slack's own SDK say against the blocks that they know."""
    for position, block in enumerate(blocks):
        if block["type"] in UNKNOWN_TO_THE_SDK:
            continue
        parsed = models.blocks.Block.parse(copy.deepcopy(block))
        try:
            if parsed is not None:
                parsed.to_dict()
        except SlackObjectFormationError as refusal:
            yield error(str(refusal), f"/blocks/{position}")


def violations(blocks: Sequence[Any], at: str, most: int, allowed: frozenset[str]) -> Iterator[str]:
    """Yield what Slack would say against these blocks.

    `allowed` are the block types of the surface.
    """
    kinds = {name: kind for name, kind in BLOCKS.items() if name in allowed}
    yield from Many(ByType(kinds), most, least=0).check(blocks, at)
    known = [block for block in blocks if isinstance(block, dict)]
    for block_id in _doubled(block.get("block_id") for block in known):
        yield error(f'block_id "{block_id}" already exists', at)
    for position, block in enumerate(known):
        for action_id in _doubled(element.get("action_id") for element in elements_of(block)):
            yield error(f'action_id "{action_id}" already exists', f"{at}/{position}")
    if sum(block.get("type") in TABLES for block in known) > 1:
        yield error("only_one_table_allowed", at)
    for position, block in enumerate(known):
        if block.get("type") in TABLES:
            yield from _against_table(block, f"{at}/{position}")
    if markdown_length(known) > MARKDOWN_TEXT:
        yield error(
            f"markdown blocks must be less than {MARKDOWN_TEXT + 1} characters together", at
        )


def _against_table(block: Block, at: str) -> Iterator[str]:
    """What concerns all cells of a table at once."""
    listed = block.get("rows")
    rows = [row for row in listed if isinstance(row, list)] if isinstance(listed, list) else []
    if sum(map(len, strings(rows))) > TABLE_TEXT:
        yield error(f"table cells must be less than {TABLE_TEXT + 1} characters together", at)
    if block["type"] != "data_table" or not rows:
        return
    if len({len(row) for row in rows}) > 1:
        yield error("all rows must have the same number of cells", f"{at}/rows")
    yield from Many(_HEAD_CELL, TABLE_COLUMNS).check(rows[0], f"{at}/rows/0")


def elements_of(block: Block) -> list[dict[str, Any]]:
    """The interactive elements of a block, in the order in which they are shown."""
    inside = block.get("elements") if block.get("type") == "actions" else []
    listed = [
        *(inside if isinstance(inside, list) else []),
        block.get("accessory"),
        block.get("element"),
    ]
    return [
        element
        for element in listed
        if isinstance(element, dict) and element.get("type") in elements.INTERACTIVE
    ]


def markdown_length(blocks: Sequence[Block]) -> int:
    """The characters of all `markdown` blocks together: they have a limit of their own."""
    texts = (block.get("text") for block in blocks if block.get("type") == "markdown")
    return sum(len(text) for text in texts if isinstance(text, str))


def strings(value: Any) -> Iterator[str]:
    """Every text that a reader sees: the values of all keys `text` that are strings."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def _doubled(ids: Iterator[Any]) -> list[str]:
    return [name for name, times in Counter(ids).items() if name and times > 1]


def with_ids(blocks: Sequence[Block]) -> list[Block]:
    """The blocks as Slack keeps them.

    Each has a block_id, and each interactive element an action_id.
    """
    return [_with_ids(block) for block in blocks]


def _with_ids(block: Block) -> Block:
    copied: Block = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)[:5]}
    if "elements" in copied and copied["type"] == "actions":
        copied["elements"] = [dict(element) for element in copied["elements"]]
    for name in ("accessory", "element"):
        if name in copied:
            copied[name] = dict(copied[name])
    for element in elements_of(copied):
        element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return copied
