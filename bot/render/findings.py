"""Why something does not run: cause, place, fix, and the last log lines of the task."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Finding, Symptom
from bot.model.english import plural
from bot.render.causes import cause_words
from bot.render.slack.blocks import Block, section
from bot.render.slack.text import code, preformatted, prose, sentence

_MOST_CAUSES = 2
_LOG_LINES = 5


def causes(findings: Sequence[Finding], most: int = _MOST_CAUSES) -> list[str]:
    """A line for each finding, the most frequent first, and a count of those left out."""
    lines = [cause(finding) for finding in findings[:most]]
    left = len(findings) - len(lines)
    return lines + ([f"and {plural(left, 'more cause')} in the thread"] if left > 0 else [])


def cause(finding: Finding) -> str:
    """Cause, place and fix in one line; a log of a single line is part of the cause."""
    place = f" on {finding.node}" if finding.node else ""
    code_known = finding.exit_code is None or finding.cause.symptom is Symptom.EXITS
    exit_code = "" if code_known else f" (exit code {finding.exit_code})"
    words = cause_words(finding.cause)
    text = f"{words.text.rstrip('.')}{place}{exit_code}"
    count = f" · {plural(finding.tasks, 'task')}" if finding.tasks > 1 else ""
    if len(finding.log) == 1:
        return f"{prose(text)}{count}: {code(finding.log[0])}"
    return " ".join(
        part
        for part in (
            prose(sentence(text)) if not count else f"{prose(text)}{count}.",
            prose(sentence(words.fix)),
        )
        if part
    )


def last_words(findings: Sequence[Finding], lines: int = _LOG_LINES) -> list[Block]:
    """The last log lines of the first finding with more than one; `cause` shows a single one."""
    log = next((finding.log for finding in findings if len(finding.log) > 1), ())
    return [section(preformatted("\n".join(log[-lines:])))] if log else []
