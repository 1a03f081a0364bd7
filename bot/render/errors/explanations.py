"""A sentence for every error: cause first, then what would be right. Read by
`bot.render.errors.explain` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot import errors
from bot.render.errors import access, cluster
from bot.render.errors.explanation import Explanation
from bot.render.slack.blocks import familiar, when
from bot.render.slack.text import brief, code, escape, prose, sentence

_LISTS = {
    "service": "service ls",
    "node": "node ls",
    "network": "network ls",
    "secret": "secret ls",
    "config": "config ls",
    "stack": "stack ls",
    "alert": "alerts",
    "silence": "alerts",
}


# ---- what was typed


def _unclosed_quote(error: errors.UnclosedQuoteError) -> Explanation:
    return Explanation(
        f"❌ A quote is never closed in {code(error.line)}. Close it, or leave it out."
    )


def _unknown_command(error: errors.UnknownCommandError) -> Explanation:
    example = error.right or next(iter(error.near), "help")
    return Explanation(f"❌ No command {code(error.typed)}.{_did_you_mean(error.near)}", example)


def _unknown_flag(error: errors.UnknownFlagError) -> Explanation:
    text = f"❌ {code(error.command)} has no {code(error.flag)}.{_did_you_mean(error.near)}"
    return Explanation(text, error.right or f"help {error.command}")


def _invalid_line(error: errors.InvalidLineError) -> Explanation:
    usage = f" Right is {code(error.usage)}." if error.usage else ""
    problem = prose(error.problem if error.command else sentence(error.problem)).rstrip(".")
    command = f"{code(error.command)}: " if error.command else ""
    return Explanation(f"❌ {command}{problem}.{usage}", error.example)


def _invalid_value(error: errors.InvalidValueError) -> Explanation:
    value = f"is {code(error.value)}" if error.value.strip() else "is empty"
    return Explanation(
        f"❌ {code(error.field)} {value}, expected {prose(error.expected)}.", error.example
    )


def _secret_typed(error: errors.SecretTypedError) -> Explanation:
    text = (
        f"✋ Nothing ran: {escape(error.what)} stood in the line, and Slack keeps what is "
        "typed. Rotate it, "
        f"then send the line without it: where a secret is needed, you are asked in private."
    )
    return Explanation(text)


def _unknown_name(error: errors.UnknownNameError) -> Explanation:
    listing = _LISTS.get(error.kind, "help")
    hint = _did_you_mean(error.near) or f" {code('/swarm ' + listing)} shows what there is."
    return Explanation(
        f"❌ No {escape(error.kind)} {code(error.name)}.{hint}", listing if error.near else ""
    )


def _ambiguous_name(error: errors.AmbiguousNameError) -> Explanation:
    text = (
        f"❌ {code(error.name)} fits more than one {escape(error.kind)}: {_codes(error.matches)}."
    )
    return Explanation(f"{text} Use the id, or the whole name.", _LISTS.get(error.kind, ""))


# ---- who may


def _read_only(error: errors.ReadOnlyError) -> Explanation:
    return Explanation(
        f"✋ {code(error.command)} changes something, and swarmbot only reads as long as no "
        "roles are configured. "
        f"Add {code('[[roles]]')} and {code('[[rules]]')} to its configuration file, then run "
        f"{code('swarmbot check')}."
    )


def _not_allowed(error: errors.NotAllowedError) -> Explanation:
    target = f" on {code(error.target)}" if error.target else ""
    if not error.roles:
        return Explanation(
            f"✋ No rule allows {code(error.command)}{target}. Add one to the configuration file."
        )
    return Explanation(
        f"✋ You may not {code(error.command)}{target}: that is for {_or(error.roles)}. "
        "Ask one of them to send the line."
    )


def _lock_held(error: errors.LockedError) -> Explanation:
    lock = error.lock
    doing = f': "{escape(brief(lock.reason))}"' if lock.reason else ""
    text = f"✋ {escape(lock.actor)} has been changing this since {when(lock.since)}{doing}."
    return Explanation(f"{text} Nothing was done; try again when it has ended.", "status")


def _lock_lost(_: errors.LeaseLostError) -> Explanation:
    return Explanation(
        "❌ swarmbot lost its lock and stopped: somebody else may be changing it. "
        "Look at what is there before you try again.",
        "status",
    )


# ---- images


def _image_not_found(error: errors.ImageNotFoundError) -> Explanation:
    return Explanation(
        f"❌ The registry has no {code(familiar(error.image))}. Check name and tag, or push "
        "it; nothing was changed."
    )


def _registry_away(error: errors.RegistryUnavailableError) -> Explanation:
    return Explanation(
        f"❌ The registry of {code(familiar(error.image))} does not answer: "
        f"{prose(error.reason.rstrip('.'))}. "
        "Nothing was changed. Try again, or go on without the check by "
        f"{code('--resolve-image never')}."
    )


def _registry_denied(error: errors.RegistryDeniedError) -> Explanation:
    return Explanation(
        f"❌ The registry wants credentials for {code(familiar(error.image))}, and the engine "
        "has none. "
        f"Log the engine in with {code('docker login')}; nothing was changed."
    )


def _only_on_node(error: errors.ImageOnlyOnNodeError) -> Explanation:
    return Explanation(
        f"❌ {code(familiar(error.image))} lies on a node, and no registry has it: Swarm never "
        "uses an image that only "
        "lies on a node. Push it to a registry that all nodes reach, and begin its name with "
        "that registry's; nothing "
        "was changed."
    )


def _no_platform(error: errors.NoPlatformError) -> Explanation:
    offered = _or(map(str, error.offered)) or "no known platform"
    return Explanation(
        f"❌ {code(familiar(error.image))} is built for {offered}, and the nodes run "
        f"{_or(map(str, error.wanted))}. "
        "Push a multi-platform image; nothing was changed."
    )


# ---- the Swarm


def _no_engine(error: errors.NoEngineError) -> Explanation:
    tried = (
        "; ".join(f"{escape(name)}: {escape(reason.rstrip('.'))}" for name, reason in error.tried)
        or "none is configured"
    )
    return Explanation(
        f"❌ No Docker engine answers ({tried}). Bring one back; services go on without the bot."
    )


def _no_leader(error: errors.NoLeaderError) -> Explanation:
    reason = f" ({escape(error.reason.rstrip('.'))})" if error.reason else ""
    return Explanation(
        f"❌ The Swarm has no leader{reason}: more than half of the managers have to be reachable. "
        "Services go on running; bring a manager back, and try again."
    )


def _not_a_manager(error: errors.NotAManagerError) -> Explanation:
    states = (
        ", ".join(f"{escape(name)} is {escape(state)}" for name, state in error.states)
        or "none is configured"
    )
    locked = any(state == "locked" for _, state in error.states)
    right = (
        f"Unlock it with {code('/swarm swarm unlock')}."
        if locked
        else "Connect swarmbot to a manager."
    )
    return Explanation(
        f"❌ No engine that swarmbot knows is an unlocked manager: {states}. {right}"
    )


def _out_of_sequence(error: errors.OutOfSequenceError) -> Explanation:
    return Explanation(
        f"❌ {escape(error.kind.capitalize())} {code(error.name)} changes faster than swarmbot "
        "can: something else "
        "updates it time and again. Find out what, then try again."
    )


def _moved(error: errors.PlanOutdatedError) -> Explanation:
    return Explanation(
        f"✋ {code(error.name)} is no longer what was planned against: {prose(error.what)} "
        "changed meanwhile. "
        "Send the line again for a new plan."
    )


def _interrupted(error: errors.ChangeInterruptedError) -> Explanation:
    return Explanation(
        f"❌ swarmbot was stopped before it changed {code(error.name)}: nothing was changed. "
        "Send the line again."
    )


def _port_taken(error: errors.PortTakenError) -> Explanation:
    return Explanation(
        f"❌ Port {error.port} is published by {code(error.service)} already. Publish another one."
    )


def _name_taken(error: errors.NameTakenError) -> Explanation:
    text = (
        f"❌ There is a {escape(error.kind)} {code(error.name)} already. Choose another name, or "
        "change that one."
    )
    return Explanation(text, _LISTS.get(error.kind, ""))


def _engine_refused(error: errors.EngineRefusedError) -> Explanation:
    return Explanation(f"❌ Docker refuses (HTTP {error.status}): {prose(sentence(error.reason))}")


def _maybe_done(error: errors.OutcomeUnknownError) -> Explanation:
    return Explanation(
        f"❌ {escape(error.engine)} was lost after the change was sent "
        f"({escape(error.reason.rstrip('.'))}): "
        "it may have happened or not. Look before you try again.",
        "status",
    )


def _no_revision(error: errors.NoRevisionError) -> Explanation:
    if not error.known:
        return Explanation(
            f"❌ {code(error.service)} has no earlier revision to go back to. Deploy the image "
            "that you want."
        )
    wanted = (
        f"no revision {error.wanted}" if error.wanted is not None else "no revision before this one"
    )
    numbers = ", ".join(map(str, error.known[-10:]))
    return Explanation(
        f"❌ {code(error.service)} has {wanted}, only {numbers}.", f"history {error.service}"
    )


def _unsupported(error: errors.UnsupportedError) -> Explanation:
    return Explanation(f"❌ {prose(sentence(error.what))} {prose(sentence(error.instead))}")


# ---- nodes and networks


def _last_manager(error: errors.LastManagerError) -> Explanation:
    promote = (
        f"Promote {code(error.instead[0])} first."
        if error.instead
        else "Let another manager join first."
    )
    return Explanation(
        (
            f"❌ {escape(error.node)} is the last manager: without it nothing could be changed any "
            f"more. {promote}"
        ),
        f"node promote {error.instead[0]}" if error.instead else "swarm join-token manager",
    )


def _quorum_at_risk(error: errors.QuorumAtRiskError) -> Explanation:
    left = (
        f"{error.reachable} of {error.managers} {'manager' if error.managers == 1 else 'managers'}"
    )
    text = f"❌ That would leave {left} reachable: the quorum needs {error.needed}."
    if not error.away:
        return Explanation(f"{text} Promote another node first.", "node ls")
    away = _or(error.away[:3])
    instead = f"demote {away} (it cannot be reached) instead of {escape(error.node)}."
    return Explanation(
        f"{text} Bring {away} back first, or {instead}", f"node demote {error.away[0]}"
    )


def _still_manager(error: errors.StillManagerError) -> Explanation:
    return Explanation(
        (
            f"❌ {escape(error.node)} is a manager, and the others reach it. Demote it first, then "
            "remove it."
        ),
        f"node demote {error.node}",
    )


def _not_down(error: errors.NodeNotDownError) -> Explanation:
    return Explanation(
        f"❌ {escape(error.node)} is {escape(error.state.capitalize())}, not Down: its machine "
        "may still run tasks. Drain it, "
        f"let it leave by {code('docker swarm leave')} over there, then remove it; or add "
        f"{code('--force')}.",
        f"node update --availability drain {error.node}",
    )


def _in_use(error: errors.InUseError) -> Explanation:
    text = (
        f"❌ {escape(error.kind.capitalize())} {code(error.name)} is used by {_codes(error.users)}."
    )
    if error.kind != "network" or not error.users:
        return Explanation(f"{text} Take it from there first.")
    return Explanation(
        f"{text} Take it from there first, or remove what uses it.",
        f"service update --network-rm {error.name} {error.users[0]}",
    )


# ---- the bot itself


def _store_away(error: errors.StoreUnavailableError) -> Explanation:
    return Explanation(
        f"✋ Redis does not answer ({escape(error.reason.rstrip('.'))}), so nothing may be "
        "changed: there would be "
        "no lock and no record. Reading works; bring Redis back."
    )


def _invalid_setting(error: errors.InvalidSettingError) -> Explanation:
    text = f"❌ {code(error.where)} is wrong: {prose(error.problem.rstrip('.'))}."
    return Explanation(f"{text} Correct it, then run {code('swarmbot check')}.")


EXPLANATIONS: dict[type, Callable[[Any], Explanation]] = {
    **access.EXPLANATIONS,
    errors.UnclosedQuoteError: _unclosed_quote,
    errors.UnknownCommandError: _unknown_command,
    errors.UnknownFlagError: _unknown_flag,
    errors.InvalidLineError: _invalid_line,
    errors.InvalidValueError: _invalid_value,
    errors.SecretTypedError: _secret_typed,
    errors.UnknownNameError: _unknown_name,
    errors.AmbiguousNameError: _ambiguous_name,
    errors.ReadOnlyError: _read_only,
    errors.NotAllowedError: _not_allowed,
    errors.LockedError: _lock_held,
    errors.LeaseLostError: _lock_lost,
    errors.ImageNotFoundError: _image_not_found,
    errors.RegistryUnavailableError: _registry_away,
    errors.RegistryDeniedError: _registry_denied,
    errors.ImageOnlyOnNodeError: _only_on_node,
    errors.NoPlatformError: _no_platform,
    errors.NoEngineError: _no_engine,
    errors.NoLeaderError: _no_leader,
    errors.NotAManagerError: _not_a_manager,
    errors.OutOfSequenceError: _out_of_sequence,
    errors.PlanOutdatedError: _moved,
    errors.ChangeInterruptedError: _interrupted,
    errors.PortTakenError: _port_taken,
    errors.NameTakenError: _name_taken,
    errors.EngineRefusedError: _engine_refused,
    errors.OutcomeUnknownError: _maybe_done,
    errors.NoRevisionError: _no_revision,
    errors.UnsupportedError: _unsupported,
    errors.LastManagerError: _last_manager,
    errors.QuorumAtRiskError: _quorum_at_risk,
    errors.StillManagerError: _still_manager,
    errors.NodeNotDownError: _not_down,
    errors.InUseError: _in_use,
    **cluster.EXPLANATIONS,
    errors.StoreUnavailableError: _store_away,
    errors.InvalidSettingError: _invalid_setting,
}


def _did_you_mean(near: Iterable[str]) -> str:
    names = list(near)
    return f" Did you mean {' or '.join(code(name) for name in names[:3])}?" if names else ""


def _codes(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(code(name) for name in shown[:10]) + (
        f" and {len(shown) - 10} more" if len(shown) > 10 else ""
    )


def _or(names: Iterable[str]) -> str:
    return " or ".join(escape(name) for name in names)
