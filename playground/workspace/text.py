"""Messages and views as plain text: what a reader sees, for tests and for the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import wcwidth

from playground.workspace.forms import HOLDS, Filled, values
from playground.workspace.model import Block, Posted, View
from playground.workspace.mrkdwn import emoji, seen
from playground.workspace.state import State

COLUMN_GAP = "  "
FOLDED_AT = 700
"""About as many characters of a section Slack shows before "See more", unless it expands."""


@dataclass(frozen=True)
class Reader:
    """Renders for one person: `user` is who, `zone` their time zone."""

    state: State
    zone: str = "UTC"
    user: str = ""

    def message(self, message: Posted) -> str:
        """All that a message shows; its `text` only where it has no blocks, as in Slack."""
        shown = (
            self.blocks(message.now.blocks, {})
            if message.now.blocks
            else self.mrkdwn(message.now.text)
        )
        files = [f"📎 {self.state.files[id_].title}" for id_ in message.files]
        return "\n".join(part for part in (shown, *files) if part)

    def view(self, view: View) -> str:
        """All that a modal or a Home tab shows, with what is filled in and with its errors."""
        content = view.content
        title = [f"── {self.plain(content['title'])} ──"] if "title" in content else []
        general = [f"❗ {view.errors['']}"] if "" in view.errors else []
        body = self.blocks(content["blocks"], view.filled, view.errors)
        labels = [self.plain(content[name]) for name in ("close", "submit") if content.get(name)]
        feet = [" ".join(f"[{label}]" for label in labels)] if labels else []
        return "\n".join((*title, *general, body, *feet))

    def blocks(
        self, blocks: Sequence[Block], filled: Filled, errors: Mapping[str, str] | None = None
    ) -> str:
        """Blocks, one below the other."""
        held = values(blocks, filled)
        drawn = []
        for block in blocks:
            draw = DRAW.get(block["type"], _unknown)
            problem = (errors or {}).get(block["block_id"])
            drawn.append(draw(self, block, held.get(block["block_id"], {})))
            drawn.append(f"❗ {problem}" if problem else "")
        return "\n".join(part for part in drawn if part)

    def mrkdwn(self, text: str) -> str:
        """Formatted text as seen."""
        return seen(text, self.state.directory, self.zone)

    def plain(self, text: Mapping[str, Any]) -> str:
        """A text object as seen."""
        return self.mrkdwn(text["text"]) if text["type"] == "mrkdwn" else emoji(text["text"])


Held = Mapping[str, Mapping[str, Any]]
Draw = Callable[[Reader, Block, Held], str]


def _section(reader: Reader, block: Block, held: Held) -> str:
    parts = [_unfolded(reader, block)] if block.get("text") else []
    parts += [reader.plain(field) for field in block.get("fields") or []]
    if block.get("accessory"):
        parts.append(_element(reader, block["accessory"], held))
    return "\n".join(parts)


def _unfolded(reader: Reader, block: Block) -> str:
    """The text of a section, as much as is shown before somebody asks for more."""
    text = reader.plain(block["text"])
    if block.get("expand") or len(text) <= FOLDED_AT:
        return text
    return f"{text[:FOLDED_AT].rstrip()}… See more"


def _header(reader: Reader, block: Block, _: Held) -> str:
    return reader.plain(block["text"])


def _context(reader: Reader, block: Block, _: Held) -> str:
    parts = (
        _picture(element) if element["type"] == "image" else reader.plain(element)
        for element in block["elements"]
    )
    return " ".join(parts)


def _actions(reader: Reader, block: Block, held: Held) -> str:
    return " ".join(_element(reader, element, held) for element in block["elements"])


def _divider(_: Reader, __: Block, ___: Held) -> str:
    return "────"


def _image(reader: Reader, block: Block, _: Held) -> str:
    return "\n".join(
        (*([reader.plain(block["title"])] if block.get("title") else []), _picture(block))
    )


def _input(reader: Reader, block: Block, held: Held) -> str:
    optional = " (optional)" if block.get("optional") else ""
    hint = f"  {reader.plain(block['hint'])}" if block.get("hint") else ""
    return (
        f"{reader.plain(block['label'])}{optional}: "
        f"{_element(reader, block['element'], held)}{hint}"
    )


def _rich_text(reader: Reader, block: Block, _: Held) -> str:
    return "\n".join(_rich(reader, part) for part in block["elements"])


def _markdown(_: Reader, block: Block, __: Held) -> str:
    return str(block["text"])


def _table(reader: Reader, block: Block, _: Held) -> str:
    rows = [[_cell(reader, cell) for cell in row] for row in block["rows"]]
    settings = block.get("column_settings") or []
    right = [bool(column) and column.get("align") == "right" for column in settings]
    return aligned(rows, right)


def _data_table(reader: Reader, block: Block, _: Held) -> str:
    """All its pages: who looks for a row turns them, or sorts it to the top."""
    rows = [[_cell(reader, cell) for cell in row] for row in block["rows"]]
    return aligned(rows, [cell["type"] == "raw_number" for cell in block["rows"][1]])


def _file(_: Reader, block: Block, __: Held) -> str:
    return f"📎 {block['external_id']}"


def _unknown(_: Reader, block: Block, __: Held) -> str:
    return f"({block['type']})"


DRAW: Mapping[str, Draw] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
    "data_table": _data_table,
    "file": _file,
}


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """Rows of cells as lines with columns below each other."""
    columns = max((len(row) for row in rows), default=0)
    widths = [
        max((width(row[column]) for row in rows if column < len(row)), default=0)
        for column in range(columns)
    ]
    lines = []
    for row in rows:
        cells = [
            " " * (widths[column] - width(cell)) + cell
            if column < len(right) and right[column]
            else cell + " " * (widths[column] - width(cell))
            for column, cell in enumerate(row)
        ]
        lines.append(COLUMN_GAP.join(cells).rstrip())
    return "\n".join(lines)


def width(text: str) -> int:
    """The columns that a text takes in a terminal."""
    return wcwidth.width(text, control_codes="ignore")


def label_of(reader: Reader, element: Mapping[str, Any]) -> str:
    """What stands on a button, or what a menu shows while nothing is chosen."""
    text = element.get("text") or element.get("placeholder")
    return reader.plain(text) if text else "…"


def _element(reader: Reader, element: Mapping[str, Any], held: Held) -> str:
    if element["type"] == "button":
        return f"[{label_of(reader, element)}]"
    if element["type"] == "image":
        return _picture(element)
    if element["type"] == "overflow":
        return (
            "[… " + " · ".join(reader.plain(option["text"]) for option in element["options"]) + "]"
        )
    field, _ = HOLDS.get(element["type"], ("value", ""))
    value = held.get(element.get("action_id", ""), {}).get(field)
    if element["type"] in ("checkboxes", "radio_buttons"):
        return _boxes(reader, element, value)
    return (
        f"[{_shown(reader, value) or label_of(reader, element)} ▾]"
        if "select" in element["type"]
        else (f"[{_shown(reader, value) or label_of(reader, element)}]")
    )


def _boxes(reader: Reader, element: Mapping[str, Any], value: Any) -> str:
    chosen = value if isinstance(value, list) else [value]
    picked = {option["value"] for option in chosen if option}
    marks = ("☑" if option["value"] in picked else "☐" for option in element["options"])
    return " ".join(
        f"{mark} {reader.plain(option['text'])}"
        for mark, option in zip(marks, element["options"], strict=True)
    )


def _shown(reader: Reader, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(reader, entry) for entry in value)
    if isinstance(value, dict):
        return reader.plain(value["text"])
    return "" if value is None else reader.state.directory.name_of(str(value))


def _picture(image: Mapping[str, Any]) -> str:
    return f"🖼 {image['alt_text']}"


def _cell(reader: Reader, cell: Mapping[str, Any]) -> str:
    if cell["type"] == "rich_text":
        return _rich_text(reader, dict(cell), {})
    # A word joiner is not seen.
    return str(cell.get("text", cell.get("value", ""))).replace("\u2060", "")


def _rich(reader: Reader, part: Mapping[str, Any]) -> str:
    if part["type"] == "rich_text_list":
        return "\n".join(f"• {_rich(reader, element)}" for element in part["elements"])
    return "".join(_run(reader, element) for element in part["elements"])


def _run(reader: Reader, run: Mapping[str, Any]) -> str:
    names = {
        "user": ("@", "user_id"),
        "channel": ("#", "channel_id"),
        "usergroup": ("@", "usergroup_id"),
    }
    if run["type"] in names:
        sign, field = names[run["type"]]
        return sign + reader.state.directory.name_of(run[field])
    if run["type"] == "emoji":
        return emoji(f":{run['name']}:")
    if run["type"] == "date":
        return reader.mrkdwn(
            f"<!date^{run['timestamp']}^{run['format']}|{run.get('fallback', '')}>"
        )
    return str(run.get("text") or run.get("url") or "")
