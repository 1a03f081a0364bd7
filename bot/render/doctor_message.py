"""What is wrong or risky now, each with what helps: trouble first, hints last, and no more than one
can take in."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import File, Message
from bot.model.incident import Advice, Severity
from bot.render.slack.blocks import Block, context, message, plural, section
from bot.render.slack.cut import unmarked
from bot.render.slack.text import escape, prose, sentence

SHOWN = 20
_NAMED = 5
_TITLES = {
    Severity.CRITICAL: "Wrong now",
    Severity.WARNING: "Risky",
    Severity.NOTE: "Could be better",
}


def advised(found: Sequence[Advice], unseen: Sequence[str] = ()) -> Message:
    """All advice, the worst first; `unseen` names what could not be looked at."""
    shown = found[:SHOWN]
    blocks = [block for severity in _TITLES for block in _group(severity, shown)]
    left = len(found) - len(shown)
    cut = left or any(len(one.names) > _NAMED for one in shown)
    files = (
        [File("doctor.txt", _whole(found), f"All {plural(len(found), 'finding')}")] if cut else []
    )
    notes = (
        f"{left} more, all in doctor.txt" if left else "all names are in doctor.txt" if cut else "",
        f"could not be looked at: {', '.join(map(prose, unseen))}" if unseen else "",
    )
    return message(_head(found, unseen), (), [*blocks, *context(*notes)], files)


def _head(found: Sequence[Advice], unseen: Sequence[str]) -> str:
    wrong, risky, hints = (sum(one.severity is severity for one in found) for severity in _TITLES)
    parts = [
        f"{plural(wrong, 'thing')} wrong" if wrong else "",
        plural(risky, "risk") if risky else "",
        plural(hints, "hint") if hints else "",
    ]
    said = " · ".join(part for part in parts if part)
    if wrong or risky:
        return f"{'🔴' if wrong else '🟠'} {said}"
    nothing = (
        "Nothing wrong as far as can be seen"
        if unseen
        else "Nothing wrong"
        if said
        else "Nothing to do"
    )
    return f"{'🟠' if unseen else '🟢'} {nothing}" + (f" · {said}" if said else "")


def _group(severity: Severity, found: Sequence[Advice]) -> list[Block]:
    lines = [_line(one) for one in found if one.severity is severity]
    return [section("\n".join([f"*{_TITLES[severity]}*", *lines]))] if lines else []


def _line(one: Advice, most: int = _NAMED) -> str:
    """What it is; below it what helps, without a full stop behind what is to be copied."""
    fix = one.fix if one.fix.endswith("`") else sentence(one.fix)
    return f"• {_what(one, most)}" + (f"\n   → {prose(fix)}" if fix else "")


def _what(one: Advice, most: int) -> str:
    """The sentence, with names behind the number where it speaks of several."""
    if not one.names:
        return prose(sentence(one.text))
    count, kind, rest = one.text.split(" ", 2)
    left = len(one.names) - most
    names = ", ".join(escape(name) for name in one.names[:most]) + (
        f" and {left} more" if left > 0 else ""
    )
    return f"{count} {kind} ({names}) {prose(sentence(rest))}"


def _whole(found: Sequence[Advice]) -> str:
    parts = []
    for severity, title in _TITLES.items():
        lines = [_line(one, len(one.names)) for one in found if one.severity is severity]
        parts += ["\n".join([title, *lines])] if lines else []
    return unmarked("\n\n".join(parts)) + "\n"
