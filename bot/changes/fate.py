"""What became of a change whose bot ended in the middle of it, judged by what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.command.model import Change, Context, PlanType
from bot.errors import SwarmbotError, UnknownNameError
from bot.model.change import Fate


def by_plan(command: Change[PlanType], context: Context, planned: str) -> Fate:
    """Done where there is nothing left to do; not done where the plan would be the same again.

    `planned` is the fingerprint of the plan that was to be carried out, which covers all that the
    change is about.
    """
    try:
        plan = command.plan(context)
    except SwarmbotError:
        return Fate.UNSURE
    if plan.noop_reason:
        return Fate.DONE
    return Fate.NOT_DONE if plan.fingerprint == planned else Fate.UNSURE


def on_engine(command: Change[PlanType], context: Context, planned: str) -> Fate:
    """The same for a change of one engine, with whose name its fingerprint begins.

    Where nobody named it, it was the only possible one; by now it is not, or another one is.
    """
    engine = planned.partition(":")[0]
    return by_plan(command.model_copy(update={"on": engine}), context, planned)


def of_removal(
    command: Change[PlanType],
    context: Context,
    planned: str,
    find: Callable[[str], object],
    names: Iterable[str],
) -> Fate:
    """Done where none of what was to go is there any more."""
    try:
        if not any(_is_there(find, name) for name in names):
            return Fate.DONE
    except SwarmbotError:
        return Fate.UNSURE
    return by_plan(command, context, planned)


def _is_there(find: Callable[[str], object], name: str) -> bool:
    try:
        find(name)
    except UnknownNameError:
        return False
    return True
