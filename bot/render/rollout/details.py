"""The details of a rollout, for its thread: changes, the steps of each task, the last log lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model import File, Message, Outcome, Step
from bot.model.english import seconds
from bot.render.findings import cause
from bot.render.plans import differences
from bot.render.rollout.endings import moves_image, subject
from bot.render.slack.blocks import Block, call, context, image, message, section
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, preformatted, prose

_LOG_LINES = 20
_COLUMNS = (
    Column("AFTER"),
    Column("SLOT"),
    Column("NODE"),
    Column("STATE"),
    Column("IMAGE"),
    Column("ERROR", sentence=True),
)


def details(outcome: Outcome, people: Sequence[str] = ()) -> Message:
    """What the message of an ended rollout leaves out; it notifies `people`.

    The outcome has its rollout and progress.
    """
    rollout, progress = outcome.rollout, outcome.progress
    assert rollout is not None
    assert progress is not None
    log = [line for finding in progress.findings for line in finding.log][-_LOG_LINES:]
    tasks, files = steps(outcome.steps, rollout.started)
    from bot.render.picture import timeline  # noqa: PLC0415 - not before the first picture: it is 1 MB

    picture = timeline.picture(outcome)
    return message(
        f"Details · {subject(rollout)}",
        [
            f"{image(rollout.before)} → {image(rollout.after)}" if moves_image(rollout) else "",
            prose(rollout.summary),
            *(f"⚠ {prose(warning)}" for warning in rollout.warnings),
            *(cause(finding) for finding in progress.findings),
            f"Swarm says: {prose(progress.message)}" if progress.message else "",
        ],
        [
            *call(people),
            *differences(rollout.changes),
            *([section(preformatted("\n".join(log)))] if log else []),
            *tasks,
            *context(f"rollout {escape(rollout.id)}", code(rollout.line)),
        ],
        [*files, *([picture] if picture else [])],
    )


def steps(taken: Sequence[Step], started: datetime) -> tuple[list[Block], list[File]]:
    """The steps of every task, in seconds since the start; of many, failures come first."""
    failures = [step for step in taken if step.error]
    ordered = (
        [*failures, *(step for step in taken if not step.error)] if len(taken) > 20 else list(taken)
    )
    rows = [
        (
            seconds((step.at - started).total_seconds()),
            step.key,
            "" if step.node == step.key else step.node,
            step.state,
            step.image,
            step.error,
        )
        for step in ordered
    ]
    if not failures:
        return table(_COLUMNS[:-1], [row[:-1] for row in rows], "tasks.txt")
    return table(_COLUMNS, rows, "tasks.txt")
