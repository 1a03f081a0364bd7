"""Explanations of why a service is not brought back as somebody asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot import errors
from bot.model import Revision
from bot.model.english import age, agree, some
from bot.model.revisions import EARLIER, FOUND, OUTSIDE
from bot.render.errors.explanation import ASKED, REFUSED, Explain, Explanation
from bot.render.rollout.plan_warnings import stands_paused
from bot.render.slack.text import code, escape


def origin(revision: Revision, now: datetime) -> str:
    """How a revision came about and when: `deployed by dev, 3 d ago`."""
    ago = age(revision.at, now)
    words = {FOUND: "first seen", OUTSIDE: "outside", EARLIER: "outside, replaced"}
    if not revision.by:
        return f"{words.get(revision.note, OUTSIDE)}, {ago}".replace("replaced, ", "replaced ")
    done = {"deploy": "deployed", "rollback": "rolled back to"}.get(revision.note, "set")
    return f"{done} by {escape(revision.by)}, {ago}"


def _under_way(error: errors.ChangeUnderWayError) -> Explanation:
    verb = error.verb.rpartition(" ")[2] or error.verb
    article = "an" if verb[0] in "aeiou" else "a"
    return Explanation(
        f"{article.capitalize()} {escape(verb)} of {code(error.service)} is under way. Its message "
        "shows how far it is; nothing more was changed.",
        mark=REFUSED,
    )


def _ended(error: errors.RolloutEndedError) -> Explanation:
    rollout = error.rollout
    back = f"rollback {rollout.service_id} --of {rollout.id}"
    return Explanation(
        f"The {escape(rollout.verb)} of {code(rollout.service)} ended at this moment, so it did "
        "not turn back. Its message says how it ended.",
        mark=REFUSED,
        offers=((f"Roll back to {rollout.before.tag or rollout.before.tagged}", back),),
    )


def _paused(error: errors.PausedUpdateError) -> Explanation:
    at = stands_paused(error.done, error.replicas)
    return Explanation(
        f"{code(error.service)} {at} on {escape(error.image.tag or error.image.tagged)}: go on? "
        "Posted again, the update goes on from there.",
        mark=ASKED,
        offers=(("Go on", error.line),),
    )


def _unsure(error: errors.UnsureRollbackError) -> Explanation:
    later = ", after this message" if error.since_message else ""
    target = error.target.image.tag or error.target.image.tagged
    return Explanation(
        f"{escape(error.service)} runs {escape(error.now.image.tag or error.now.image.tagged)} now "
        f"({origin(error.now, error.at)}{later}): roll back to {escape(target)}? That is revision "
        f"{error.target.number} ({origin(error.target, error.at)}).",
        mark=ASKED,
        offers=(_to(error.service_id, error.target),),
    )


def _question(error: errors.RollbackQuestionError) -> Explanation:
    target = error.target.tag or error.target.tagged
    now = escape(error.now.tag or error.now.tagged)
    running = f"The change to {now} is under way, and turns back." if error.runs else ""
    stays = running or "Its replica count stays."
    return Explanation(
        f"Roll {code(error.service)} back from {now} to {escape(target)}? {stays}",
        mark=ASKED,
        offers=((f"Roll back to {target}", error.line),),
    )


def _nothing_to_roll_back(error: errors.NothingToRollBackError) -> Explanation:
    verb = escape(error.verb.rpartition(" ")[2] or error.verb)
    return Explanation(
        f"This {verb} of {code(error.service)} changed no image, so there is none to go back to. "
        "Its details show what it changed.",
        mark=REFUSED,
    )


def _unknown_rollout(error: errors.RolloutUnknownError) -> Explanation:
    if error.id:
        return Explanation(
            f"No change {code(error.id)} of a service is on record: changes are kept for 7 days.",
            "audit",
        )
    return Explanation(
        "This message shows no change of a service that swarmbot has on record (they are kept for "
        "7 days).",
        "history SERVICE",
        mark=REFUSED,
    )


def _outdated(error: errors.ButtonOutdatedError) -> Explanation:
    return Explanation(
        f"What this button of {code(error.service)} would undo is no longer on record. Its history "
        "shows what it ran.",
        f"history {error.service}",
    )


def _lost(error: errors.ImageLostError) -> Explanation:
    target = error.target.image
    nodes = (
        f"Only {escape(some(error.nodes))} still {agree(len(error.nodes), 'runs', 'run')} it; "
        "other nodes could not start it. "
        if error.nodes
        else "No node runs it now, so no task of it could be sure to start. "
    )
    name = escape(target.tag or target.tagged)
    offers = []
    if error.tag_now:
        line = f"deploy {error.service_id} {error.tag_now.tagged}"
        offers.append((f"Deploy {name} as it is now", line))
    if error.older:
        offers.append(_to(error.service_id, error.older))
    return Explanation(
        f"The registry no longer has {name} of revision {error.target.number} "
        f"({origin(error.target, error.at)}). {nodes}Nothing was changed.",
        offers=tuple(offers),
    )


def _to(service_id: str, target: Revision) -> tuple[str, str]:
    label = f"Roll back to {target.image.tag or target.number}"
    return label, f"rollback {service_id} --to {target.number}"


ROLLBACK_ERRORS: Mapping[type, Explain] = {
    errors.ChangeUnderWayError: _under_way,
    errors.RolloutEndedError: _ended,
    errors.PausedUpdateError: _paused,
    errors.UnsureRollbackError: _unsure,
    errors.ButtonOutdatedError: _outdated,
    errors.RollbackQuestionError: _question,
    errors.NothingToRollBackError: _nothing_to_roll_back,
    errors.RolloutUnknownError: _unknown_rollout,
    errors.ImageLostError: _lost,
}
