"""Explanations of locks that are taken or lost, and of a Redis that does not answer."""

from __future__ import annotations

from collections.abc import Mapping

from bot import errors
from bot.render.errors.explanation import REFUSED, Explain, Explanation
from bot.render.slack.blocks import when
from bot.render.slack.text import brief, code, escape


def _locked(error: errors.LockedError) -> Explanation:
    lock = error.lock
    doing = f': "{escape(brief(lock.reason))}"' if lock.reason else ""
    text = f"{escape(lock.actor)} has been changing this since {when(lock.since)}{doing}."
    return Explanation(f"{text} Nothing was done; try again when it has ended.", "status", REFUSED)


def _lease_lost(_: errors.LeaseLostError) -> Explanation:
    return Explanation(
        "swarmbot lost its lock and stopped: somebody else may be changing it. Look at what "
        "is there before you try again.",
        "status",
    )


def _store_unavailable(error: errors.StoreUnavailableError) -> Explanation:
    by_hand = (
        f" If it cannot wait, by hand on a manager: {code(error.by_hand)}" if error.by_hand else ""
    )
    return Explanation(
        f"Redis does not answer ({escape(error.reason.rstrip('.'))}), so nothing may be changed: "
        f"there would be no lock and no record. Reading works; bring Redis back.{by_hand}",
        mark=REFUSED,
    )


def _sealed_gone(_: errors.SealedGoneError) -> Explanation:
    return Explanation(
        "That line held secret values, and swarmbot keeps those for a day at most. Nothing was "
        "done; send the line again."
    )


STORE_ERRORS: Mapping[type, Explain] = {
    errors.LockedError: _locked,
    errors.LeaseLostError: _lease_lost,
    errors.SealedGoneError: _sealed_gone,
    errors.StoreUnavailableError: _store_unavailable,
}
