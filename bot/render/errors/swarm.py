"""Explanations of what Docker or the Swarm refuses, or cannot do."""

from __future__ import annotations

from collections.abc import Mapping

from bot import errors
from bot.model.english import plural
from bot.model.slash import SLASH
from bot.render.errors.explanation import (
    LISTINGS,
    LOCKED,
    REFUSED,
    Explain,
    Explanation,
    alternatives,
    codes,
)
from bot.render.slack.text import code, escape, prose, sentence


def _no_engine(error: errors.NoEngineError) -> Explanation:
    tried = (
        "; ".join(f"{escape(name)}: {escape(reason.rstrip('.'))}" for name, reason in error.tried)
        or "none is configured"
    )
    return Explanation(
        f"No Docker engine answers ({tried}). Bring one back; services go on without the bot."
    )


def _no_leader(error: errors.NoLeaderError) -> Explanation:
    reason = f" ({escape(error.reason.rstrip('.'))})" if error.reason else ""
    return Explanation(
        f"The Swarm has no leader{reason}: more than half of the managers have to be reachable. "
        "Services go on running; bring a manager back, and try again."
    )


_STATES = {
    "worker": "is a worker",
    "inactive": "is in no Swarm",
    "expired": "has a certificate that ended",
    "preparing": "is starting, or looks for the other managers",
}
"""What an engine that is no unlocked manager is instead, where the state alone does not say it."""


def _not_a_manager(error: errors.NotAManagerError) -> Explanation:
    states = (
        ", ".join(
            f"{escape(name)} {_STATES.get(state, f'is {escape(state)}')}"
            for name, state in error.states
        )
        or "none is configured"
    )
    locked = any(state == "locked" for _, state in error.states)
    right = (
        f"Unlock it with {code(f'{SLASH} swarm unlock')}."
        if locked
        else "Connect swarmbot to a manager."
    )
    return Explanation(f"No engine that swarmbot knows is an unlocked manager: {states}. {right}")


def _out_of_sequence(error: errors.OutOfSequenceError) -> Explanation:
    return Explanation(
        f"{escape(error.kind.capitalize())} {code(error.name)} changes faster than swarmbot "
        "can: something else updates it time and again. Find out what, then try again."
    )


def _plan_outdated(error: errors.PlanOutdatedError) -> Explanation:
    return Explanation(
        f"{code(error.name)} is no longer what was planned against: {prose(error.part)} changed "
        "meanwhile. Send the line again for a new plan.",
        mark=REFUSED,
    )


def _change_interrupted(error: errors.ChangeInterruptedError) -> Explanation:
    return Explanation(
        f"swarmbot was stopped before it changed {code(error.name)}: nothing was changed. Send "
        "the line again."
    )


def _change_unsure(error: errors.ChangeUnsureError) -> Explanation:
    return Explanation(
        f"swarmbot was stopped when it changed {code(error.name)}: it may have happened or "
        "not. Look before you try again.",
        "status",
    )


def _port_taken(error: errors.PortTakenError) -> Explanation:
    owner = code(error.service) if error.service else "another service"
    return Explanation(f"Port {error.port} is published by {owner} already. Publish another one.")


def _name_taken(error: errors.NameTakenError) -> Explanation:
    text = (
        f"There is a {escape(error.kind)} {code(error.name)} already. Choose another name, or "
        "change that one."
    )
    return Explanation(text, LISTINGS.get(error.kind, ""))


def _engine_refused(error: errors.EngineRefusedError) -> Explanation:
    return Explanation(f"Docker refuses (HTTP {error.status}): {prose(sentence(error.reason))}")


def _outcome_unknown(error: errors.OutcomeUnknownError) -> Explanation:
    return Explanation(
        f"{escape(error.engine)} was lost after the change was sent "
        f"({escape(error.reason.rstrip('.'))}): it may have happened or not. Look before you try "
        "again.",
        "status",
    )


def _no_revision(error: errors.NoRevisionError) -> Explanation:
    if not error.known:
        return Explanation(
            f"{code(error.service)} has no earlier revision to go back to. Deploy the image "
            "that you want."
        )
    wanted = (
        f"no revision {error.wanted}" if error.wanted is not None else "no revision before this one"
    )
    numbers = ", ".join(map(str, error.known[-10:]))
    return Explanation(
        f"{code(error.service)} has {wanted}, only {numbers}.", f"history {error.service}"
    )


def _unsupported(error: errors.UnsupportedError) -> Explanation:
    return Explanation(f"{prose(sentence(error.problem))} {prose(sentence(error.instead))}")


def _last_manager(error: errors.LastManagerError) -> Explanation:
    promote = (
        f"Promote {code(error.instead[0])} first."
        if error.instead
        else "Let another manager join first."
    )
    return Explanation(
        (
            f"{escape(error.node)} is the last manager: without it nothing could be changed any "
            f"more. {promote}"
        ),
        f"node promote {error.instead[0]}" if error.instead else "swarm join-token manager",
    )


def _quorum_at_risk(error: errors.QuorumAtRiskError) -> Explanation:
    left = f"{error.reachable} of {plural(error.managers, 'manager')}"
    text = f"That would leave {left} reachable: the quorum needs {error.needed}."
    if not error.away:
        return Explanation(f"{text} Promote another node first.", "node ls")
    away = alternatives(error.away[:3])
    instead = f"demote {away} (it cannot be reached) instead of {escape(error.node)}."
    return Explanation(
        f"{text} Bring {away} back first, or {instead}", f"node demote {error.away[0]}"
    )


def _still_manager(error: errors.StillManagerError) -> Explanation:
    return Explanation(
        (
            f"{escape(error.node)} is a manager, and the others reach it. Demote it first, then "
            "remove it."
        ),
        f"node demote {error.node}",
    )


def _node_not_down(error: errors.NodeNotDownError) -> Explanation:
    return Explanation(
        f"{escape(error.node)} is {escape(error.state.capitalize())}, not Down: its machine "
        f"may still run tasks. Drain it, let it leave by {code('docker swarm leave')} over there, "
        f"then remove it; or add {code('--force')}.",
        f"node update --availability drain {error.node}",
    )


def _in_use(error: errors.InUseError) -> Explanation:
    users = codes(error.users) or "services"
    text = f"{escape(error.kind.capitalize())} {code(error.name)} is used by {users}."
    if error.kind != "network" or not error.users:
        return Explanation(f"{text} Take it from there first.")
    return Explanation(
        f"{text} Take it from there first, or remove what uses it.",
        f"service update --network-rm {error.name} {error.users[0]}",
    )


def _ambiguous_engine(error: errors.AmbiguousEngineError) -> Explanation:
    names = ", ".join(map(escape, error.names[:-1])) + f" and {escape(error.names[-1])}"
    example = f"{error.command} --on {error.names[0]}"
    if error.able:
        return Explanation(
            f"{names} {escape(error.trait)}: say which one is meant by {code('--on')}.", example
        )
    return Explanation(
        f"None of {names} {escape(error.trait)}. If one is meant all the same, name it.", example
    )


def _unlock_key_needed(error: errors.UnlockKeyNeededError) -> Explanation:
    return Explanation(
        f"{escape(error.engine)} is locked, and no manager hands out its key: "
        f"{prose(error.reason.rstrip('.'))}. Whoever keeps the key sends "
        f"{code(f'{SLASH} swarm unlock')} and types it into the dialog, never into a line.",
        mark=LOCKED,
    )


def _wrong_unlock_key(error: errors.WrongUnlockKeyError) -> Explanation:
    return Explanation(
        f"That is not the key of {escape(error.engine)}: it is still locked. Where the key was "
        "rotated while it was away, it takes the one from before."
    )


def _manager_leaves(error: errors.ManagerLeavesError) -> Explanation:
    node = escape(error.node)
    if error.managers == 1:
        text = (
            f"{node} is the only manager: with it the Swarm ends, and {escape(error.lost)} are "
            "gone for good."
        )
        return Explanation(
            f"{text} If that is meant, add {code('--force')}.",
            f"swarm leave --force --on {error.engine}",
        )
    left = f"{error.fault_tolerance or 'none'} of the others may fail after that"
    return Explanation(
        (
            f"{node} is one of {error.managers} managers: {left}. Demote it first, then let it "
            "leave."
        ),
        f"node demote {error.node}",
    )


SWARM_ERRORS: Mapping[type, Explain] = {
    errors.NoEngineError: _no_engine,
    errors.NoLeaderError: _no_leader,
    errors.NotAManagerError: _not_a_manager,
    errors.OutOfSequenceError: _out_of_sequence,
    errors.PlanOutdatedError: _plan_outdated,
    errors.ChangeInterruptedError: _change_interrupted,
    errors.ChangeUnsureError: _change_unsure,
    errors.PortTakenError: _port_taken,
    errors.NameTakenError: _name_taken,
    errors.EngineRefusedError: _engine_refused,
    errors.OutcomeUnknownError: _outcome_unknown,
    errors.NoRevisionError: _no_revision,
    errors.UnsupportedError: _unsupported,
    errors.LastManagerError: _last_manager,
    errors.QuorumAtRiskError: _quorum_at_risk,
    errors.StillManagerError: _still_manager,
    errors.NodeNotDownError: _node_not_down,
    errors.InUseError: _in_use,
    errors.AmbiguousEngineError: _ambiguous_engine,
    errors.UnlockKeyNeededError: _unlock_key_needed,
    errors.WrongUnlockKeyError: _wrong_unlock_key,
    errors.ManagerLeavesError: _manager_leaves,
}
