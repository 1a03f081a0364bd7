"""Why something is wrong, and what helps: for each kind of problem the sentences that its facts
make.

Plain sentences, in which backticks mark what can be copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from bot.model import Finding
from bot.model.alert_facts import (
    CertificateEnding,
    EngineAnswer,
    EngineUnreachable,
    ExpiringNode,
    JobHangs,
    LostReplicas,
    ManagerLocked,
    ManagerUnreachable,
    NodeDown,
    QuorumAtRisk,
    QuorumLost,
    RedisAway,
    RegistryAway,
    RolloutPaused,
    RolloutRolledBack,
    RootRotationStalled,
    ServiceBelow,
    ServiceCrashing,
    SlackAway,
    UnevenPlacement,
)
from bot.model.cluster import EngineFault
from bot.model.english import agree, some
from bot.model.slash import SLASH
from bot.render.alerts.bot_reasons import redis_away, registry_away, slack_away
from bot.render.causes import cause_words

EXPIRED_FIX = (
    "It has to join anew: there `docker swarm leave --force`, then `docker swarm join` with a "
    "token of the managers."
)
"""What helps where other managers are left."""
ALL_EXPIRED_FIX = (
    "Set the clocks of the managers back to before the end of their certificates, start Docker "
    "anew there, renew with `docker swarm ca --rotate`, and set the clocks right."
)
"""What helps where no manager is left that could let others join."""
ID = 12
"""So many characters of an id are enough to name it, as in Docker's own lists."""
RENEW = "swarm ca --rotate"
"""The command line that renews the certificates of the Swarm."""
_CERTIFICATES = {
    "node": "node certificate",
    "root": "root certificate",
    "engine": "TLS certificate of the engine",
}
_CERTIFICATE_FIXES = {
    "node": (
        "Swarm renews it by itself when 50 to 80 % of its life are over, so something hinders it. "
        f"`{SLASH} {RENEW}` has every node renew its certificate; one that is Down has to come "
        "back first."
    ),
    "root": f"`{SLASH} {RENEW}` gives the Swarm a new root and every node a new certificate.",
    "engine": "Make a new certificate for the engine's TLS, and restart the engine.",
    "endpoint": "Whoever runs it has to renew the certificate.",
}
_ENGINES = {
    EngineAnswer.NOT_CONNECTED: "",
    EngineAnswer.ANSWERS: "its engine answers, so it may be cut off from the managers",
    EngineAnswer.SILENT: "its engine is silent too",
    EngineAnswer.EXPIRED: "its node certificate has expired, says its engine",
}
_REPLICAS = {
    LostReplicas.NONE: "",
    LostReplicas.BEING_REPLACED: "What ran there is being placed elsewhere.",
    LostReplicas.REPLACED: "Its services are whole again.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong, and what helps; empty where there is nothing to say."""

    cause: str
    fix: str = ""


@singledispatch
def reason(facts: object, name: str) -> Reason:
    """The sentences on a problem with these facts, whose subject people call `name`."""
    raise TypeError(f"no words for {type(facts).__name__} of {name}")


# ---- nodes and managers


@reason.register
def _(facts: NodeDown, name: str) -> Reason:
    target = facts.node_id[:ID] or name
    if facts.left_over:
        return _left_over(facts, name, target)
    replicas = _REPLICAS[facts.replicas]
    if facts.locked:
        return Reason(replicas)
    if facts.engine is EngineAnswer.EXPIRED:
        cause = _parts(_ENGINES[facts.engine], _safety(facts.fault_tolerance))
        return Reason(f"{cause} {replicas}".rstrip(), EXPIRED_FIX)
    cause = _parts("it sends no heartbeat", _ENGINES[facts.engine], _safety(facts.fault_tolerance))
    return Reason(
        f"{cause} {replicas}".rstrip(),
        f"Start its Docker engine; if the machine is gone: `{SLASH} node rm {target}`.",
    )


def _left_over(facts: NodeDown, name: str, target: str) -> Reason:
    cause = f"{name} joined the Swarm anew, and {target} stayed in the list as Down"
    if facts.fault_tolerance is None:
        return Reason(f"{cause}.", f"`{SLASH} node rm {target}`.")
    still = f"it still counts as a manager: {_safety(facts.fault_tolerance)}"
    return Reason(f"{cause}; {still}.", f"`{SLASH} node rm {target}`.")


@reason.register
def _(facts: ManagerLocked, name: str) -> Reason:
    safety = _safety(facts.fault_tolerance)
    if facts.suspected:
        may_be = (
            "it may be locked: autolock is on, it is Down and Unreachable, and its host still "
            "answers"
        )
        fix = f"Run `docker swarm unlock` on {name}; `{SLASH} swarm unlock-key` shows you the key."
        return Reason(_parts(may_be, safety), fix)
    return Reason(
        _parts("it restarted, and waits for the unlock key to rejoin", safety),
        f"Unlock it with the Swarm's unlock key: `{SLASH} swarm unlock`.",
    )


@reason.register
def _(facts: ManagerUnreachable, name: str) -> Reason:
    del name
    return Reason(
        _parts(
            "the other managers do not reach it, though it is not Down",
            _safety(facts.fault_tolerance),
        ),
        "Look at its engine's log, and at port 2377/tcp between the managers.",
    )


@reason.register
def _(facts: EngineUnreachable, name: str) -> Reason:
    del name
    word = facts.reason or "no answer"
    fix = (
        f"Look at the ends of both certificates (`{SLASH} certs`), and at `tls` of this engine in "
        "the configuration."
        if facts.fault in (EngineFault.TLS, EngineFault.EXPIRED)
        else "Look whether Docker runs there, and at the network between it and the bot."
    )
    if facts.engines > 1:
        return Reason(f"None of {facts.engines} engines answers the bot: {word}.", fix)
    return Reason(f"The engine `{facts.engine}` does not answer the bot: {word}.", fix)


@reason.register
def _(facts: QuorumAtRisk, name: str) -> Reason:
    del name
    return Reason(
        f"No more manager may fail: {some(facts.missing)} of {facts.managers} managers cannot be "
        "reached.",
        f"Bring them back before anything else; `{SLASH} doctor` says more.",
    )


@reason.register
def _(facts: QuorumLost, name: str) -> Reason:
    del name
    count = facts.managers
    needed = (
        f"{count // 2 + 1} of {count} managers have to be there"
        if count
        else "too few managers are there"
    )
    silent, locked, expired = facts.silent, facts.locked, facts.expired
    why = _parts(
        needed,
        f"{some(silent)} {agree(len(silent), 'does', 'do')} not answer" if silent else "",
        f"{some(locked)} {_is(len(locked))} locked" if locked else "",
        f"the node certificates of {some(expired)} have expired" if expired else "",
    )
    return Reason(
        f"{why} Services go on running, but nothing can be changed.",
        ALL_EXPIRED_FIX
        if expired
        else f"Bring a manager back, or unlock it: `{SLASH} swarm unlock`.",
    )


# ---- certificates


@reason.register
def _(facts: CertificateEnding, name: str) -> Reason:
    del name
    certificate = _CERTIFICATES.get(facts.certificate, "certificate")
    ends = f"{'ended' if facts.ended else 'ends'} on {facts.ends:%Y-%m-%d at %H:%M} UTC"
    return Reason(f"Its {certificate} {ends}.", _CERTIFICATE_FIXES.get(facts.certificate, ""))


@reason.register
def _(facts: ExpiringNode, name: str) -> Reason:
    del name
    ends, so = ("ended", "refuse it now") if facts.ended else ("ends", "refuse it from then on")
    at = f"{facts.ends:%Y-%m-%d at %H:%M} UTC at the latest"
    cause = f"Its node certificate {ends} on {at}: the managers {so}."
    remove = f"`{SLASH} node rm {facts.node_id[:ID]}`"
    if facts.ended:
        return Reason(cause, f"Remove its entry with {remove}, then let the machine join anew.")
    start = "Start its Docker engine before that, and it renews the certificate by itself"
    return Reason(cause, f"{start}; if the machine is gone: {remove}.")


@reason.register
def _(facts: RootRotationStalled, name: str) -> Reason:
    del name
    cause, waiting = "The rotation of the root certificate does not end", facts.waiting
    if not waiting:
        fix = f"`{SLASH} node ls` shows which nodes still have a certificate of the old root."
        return Reason(f"{cause}.", fix)
    names = some([f"{node} ({state.capitalize()})" for node, state in waiting])
    alone = len(waiting) == 1
    return Reason(
        f"{cause}: {names} {'holds' if alone else 'hold'} it up.",
        f"Bring {'it' if alone else 'them'} back, or remove with `{SLASH} node rm`.",
    )


# ---- services


@reason.register
def _(facts: ServiceBelow, name: str) -> Reason:
    if facts.for_good:
        return Reason(
            f"A task of it ended{_because(facts.cause)}; Swarm does not start it again.",
            f"`{SLASH} logs {name}` shows its last lines; `{SLASH} service update --force {name}` "
            "runs it once more.",
        )
    run = "replica runs" if facts.desired == 1 else "replicas run"
    return Reason(
        f"{facts.running} of {facts.desired} {run}{_because(facts.cause)}.",
        _help(facts.cause) or f"`{SLASH} ps {name}` shows its tasks.",
    )


@reason.register
def _(facts: ServiceCrashing, name: str) -> Reason:
    ends = "ends" if facts.ends_well else "fails"
    return Reason(
        f"A task of it {ends} again and again{_because(facts.cause)}.",
        _help(facts.cause) or f"`{SLASH} logs {name}` shows its last lines.",
    )


@reason.register
def _(facts: RolloutPaused, name: str) -> Reason:
    rollout, does = ("rollback", "finishes it") if facts.rollback else ("update", "goes back")
    return Reason(
        f"Swarm paused the {rollout} to {facts.image.tagged}{_because(facts.cause)}.",
        _help(facts.cause)
        or f"`{SLASH} rollback {name}` {does}, `{SLASH} ps {name}` shows its tasks.",
    )


@reason.register
def _(facts: RolloutRolledBack, name: str) -> Reason:
    return Reason(
        f"Swarm rolled an update back to {facts.image.tagged}{_because(facts.cause)}.",
        _help(facts.cause) or f"`{SLASH} ps {name}` shows the tasks that failed.",
    )


@reason.register
def _(facts: UnevenPlacement, name: str) -> Reason:
    del name
    idle, services = facts.idle, facts.services
    nothing = f"{some(idle)} {agree(len(idle), 'runs', 'run')} no replicas; " if idle else ""
    return Reason(
        f"{nothing}{some(services)} {_is(len(services))} spread unevenly.",
        f"`{SLASH} rebalance` places their tasks anew, one after the other.",
    )


# ---- the bot itself, and what it needs


@reason.register
def _(facts: RedisAway, name: str) -> Reason:
    del name
    return Reason(*redis_away(facts))


@reason.register
def _(facts: SlackAway, name: str) -> Reason:
    del name
    return Reason(*slack_away(facts))


@reason.register
def _(facts: RegistryAway, name: str) -> Reason:
    return Reason(*registry_away(facts, name))


@reason.register
def _(facts: JobHangs, name: str) -> Reason:
    del facts
    return Reason(f"The job `{name}` hung, and was cut off.", "The bot's log says where it stood.")


# ---- parts


def _safety(fault_tolerance: int | None) -> str:
    """How many managers more may fail, where it is about a manager."""
    if fault_tolerance is None or fault_tolerance < 0:
        return "" if fault_tolerance is None else "too few managers are left for a quorum"
    managers = "managers" if fault_tolerance > 1 else "manager"
    return f"{fault_tolerance or 'no'} more {managers} may fail"


def _parts(*words: str) -> str:
    """One sentence of several parts, of which those that are empty are left out."""
    said = "; ".join(word for word in words if word)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _because(cause: Finding | None) -> str:
    return f": {cause_words(cause.cause).text.rstrip('.')}" if cause else ""


def _help(cause: Finding | None) -> str:
    return cause_words(cause.cause).fix if cause else ""


def _is(count: int) -> str:
    return agree(count, "is", "are")
