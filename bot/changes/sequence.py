"""A change that takes several steps, each of which says what it did.

Where one fails, what was done before is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.command.model import Context
from bot.errors import SwarmbotError
from bot.model import Ending, Outcome, Plan
from bot.render.errors import explain
from bot.render.slack.plain_text import plain
from bot.rollout.run import Run

Say = Callable[[str], None]
"""Takes one line of what was done."""
Step = Callable[[Say], Ending]
"""Does one thing, says so, and how it ended; a step that is not done ends the change."""


def carry_out(context: Context, plan: Plan, run: Run, title: str, steps: Iterable[Step]) -> Outcome:
    """Take one step after the other.

    `title` is what is so when all are done. Raises where the first step fails at once.
    """
    started, lines, ending = context.now(), list[str](), Ending.DONE
    for step in steps:
        try:
            run.lease.check()
            ending = step(lines.append)
        except SwarmbotError as error:
            if not lines:
                raise
            lines.append(" ".join(plain(explain.explain(error)).split()))
            ending = Ending.FAILED
        if ending is not Ending.DONE:
            break
    return Outcome(
        ending=ending,
        title=title if ending is Ending.DONE else plan.title,
        seconds=(context.now() - started).total_seconds(),
        lines=tuple(lines),
    )
