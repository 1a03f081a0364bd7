"""Draws Block Kit as HTML: a browser's own controls, with the ids that an action needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.page import elements
from playground.page.html import Html, el, join
from playground.page.mrkdwn import plain, rendered
from playground.workspace.forms import Filled, values
from playground.workspace.model import Block
from playground.workspace.text import Reader

LONG_CELL = 40


@dataclass(frozen=True)
class Surface:
    """What the blocks stand on: `name` tells it apart from all others on the page."""

    reader: Reader
    name: str
    filled: Filled = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def drawn(blocks: Sequence[Block], surface: Surface) -> Html:
    """The blocks, one below the other."""
    held = values(blocks, surface.filled)
    return join(
        DRAW.get(block["type"], _unknown)(block, surface, held.get(block["block_id"], {}))
        for block in blocks
    )


def text_of(text: Mapping[str, Any], reader: Reader) -> Html:
    """A text object."""
    return rendered(text["text"], reader) if text["type"] == "mrkdwn" else plain(text["text"])


Held = Mapping[str, Mapping[str, Any]]
Draw = Callable[[Block, Surface, Held], Html]


def _section(block: Block, surface: Surface, held: Held) -> Html:
    parts = (
        [el("div", text_of(block["text"], surface.reader), class_="text")]
        if block.get("text")
        else []
    )
    fields = [
        el("div", text_of(field, surface.reader), class_="field")
        for field in block.get("fields") or []
    ]
    if fields:
        parts.append(el("div", *fields, class_="fields"))
    body = el("div", *parts, class_="section-text")
    if not block.get("accessory"):
        return el("div", body, class_="block section")
    return el(
        "div",
        body,
        el("div", _element(block, block["accessory"], surface, held)),
        class_="block section paired",
    )


def _header(block: Block, surface: Surface, _: Held) -> Html:
    return el("h3", text_of(block["text"], surface.reader), class_="block head")


def _context(block: Block, surface: Surface, _: Held) -> Html:
    parts = (
        elements.picture(element)
        if element["type"] == "image"
        else el("div", text_of(element, surface.reader), class_="text")
        for element in block["elements"]
    )
    return el("div", *parts, class_="block context")


def _actions(block: Block, surface: Surface, held: Held) -> Html:
    return el(
        "div",
        *(_element(block, element, surface, held) for element in block["elements"]),
        class_="block actions",
    )


def _divider(_: Block, __: Surface, ___: Held) -> Html:
    return el("hr", class_="block")


def _image(block: Block, surface: Surface, _: Held) -> Html:
    title = (
        [el("figcaption", text_of(block["title"], surface.reader))] if block.get("title") else []
    )
    return el("figure", *title, elements.picture(block), class_="block picture")


def _input(block: Block, surface: Surface, held: Held) -> Html:
    name, problem = f"{surface.name}-{block['block_id']}", surface.errors.get(block["block_id"], "")
    hints = (
        (problem, "problem"),
        (surface.reader.plain(block["hint"]) if block.get("hint") else "", "hint"),
    )
    notes = [el("p", text, class_=kind, id=f"{name}-{kind}") for text, kind in hints if text]
    described = " ".join(f"{name}-{kind}" for text, kind in hints if text) or None
    optional = el("span", " (optional)", class_="optional") if block.get("optional") else ""
    mark = elements.Mark(
        block["block_id"], name, surface.reader.plain(block["label"]), described, bool(problem)
    )
    control = elements.drawn(block["element"], surface.reader, held, mark)
    label = (el("span", plain(block["label"]["text"]), class_="words"), optional)
    if block["element"]["type"] in elements.GROUPS:
        return el(
            "fieldset",
            el("legend", *label),
            control,
            *notes,
            class_="block input",
            data_block=block["block_id"],
        )
    return el(
        "div",
        el("label", *label, for_=name),
        control,
        *notes,
        class_="block input",
        data_block=block["block_id"],
    )


def _rich_text(block: Block, surface: Surface, _: Held) -> Html:
    return el(
        "div", *(_rich(part, surface.reader) for part in block["elements"]), class_="block text"
    )


def _markdown(block: Block, surface: Surface, _: Held) -> Html:
    return el(
        "div", rendered(str(block["text"]).replace("**", "*"), surface.reader), class_="block text"
    )


def _table(block: Block, surface: Surface, _: Held) -> Html:
    settings = [setting or {} for setting in block.get("column_settings") or []]

    def row(cells: Sequence[Mapping[str, Any]], name: str) -> Html:
        drawn_cells = (
            el(name, _cell(cell, surface.reader), class_=_cell_class(cell, settings[at : at + 1]))
            for at, cell in enumerate(cells)
        )
        return el("tr", *drawn_cells)

    head, *rest = block["rows"]
    table = el(
        "table", el("thead", row(head, "th")), el("tbody", *(row(cells, "td") for cells in rest))
    )
    return el("div", table, class_="block table", tabindex="0")


def _data_table(block: Block, surface: Surface, held: Held) -> Html:
    """Drawn whole: the page neither sorts nor turns pages."""
    return el(
        "figure", el("figcaption", plain(str(block["caption"]))), _table(block, surface, held)
    )


def _cell_class(cell: Mapping[str, Any], setting: Sequence[Mapping[str, Any]]) -> str | None:
    """A column is as wide as its longest cell, unless it is wrapped."""
    align = [str(column["align"]) for column in setting if column.get("align")]
    wraps = any(column.get("is_wrapped") for column in setting)
    long = not setting and len(str(cell.get("text", ""))) > LONG_CELL
    return " ".join([*align, *(["wrapped"] if wraps or long else [])]) or None


def _file(block: Block, _: Surface, __: Held) -> Html:
    return el("p", f"📎 {block['external_id']}", class_="block")


def _unknown(block: Block, _: Surface, __: Held) -> Html:
    return el("p", f"({block['type']})", class_="block unknown")


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


def _element(block: Block, element: Mapping[str, Any], surface: Surface, held: Held) -> Html:
    if element["type"] == "image":
        return elements.picture(element)
    name = f"{surface.name}-{block['block_id']}-{element['action_id']}"
    return elements.drawn(
        element, surface.reader, held, elements.Mark(block["block_id"], name, at_once=True)
    )


def _cell(cell: Mapping[str, Any], reader: Reader) -> Html:
    if cell["type"] == "rich_text":
        return join(_rich(part, reader) for part in cell["elements"])
    return plain(str(cell.get("text", cell.get("value", ""))))


def _rich(part: Mapping[str, Any], reader: Reader) -> Html:
    if part["type"] == "rich_text_list":
        name = "ol" if part.get("style") == "ordered" else "ul"
        return el(name, *(el("li", _rich(element, reader)) for element in part["elements"]))
    inside = join(_piece(element, reader) for element in part["elements"])
    if part["type"] == "rich_text_preformatted":
        return el("pre", el("code", inside), tabindex="0")
    return el("blockquote" if part["type"] == "rich_text_quote" else "p", inside)


_STYLES = (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "s"))


def _piece(run: Mapping[str, Any], reader: Reader) -> Html:
    names = {
        "user": ("@", "user_id"),
        "channel": ("#", "channel_id"),
        "usergroup": ("!subteam^", "usergroup_id"),
    }
    if run["type"] in names:
        sign, key = names[run["type"]]
        return rendered_inline(f"<{sign}{run[key]}>", reader)
    if run["type"] == "emoji":
        return plain(f":{run['name']}:")
    if run["type"] == "date":
        return rendered_inline(
            f"<!date^{run['timestamp']}^{run['format']}|{run.get('fallback', '')}>", reader
        )
    if run["type"] == "broadcast":
        return rendered_inline(f"<!{run['range']}>", reader)
    shown = plain(str(run.get("text") or run.get("url") or ""))
    for style, tag in _STYLES:
        shown = el(tag, shown) if (run.get("style") or {}).get(style) else shown
    url = str(run.get("url", ""))
    if run["type"] == "link" and url.startswith(("http://", "https://", "mailto:")):
        return el("a", shown, href=url, target="_blank", rel="noopener noreferrer")
    return shown


def rendered_inline(text: str, reader: Reader) -> Html:
    """Formatted text of one line, without the paragraph around it."""
    return Html(rendered(text, reader).removeprefix("<p>").removesuffix("</p>"))
