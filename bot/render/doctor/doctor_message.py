"""What is wrong or risky now, each with what helps: trouble first, hints last, and no more than one
can take in."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import File, Message
from bot.model.advice import Advice
from bot.model.english import and_more, as_of, plural
from bot.model.incident import Severity
from bot.render.doctor.advice_text import AdviceText
from bot.render.doctor.advice_words import words
from bot.render.slack.blocks import Block, actions, button, context, message, section
from bot.render.slack.cut import unmarked
from bot.render.slack.text import escape, prose, sentence

SHOWN = 20
MOST_BUTTONS = 5
_NAMED = 5
_TITLES = {
    Severity.CRITICAL: "Wrong now",
    Severity.WARNING: "Risky",
    Severity.NOTE: "Could be better",
}
Told = Sequence[tuple[Severity, AdviceText]]
"""Pieces of advice in words, the worst first."""


def advised(advice: Sequence[Advice], unseen: Sequence[str] = (), seen_ago: float = 0.0) -> Message:
    """All advice, the worst first; `unseen` names what could not be looked at, `seen_ago`: seconds
    since the Swarm was."""
    return laid_out([(piece.severity, words(piece)) for piece in advice], unseen, seen_ago)


def laid_out(told: Told, unseen: Sequence[str] = (), seen_ago: float = 0.0) -> Message:
    """The same of advice that is in words already."""
    shown = told[:SHOWN]
    blocks = [block for severity in _TITLES for block in _group(severity, shown)]
    offered = dict.fromkeys(offer for _, text in shown for offer in text.buttons)
    blocks += actions(*(button(label, line) for label, line in list(offered)[:MOST_BUTTONS]))
    left = len(told) - len(shown)
    cut = left or any(len(text.names) > _NAMED for _, text in shown)
    files = [File("doctor.txt", _whole(told), f"All {plural(len(told), 'finding')}")] if cut else []
    notes = (
        f"{left} more, all in doctor.txt" if left else "all names are in doctor.txt" if cut else "",
        f"could not be looked at: {', '.join(map(prose, unseen))}" if unseen else "",
        as_of(seen_ago),
    )
    return message(_head(told, unseen), (), [*blocks, *context(*notes)], files)


def _head(told: Told, unseen: Sequence[str]) -> str:
    severities = [severity for severity, _ in told]
    wrong, risky, hints = (severities.count(severity) for severity in _TITLES)
    parts = [
        f"{plural(wrong, 'thing')} wrong" if wrong else "",
        plural(risky, "risk") if risky else "",
        plural(hints, "hint") if hints else "",
    ]
    counts = " · ".join(part for part in parts if part)
    if wrong or risky:
        return f"{'🔴' if wrong else '🟠'} {counts}"
    nothing = (
        "Nothing wrong as far as can be seen"
        if unseen
        else "Nothing wrong"
        if counts
        else "Nothing to do"
    )
    return f"{'🟠' if unseen else '🟢'} {nothing}" + (f" · {counts}" if counts else "")


def _group(severity: Severity, told: Told) -> list[Block]:
    lines = [_line(text) for of, text in told if of is severity]
    return [section("\n".join([f"*{_TITLES[severity]}*", *lines]))] if lines else []


def _line(text: AdviceText, most: int = _NAMED) -> str:
    """What it is; below it what helps, without a full stop behind what is to be copied."""
    fix = text.fix if text.fix.endswith("`") else sentence(text.fix)
    return f"• {_with_names(text, most)}" + (f"\n   → {prose(fix)}" if fix else "")


def _with_names(text: AdviceText, most: int) -> str:
    """The sentence, with names behind the number where it speaks of several."""
    if not text.names:
        return prose(sentence(text.sentence))
    left = len(text.names) - most
    names = ", ".join(escape(name) for name in text.names[:most]) + and_more(left)
    return f"{text.several} ({names}) {prose(sentence(text.text))}"


def _whole(told: Told) -> str:
    parts = []
    for severity, title in _TITLES.items():
        lines = [_line(text, len(text.names)) for of, text in told if of is severity]
        parts += ["\n".join([title, *lines])] if lines else []
    return unmarked("\n\n".join(parts)) + "\n"
