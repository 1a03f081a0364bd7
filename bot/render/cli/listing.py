"""A list as the Docker CLI prints it: by a template, as JSON, as a table, or the ids alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.model import File, Message
from bot.model.english import plural
from bot.model.secrecy import masked_pair
from bot.render.cli.template import (
    NoSuchFieldError,
    Template,
    TemplateError,
    parse,
)
from bot.render.cli.template_functions import as_json
from bot.render.slack.blocks import message, section
from bot.render.slack.text import code, escape, preformatted

MOST_LINES = 30
"""Lines in the message itself; where there are more, all of them go along as a file."""
_MOST_FENCED = 2800
"""Characters that a section takes beside its fence."""
_TABLE = "table"
_NARROWEST, _GAP = 10, 3
"""Characters of a column of a table, its gap included, and of the gap."""
JSON = "json"

Row = Mapping[str, str | bool | Callable[[str], str]]
"""The CLI's own fields of one object; `Label` is its method, which takes the name of a label."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects in the CLI's words.

    `columns` are the fields of the CLI's own table with their headers, `more` those that only a
    template asks for; `quiet` is the template for `--quiet`.
    """

    columns: Mapping[str, str]
    rows: Sequence[Row]
    more: Mapping[str, str] = field(default_factory=dict)
    quiet: str = "{{.ID}}"
    table: str = ""


def read_format(text: str) -> str:
    """Accept what `--format` takes. Raises TemplateError, which completes "expected …"."""
    _template(text)
    return text


def printed(listing: Listing, name: str, wanted: str, *, quiet: bool = False) -> Message:
    """The answer of the command `name`, by the `--format` that is wanted; empty: its default.

    Raises TemplateError.
    """
    return of_lines(name, lines(listing, wanted, quiet=quiet))


def lines(listing: Listing, wanted: str, *, quiet: bool = False) -> list[str]:
    """The lines that the CLI would print. Raises TemplateError."""
    if wanted == JSON:
        return [as_json(row) for row in listing.rows]
    if quiet and wanted in ("", _TABLE):
        return _each(parse(listing.quiet), listing)
    if wanted in ("", _TABLE):
        columns = "\t".join(f"{{{{.{name}}}}}" for name in listing.columns)
        wanted = f"{_TABLE} {listing.table or columns}"
    if not is_table(wanted):
        return _each(parse(wanted), listing)
    template = _template(wanted)
    headers = {**listing.columns, **listing.more, "Label": lambda label: label}
    head = template.render(headers)
    return _aligned([head, *_each(template, listing)])


def of_documents(name: str, documents: Sequence[Mapping[str, Any]], wanted: str) -> Message:
    """What the engine says of objects, each by the template; raises TemplateError.

    `json` gives each in one line, as the CLI does.
    """
    if wanted == JSON:
        return of_lines(name, [as_json(document) for document in documents])
    template = _template(wanted)
    texts = [template.render(document).rstrip("\n") for document in documents]
    return of_lines(name, "\n".join(texts).split("\n"))


def of_lines(name: str, printed_lines: Sequence[str]) -> Message:
    """Lines in a monospaced block, and in a file where they are many."""
    if not printed_lines:
        return message(f"{escape(name)} · nothing to list")
    text = "\n".join(printed_lines)
    head = f"{escape(name)} · {plural(len(printed_lines), 'line')}"
    if len(printed_lines) <= MOST_LINES and len(text) <= _MOST_FENCED:
        return message(head, [], [section(preformatted(text))])
    file = f"{name.replace(' ', '-')}.txt"
    begin = "\n".join(printed_lines[:MOST_LINES])[:_MOST_FENCED]
    return message(
        head,
        [f"This is the beginning; all of it is in {escape(file)}."],
        [section(preformatted(begin))],
        [File(file, text + "\n", head)],
    )


def none_fits(kind: str, conditions: Sequence[str]) -> Message:
    """That no object of this kind fits what `--filter` asks for."""
    wanted = " ".join(code(f"--filter {condition}") for condition in conditions)
    return message(f"No {kind} fits the filter", [wanted])


def labels_of(labels: Mapping[str, str]) -> Row:
    """The CLI's `Labels`, and its `Label` with a name; values that look secret are in dots."""
    shown = {key: masked_pair(f"{key}={value}") for key, value in sorted(labels.items())}
    return {
        "Labels": ",".join(shown.values()),
        "Label": lambda key: shown.get(key, "").partition("=")[2],
    }


def _template(wanted: str) -> Template:
    return parse(wanted[len(_TABLE) :].lstrip() if is_table(wanted) else wanted)


def is_table(wanted: str) -> bool:
    """Whether `--format` asks for a table."""
    return wanted == _TABLE or wanted.startswith((_TABLE + " ", _TABLE + "\\t"))


def _each(template: Template, listing: Listing) -> list[str]:
    try:
        return [template.render(row, strict=True) for row in listing.rows]
    except NoSuchFieldError as error:
        known = (*listing.columns, *listing.more)
        near = difflib.get_close_matches(error.name, known, n=1)
        hint = f"; did you mean .{near[0]}?" if near else ""
        raise TemplateError(f"fields of {', '.join(known)}{hint}") from None


def _aligned(rows: Sequence[str]) -> list[str]:
    """Columns that tabs separate, side by side, as wide as the CLI makes them."""
    cells = [row.split("\t") for row in rows]
    widths = [
        max(_NARROWEST, _GAP + max(len(row[index]) for row in cells if index < len(row)))
        for index in range(max(map(len, cells)))
    ]
    return [
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in cells
    ]
