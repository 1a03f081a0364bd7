"""One message that follows a rollout from its first task to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import SwarmbotError
from bot.model import Finding, Message, Outcome, Phase, Progress, Rollout, Slot, TaskState
from bot.model.english import plural, seconds
from bot.model.rollout import BOT
from bot.render.asker import asked_by
from bot.render.errors import explain
from bot.render.errors.rollback import origin
from bot.render.findings import causes, last_words
from bot.render.rollout.details import details
from bot.render.rollout.endings import Next, ending, moves_image, name, subject
from bot.render.slack.blocks import (
    Block,
    actions,
    bar,
    button,
    context,
    message,
    section,
    tag,
    version,
    when,
)
from bot.render.slack.fence import narrow
from bot.render.slack.limits import fit
from bot.render.slack.text import escape, preformatted, prose

__all__ = ["asked", "details", "ended", "failed", "next_button", "one_of", "rolling", "slots"]

MOST_SLOTS = 12
"""Of more slots than this, those that are done are only counted."""
_SLOW_SECONDS = 20.0
_PHASES_WITH_CAUSE = (
    Phase.ROLLED_BACK,
    Phase.PAUSED,
    Phase.ROLLBACK_PAUSED,
    Phase.FAILED,
    Phase.TIMED_OUT,
)


def rolling(rollout: Rollout, progress: Progress, now: datetime) -> Message:
    """A running rollout: how many slots are done, the state of each, and what delays it."""
    so_far = (now - rollout.started).total_seconds()
    rolls_back = progress.phase is Phase.ROLLING_BACK
    warnings = () if rolls_back else rollout.warnings
    return message(
        f"{_state(rollout, rolls_back)} · {progress.done}/{progress.total} · {seconds(so_far)}",
        [
            # Of a global service it is not known at first how many tasks there will be.
            bar(progress.done, progress.total or 1),
            *_in_the_way(progress, so_far),
            *(f"⚠ {prose(warning)}" for warning in warnings),
        ],
        [
            *slots(progress),
            *actions(*(next_button(step, rollout) for step in _steps(rollout, rolls_back))),
            *context(
                asked(rollout),
                _rollback_asked(rollout),
                _back_to(rollout),
                _change(rollout),
                f"gives up {when(rollout.deadline)}",
            ),
        ],
    )


def one_of(
    rollout: Rollout,
    progress: Progress,
    now: datetime,
    number: tuple[int, int],
    done: Sequence[str],
) -> Message:
    """The same for one of several services that change one after the other.

    `number` is (which one, of how many); `done` has a line for each that ended before.
    """
    shown = rolling(rollout, progress, now)
    before = [section("\n".join(prose(line) for line in done))] if done else []
    return fit(
        Message(
            shown.text, (*shown.blocks, *before, *context(f"{number[0]} of {number[1]} services"))
        )
    )


def ended(outcome: Outcome) -> Message:
    """How a rollout ended, why, and what can be done next.

    The outcome has its rollout and progress.
    """
    rollout, progress = outcome.rollout, outcome.progress
    assert rollout is not None
    assert progress is not None
    words = ending(rollout, progress, outcome.seconds)
    return message(
        words.head,
        [*causes(_of_interest(progress)), *words.lines, *(prose(line) for line in outcome.lines)],
        [
            *last_words(_of_interest(progress)),
            *(slots(progress) if words.shows_slots else []),
            *actions(*(next_button(step, rollout) for step in words.next_steps)),
            *context(*_small_print(rollout, progress)),
        ],
    )


def failed(rollout: Rollout, error: SwarmbotError | None) -> Message:
    """The bot could not follow the rollout; `error` is None for a fault of the bot itself."""
    fault = "swarmbot failed; its log says why. Swarm itself may be rolling on."
    why = explain.words(error).sentence if error else fault
    return message(
        f"❌ {subject(rollout)} · stopped",
        [why],
        [
            *actions(next_button(Next.TASKS, rollout), next_button(Next.RETRY, rollout)),
            *context(asked(rollout), _change(rollout)),
        ],
    )


# ---- parts


def slots(progress: Progress) -> list[Block]:
    """The slots with node, state and image; of many, those that are not done, and a count."""
    places = list(progress.slots)
    if len(places) > MOST_SLOTS:
        places = sorted(
            places, key=lambda slot: (slot.done, not slot.error, slot.state == TaskState.RUNNING)
        )[:MOST_SLOTS]
    if not places:
        return []
    rest = [slot for slot in progress.slots if slot not in places]
    return [
        section(preformatted(narrow((), [_row(slot) for slot in places]))),
        *context(_rest(rest)),
    ]


def _row(slot: Slot) -> tuple[str, ...]:
    place = (slot.key,) if slot.key == slot.node else (slot.key, slot.node or "no node")
    return (*place, slot.state, slot.image)


def _rest(left_out: Iterable[Slot]) -> str:
    counts = Counter(f"{slot.state} {slot.image}" for slot in left_out)
    parts = [f"{count} more {escape(state)}" for state, count in counts.most_common(3)]
    return f"and {', '.join(parts)}" if parts else ""


def _in_the_way(progress: Progress, so_far: float) -> list[str]:
    """Failures at once; what is only slow after some seconds, because every task starts slowly."""
    shown = [
        finding
        for finding in progress.findings
        if finding.exit_code is not None or so_far > _SLOW_SECONDS
    ]
    down = (
        [f"{', '.join(map(escape, progress.waiting_for))} Down: not waited for"]
        if progress.waiting_for
        else []
    )
    return causes(shown) + down


def _small_print(rollout: Rollout, progress: Progress) -> list[str]:
    tried = ""
    if progress.phase is Phase.ROLLED_BACK and progress.tried > 0 and progress.total:
        rest = " · the rest never stopped" if progress.tried < progress.total else ""
        tried = f"{progress.tried} of {plural(progress.total, 'task')} had tried{rest}"
    revision = (
        f"revision {rollout.revision}"
        if rollout.revision and progress.phase is Phase.COMPLETED
        else ""
    )
    return [asked(rollout), tried, _back_to(rollout), _change(rollout), revision]


def _back_to(rollout: Rollout) -> str:
    target = rollout.back_to
    if not target:
        return ""
    return f"back to revision {target.number}, {origin(target, rollout.started)}"


def asked(rollout: Rollout) -> str:
    """Who asked for it, who approved it, and why."""
    return asked_by(rollout.actor, rollout.approved_by, rollout.reason)


def _change(rollout: Rollout) -> str:
    if rollout.before == rollout.after:
        return ""
    return f"{version(rollout.before)} → {version(rollout.after)}"


def _state(rollout: Rollout, rolls_back: bool) -> str:
    if not rolls_back:
        return f"🔵 {subject(rollout)}"
    to = f" to {tag(rollout.before)}" if moves_image(rollout) else ""
    return f"↩️ {name(rollout)} is rolling back{to}"


def _steps(rollout: Rollout, rolls_back: bool) -> tuple[Next, ...]:
    if rolls_back or rollout.rollback_by:
        return (Next.LOGS,)
    return (
        (Next.ROLL_BACK,) if moves_image(rollout) and not rollout.verb.endswith("rollback") else ()
    )


def _rollback_asked(rollout: Rollout) -> str:
    return (
        f"rollback asked by {escape(rollout.rollback_by)}"
        if rollout.rollback_by not in ("", BOT)
        else ""
    )


def _of_interest(progress: Progress) -> tuple[Finding, ...]:
    return progress.findings if progress.phase in _PHASES_WITH_CAUSE else ()


def next_button(step: Next, rollout: Rollout) -> Block:
    """The button of what people can do next."""
    name, service = rollout.service, rollout.service_id or rollout.service
    if step is Next.ROLL_BACK:
        asks = f"{name} goes back to the image that it ran before. The replica count stays."
        return button(step, f"rollback {service} --of {rollout.id}", confirm=asks)
    if step is Next.FINISH_ROLLBACK:
        asks = f"Swarm goes on with the rollback of {name} where it paused."
        return button(step, f"rollback {service} --of {rollout.id}", confirm=asks)
    if step is Next.REMOVE:
        return button(
            step,
            f"service rm {service}",
            "danger",
            confirm=f"{name} goes away with all its tasks.",
        )
    lines = {
        Next.RETRY: rollout.again,
        Next.LOGS: f"service logs {service}",
        Next.TASKS: f"service ps {service}",
        Next.HISTORY: f"history {service}",
    }
    return button(step, lines[step])
