"""Sentences for what goes wrong with engines, keys and the Swarm itself; see
`bot.render.errors.explanations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot import errors
from bot.render.errors.explanation import Explanation
from bot.render.slack.text import code, escape, prose


def _choose_engine(error: errors.AmbiguousEngineError) -> Explanation:
    names = ", ".join(map(escape, error.names[:-1])) + f" and {escape(error.names[-1])}"
    example = f"{error.command} --on {error.names[0]}"
    if error.able:
        return Explanation(
            f"❌ {names} {escape(error.trait)}: say which one is meant by {code('--on')}.", example
        )
    return Explanation(
        f"❌ None of {names} {escape(error.trait)}. If one is meant all the same, name it.", example
    )


def _key_needed(error: errors.UnlockKeyNeededError) -> Explanation:
    return Explanation(
        f"🔒 {escape(error.engine)} is locked, and no manager hands out its key: "
        f"{prose(error.reason.rstrip('.'))}. "
        f"Whoever keeps the key sends {code('/swarm swarm unlock')} and types it into the "
        "dialog, never into a line."
    )


def _wrong_key(error: errors.WrongUnlockKeyError) -> Explanation:
    return Explanation(
        f"❌ That is not the key of {escape(error.engine)}: it is still locked. Where the key "
        "was rotated while it was "
        "away, it takes the one from before."
    )


def _leaves_managers(error: errors.ManagerLeavesError) -> Explanation:
    node = escape(error.node)
    if error.managers == 1:
        text = (
            f"❌ {node} is the only manager: with it the Swarm ends, and {escape(error.lost)} are "
            "gone for good."
        )
        return Explanation(
            f"{text} If that is meant, add {code('--force')}.",
            f"swarm leave --force --on {error.engine}",
        )
    left = f"{error.fault_tolerance or 'none'} of the others may fail after that"
    return Explanation(
        (
            f"❌ {node} is one of {error.managers} managers: {left}. Demote it first, then "
            "let it leave."
        ),
        f"node demote {error.node}",
    )


EXPLANATIONS: Mapping[type, Callable[[Any], Explanation]] = {
    errors.AmbiguousEngineError: _choose_engine,
    errors.UnlockKeyNeededError: _key_needed,
    errors.WrongUnlockKeyError: _wrong_key,
    errors.ManagerLeavesError: _leaves_managers,
}
