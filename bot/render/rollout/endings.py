"""The words for each way in which a rollout ends: headline, meaning, and useful buttons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model import Phase, Progress, Rollout, Symptom, TaskState
from bot.model.english import plural, seconds
from bot.model.rollout import BOT
from bot.render.slack.blocks import familiar, image, tag
from bot.render.slack.text import escape, prose, shortened

_CREATE = "service create"
_NAME_CHARACTERS = 80


class Next(StrEnum):
    """What people can do after a rollout: the labels of buttons."""

    ROLL_BACK = "Roll back"
    FINISH_ROLLBACK = "Finish rollback"
    RETRY = "Retry"
    LOGS = "Logs"
    TASKS = "Tasks"
    HISTORY = "History"
    REMOVE = "Remove"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an ending.

    `head` and `lines` are mrkdwn; `next_steps` are the buttons, the most likely one first;
    `shows_slots`: the slots are listed too.
    """

    head: str
    lines: tuple[str, ...] = ()
    next_steps: tuple[Next, ...] = ()
    shows_slots: bool = False


def ending(rollout: Rollout, progress: Progress, took: float) -> Words:
    """The words for an ended rollout; `took` is in seconds."""
    writers = {
        Phase.COMPLETED: _completed,
        Phase.ROLLED_BACK: _rolled_back,
        Phase.PAUSED: _paused,
        Phase.ROLLBACK_PAUSED: _rollback_paused,
        Phase.FAILED: _failed,
        Phase.TIMED_OUT: _timed_out,
        Phase.SUPERSEDED: _superseded,
        Phase.UNFOLLOWED: _unfollowed,
        Phase.REMOVED: _removed,
    }
    return writers[progress.phase](rollout, progress, seconds(took))


def name(rollout: Rollout) -> str:
    """The service's name, short enough for a headline."""
    return escape(shortened(rollout.service, _NAME_CHARACTERS))


def subject(rollout: Rollout) -> str:
    """What is done to which service: `web → shop/web:2.0`, or the only field that changes."""
    if rollout.verb == _CREATE:
        return f"{name(rollout)} starts {_target(rollout)}"
    if moves_image(rollout) or rollout.verb in ("deploy", "rollback"):
        return f"{name(rollout)} → {_target(rollout)}"
    return f"{name(rollout)} · {_change_in_words(rollout)}"


def moves_image(rollout: Rollout) -> bool:
    """Whether the image changes."""
    return rollout.before != rollout.after


def _completed(rollout: Rollout, progress: Progress, took: str) -> Words:
    if progress.slots and all(slot.state == TaskState.COMPLETE for slot in progress.slots):
        head = f"✅ {name(rollout)} · complete"
    elif rollout.verb == _CREATE:
        head = f"✅ {name(rollout)} runs {_target(rollout)}"
    elif rollout.verb.endswith("rollback"):
        head = f"✅ {name(rollout)} is on {_target(rollout)} again"
    elif moves_image(rollout) or rollout.verb == "deploy":
        head = f"✅ {name(rollout)} is on {_target(rollout)}"
    else:
        head = f"✅ {subject(rollout)}"
    down = (
        f"{', '.join(map(escape, progress.waiting_for))} Down: not waited for"
        if progress.waiting_for
        else ""
    )
    undo = moves_image(rollout) and not rollout.verb.endswith("rollback")
    lines = (*_refused(progress), down)
    return Words(f"{head} · {_count(progress)} · {took}", lines, (Next.ROLL_BACK,) if undo else ())


def _rolled_back(rollout: Rollout, progress: Progress, took: str) -> Words:
    to = f" to {tag(rollout.before)}" if moves_image(rollout) else ""
    short = progress.done < progress.total
    missing = (f"Only {_count(progress)} run so far: Swarm goes on trying.",) if short else ()
    if rollout.rollback_by not in ("", BOT):
        head = f"↩️ {name(rollout)} rolled back{to} · by {escape(rollout.rollback_by)} · {took}"
        return Words(head, missing, (Next.RETRY,), shows_slots=short)
    head = f"↩️ {name(rollout)} rolled back{to} · {_symptom(rollout, progress)} · {took}"
    lines = (*missing, *_engine_message(progress))
    return Words(head, lines, (Next.RETRY, Next.LOGS), shows_slots=short)


def _paused(rollout: Rollout, progress: Progress, took: str) -> Words:
    head = (
        f"⏸ {name(rollout)} paused at {_count(progress)} · {_symptom(rollout, progress)} · {took}"
    )
    lines = (*_refused(progress), *_engine_message(progress))
    return Words(head, lines, (Next.ROLL_BACK, Next.RETRY, Next.LOGS), shows_slots=True)


def _failed(rollout: Rollout, progress: Progress, took: str) -> Words:
    undo = moves_image(rollout) and rollout.verb != _CREATE
    head = f"❌ {name(rollout)} failed · {_count(progress)} complete · {took}"
    steps = (*((Next.ROLL_BACK,) if undo else ()), Next.RETRY, Next.LOGS)
    return Words(head, ("Swarm does not start it again.",), steps, shows_slots=True)


def _rollback_paused(rollout: Rollout, progress: Progress, took: str) -> Words:
    to = f" to {tag(rollout.before)}" if moves_image(rollout) else ""
    head = f"⏸ {name(rollout)} rollback{to} paused at {_count(progress)} · {took}"
    lines = (
        "Swarm stopped the rollback too: some tasks may run neither version.",
        *_engine_message(progress),
    )
    steps = (Next.FINISH_ROLLBACK, Next.TASKS, Next.LOGS)
    return Words(head, lines, steps, shows_slots=True)


def _timed_out(rollout: Rollout, progress: Progress, took: str) -> Words:
    if rollout.rollback_by:
        head = (
            f"❌ {name(rollout)} is not back on {tag(rollout.before)} after {took} · "
            f"{_count(progress)}"
        )
        return Words(
            head,
            ("Swarm goes on trying.", *_engine_message(progress)),
            (Next.TASKS, Next.LOGS),
            shows_slots=True,
        )
    if rollout.verb == _CREATE:
        head = (
            f"❌ {name(rollout)} does not run {_target(rollout)} after {took} · {_count(progress)}"
        )
        lines = ("It is there all the same, and Swarm goes on trying.",)
        return Words(head, lines, (Next.TASKS, Next.LOGS, Next.REMOVE), shows_slots=True)
    wanted = (
        f"is not on {tag(rollout.after)}"
        if moves_image(rollout)
        else f"is not done ({_change_in_words(rollout)})"
    )
    head = f"❌ {name(rollout)} {wanted} after {took} · {_count(progress)}"
    steps = (Next.ROLL_BACK,) if moves_image(rollout) else ()
    lines = (
        "Swarm goes on trying: remove the cause, or take the change back."
        if progress.findings
        else "Swarm goes on trying.",
    )
    return Words(head, lines, (*steps, Next.TASKS, Next.LOGS), shows_slots=True)


def _superseded(rollout: Rollout, _: Progress, took: str) -> Words:
    later = "a later change" if rollout.overtaken else "a change outside swarmbot"
    head = f"🟠 {subject(rollout)} · superseded by {later} · {took}"
    lines = (
        (
            "The change after this one began before the end of this one was seen."
            if rollout.overtaken
            else "Somebody else updated the service meanwhile. swarmbot changed nothing more and "
            "follows it no further."
        ),
    )
    return Words(head, lines, (Next.TASKS, Next.HISTORY))


def _unfollowed(rollout: Rollout, progress: Progress, took: str) -> Words:
    head = f"🟠 {subject(rollout)} · followed no more · {_count(progress)} · {took}"
    promised = ", and swarmbot does not roll it back" if rollout.rolls_back else ""
    lines = (
        f"{escape(rollout.unfollowed_by)} ended the following: Swarm goes on by itself{promised}.",
        *_engine_message(progress),
    )
    steps = (Next.ROLL_BACK,) if moves_image(rollout) else ()
    return Words(head, lines, (*steps, Next.TASKS, Next.LOGS), shows_slots=True)


def _removed(rollout: Rollout, _: Progress, took: str) -> Words:
    return Words(
        f"❌ {name(rollout)} was removed during the rollout · {took}",
        ("The service is gone, by a change outside swarmbot.",),
    )


def _symptom(rollout: Rollout, progress: Progress) -> str:
    image_tag = tag(rollout.after) if moves_image(rollout) else "the update"
    if not progress.findings:
        return f"{image_tag} failed"
    if progress.findings[0].cause.symptom is Symptom.UNHEALTHY:
        return f"{image_tag} is not healthy"
    return f"{image_tag} does not start"


def _refused(progress: Progress) -> tuple[str, ...]:
    """That it was to be rolled back, where the engine refused it."""
    if not progress.refusal:
        return ()
    return (f"It was to be rolled back, and Swarm refused that: {prose(progress.refusal)}",)


def _engine_message(progress: Progress) -> tuple[str, ...]:
    """The engine's own message, where no finding explains the failure."""
    return (prose(progress.message),) if progress.message and not progress.findings else ()


def _count(progress: Progress) -> str:
    return f"{progress.done}/{progress.total}"


def _target(rollout: Rollout) -> str:
    return (
        escape(shortened(familiar(rollout.after), _NAME_CHARACTERS))
        if rollout.after.tag
        else image(rollout.after)
    )


def _change_in_words(rollout: Rollout) -> str:
    if len(rollout.changes) == 1:
        change = rollout.changes[0]
        shown = " → ".join(value for value in (change.before, change.after) if value)
        return escape(shortened(f"{change.field} {shown}", _NAME_CHARACTERS))
    return plural(len(rollout.changes), "change") if rollout.changes else escape(rollout.verb)
