"""Why something does not run, for every message that has to say so: cause, place, fix, the last
words of the task."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Finding, Symptom
from bot.model.english import plural
from bot.render.slack.blocks import Block, section
from bot.render.slack.text import code, preformatted, prose, sentence

_SHOWN = 2
_LINES = 5


def causes(findings: Sequence[Finding], most: int = _SHOWN) -> list[str]:
    """One line a finding: the cause with its place, then the fix; the most frequent first."""
    lines = [cause(finding) for finding in findings[:most]]
    left = len(findings) - len(lines)
    return lines + ([f"and {plural(left, 'more cause')} in the thread"] if left > 0 else [])


def cause(finding: Finding) -> str:
    """Cause, place and fix in one line; a log of one line belongs to the cause."""
    place = f" on {finding.node}" if finding.node else ""
    code_known = finding.exit_code is None or finding.symptom is Symptom.EXITS
    exit_code = "" if code_known else f" (exit code {finding.exit_code})"
    what = f"{finding.cause.rstrip('.')}{place}{exit_code}"
    many = f" · {plural(finding.tasks, 'task')}" if finding.tasks > 1 else ""
    if len(finding.log) == 1:
        return f"{prose(what)}{many}: {code(finding.log[0])}"
    return " ".join(
        part
        for part in (prose(sentence(what)) if not many else f"{prose(what)}{many}.", _fix(finding))
        if part
    )


def last_words(findings: Sequence[Finding], lines: int = _LINES) -> list[Block]:
    """The last log lines of the first finding that has more than one; a single one stands in its
    cause."""
    log = next((finding.log for finding in findings if len(finding.log) > 1), ())
    return [section(preformatted("\n".join(log[-lines:])))] if log else []


def _fix(finding: Finding) -> str:
    return prose(sentence(finding.fix))
