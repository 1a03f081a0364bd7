"""What an approver is shown of a plan: a row a value, what is dangerous first, and nothing cut.

What does not fit into the message is a file in its thread, and nobody can approve before Slack has
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.model import Difference, File, Plan
from bot.model.approval import Approval
from bot.model.english import plural
from bot.render.plans import CELL_CHARACTERS, MOST_DIFFERENCES
from bot.render.slack.text import brief, clean, escape, unescaped, width

_MOST_CHARACTERS = 2400
"""Of all rows together: a section of Slack takes 3000, and escaping makes some longer."""
_MOST_INLINE = 200
_DANGEROUS = re.compile(
    r"mount|cap-|capability|privilege|user|entrypoint|args|command|secret|\bconfigs?\b|network|"
    r"host|sysctl|device|namespace",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[\s,=/:;]+")


def rows(plan: Plan) -> tuple[Difference, ...]:
    """All that changes: in the words of the flags, and what those do not say by its path."""
    before = _values(change.before for change in plan.changes)
    after = _values(change.after for change in plan.changes)
    unsaid = [
        detail
        for detail in plan.details
        if _DANGEROUS.search(detail.field)
        or not (_said(detail.before, before) and _said(detail.after, after))
    ]
    first, rest = plan.changes[:1], (*plan.changes[1:], *unsaid)
    return (*first, *sorted(rest, key=lambda row: not _DANGEROUS.search(row.field)))


def below(plan: Plan) -> tuple[Difference, ...]:
    """The rows under the headline, which has the first change itself."""
    return rows(plan)[len(plan.changes[:1]) :]


def fits(plan: Plan) -> bool:
    """Whether the message can show all of it."""
    shown = below(plan)
    cells = [cell for row in shown for cell in (row.field, row.before, row.after)]
    first = [cell for row in plan.changes[:1] for cell in (row.before, row.after)]
    return (
        len(shown) <= MOST_DIFFERENCES
        and all(_is_plain(cell) and width(brief(cell)) <= CELL_CHARACTERS for cell in cells)
        and all(_formats_nothing(cell) and len(cell) <= _MOST_INLINE for cell in first)
        and sum(len(cell) + 4 for cell in cells) <= _MOST_CHARACTERS
    )


def whole(approval: Approval) -> File:
    """All of it as a file, a line a value."""
    shown = rows(approval.plan)
    lines = [f"{_text(row.field)}: {_text(row.before)} -> {_text(row.after)}" for row in shown]
    title = f"All of it: {plural(len(lines), 'value')}"
    content = "\n".join([approval.plan.title, "", *lines, ""])
    return File(file_name(approval), content, title)


def file_name(approval: Approval) -> str:
    """The file of one request."""
    return f"changes-{approval.id}.txt"


def _values(texts: Iterable[str]) -> set[str]:
    return {value for text in texts for value in (text, *_SEPARATORS.split(text))}


def _said(value: str, values: set[str]) -> bool:
    return not value or value in values


def _is_plain(text: str) -> bool:
    """Whether a row shows each of its characters."""
    return " ".join(clean(text, keep="").split()) == text and "```" not in text


def _formats_nothing(text: str) -> bool:
    """Whether a line of mrkdwn shows each of its characters as it is."""
    return unescaped(escape(text)) == text


def _text(value: str) -> str:
    """A value in one line; what cannot be seen is written as an escape."""
    if not value:
        return "not set"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in value
    )
