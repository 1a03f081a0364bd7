"""What the doctor says of managers and engines."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.advice_facts import (
    EngineAway,
    EngineLocked,
    ManagersUnwise,
    NoLeader,
    NotConnected,
    WayBack,
)
from bot.model.cluster import EngineFault, EngineState
from bot.model.english import listed
from bot.model.slash import SLASH
from bot.render.doctor.advice_text import AdviceText, about_all
from bot.render.objects.manager_cautions import cautions_in_words

_LAST_RESORT = (
    "Bring back a majority of the managers: `sudo systemctl start docker` on each that is "
    "off. Only where most of "
    "them are gone for good, on one that is left ({name}): `docker swarm init "
    "--force-new-cluster --advertise-addr {address}`; "
    "services stay, the other managers have to join anew"
)
_ADDRESS = "ADDRESS is its own, the Node Address of `docker info`"
_ID = 12
"""So many characters of an id are enough to name it, as in Docker's own lists."""
_RENEW = (
    "Set the clocks of the managers back to before the end of their certificates, start Docker "
    "anew there, renew with `docker swarm ca --rotate`, and set the clocks right"
)
_MEANS = "services run on, and nothing can be changed"
_NO_ENGINE = (
    "Start Docker there (`sudo systemctl start docker`); `swarmbot check` says what the bot reaches"
)


def no_leader(facts: NoLeader) -> AdviceText:
    """Who is left, what they say, and the way back."""
    text, fix = _way_back(facts)
    words = "; ".join(f"{engine.name}: {_state(engine)}" for engine in facts.engines)
    return AdviceText(f"{text} ({words})" if words else text, fix)


def engine_locked(facts: EngineLocked) -> AdviceText:
    """An engine that waits for the unlock key."""
    return AdviceText(
        f"{facts.engine} is a locked manager: it restarted, and needs the unlock key to rejoin",
        f"`{SLASH} swarm unlock --on {facts.engine}`",
    )


def engine_away(facts: EngineAway) -> AdviceText:
    """An engine that does not answer."""
    return AdviceText(
        f"the engine {facts.engine} does not answer the bot: {facts.reason}",
        "On that machine: `sudo systemctl status docker`; or its `url` under `[[engines]]` is "
        "wrong",
    )


def managers_unwise(facts: ManagersUnwise) -> AdviceText:
    """Too few, too many, or an even number of managers."""
    (caution,) = cautions_in_words([facts.caution], facts.quorum, facts.workers)
    demote = f"`{SLASH} node demote {facts.demote}`" if facts.demote else ""
    if facts.gone:
        fix = (
            f"Bring {listed(facts.gone)} back, or replace: "
            f"`{SLASH} node demote {facts.gone_id[:_ID]}`, and promote another"
        )
        return AdviceText(caution, fix)
    if facts.promote:
        return AdviceText(caution, f"{demote} or `{SLASH} node promote {facts.promote}`")
    return AdviceText(caution, demote)


def manager_unreachable(names: Sequence[str]) -> AdviceText:
    """Managers that the others do not reach."""
    return about_all(
        names,
        "managers",
        "is a manager that the others do not reach",
        "are not reached by the others",
        "Port 2377/tcp has to be open between managers; there: `sudo journalctl -u docker "
        "--since -1h`",
    )


def not_connected(facts: NotConnected) -> AdviceText:
    """Managers to which the bot has no connection."""
    means = (
        "when that one is lost the bot is blind, and"
        if facts.one_left
        else "whether one of them is locked only it can say, and"
    )
    return about_all(
        facts.names,
        "managers",
        f"is a manager that the bot is not connected to: {means} it cannot be unlocked from here",
        f"are not connected to the bot: {means} they cannot be unlocked from here",
        f'Add to swarmbot.toml: `[[engines]]` with `name = "{facts.names[0]}"` and its `url`',
    )


def _way_back(facts: NoLeader) -> tuple[str, str]:
    match facts.way_back:
        case WayBack.FORCE_NEW_CLUSTER:
            address = facts.address or "ADDRESS"
            problem = "the managers have no leader" if facts.quorum is None else _too_few(facts)
            fix = _LAST_RESORT.format(name=facts.engine, address=address)
            return f"{problem}: {_MEANS}", fix if facts.address else f"{fix}. {_ADDRESS}"
        case WayBack.UNLOCK:
            return (
                f"no manager is there that is not locked: {_MEANS}",
                f"Unlock them, all from the same key: `{SLASH} swarm unlock`",
            )
        case WayBack.RENEW:
            return f"the node certificates of the managers have expired: {_MEANS}", _RENEW
        case WayBack.JOIN:
            return (
                "no engine that answers belongs to a Swarm",
                (
                    f"`{SLASH} swarm init --on {facts.engine}`, or `{SLASH} swarm join --on "
                    f"{facts.engine}` where there is one"
                ),
            )
        case WayBack.START:
            workers = any(engine.reachable for engine in facts.engines)
            return f"no {'manager' if workers else 'engine'} answers the bot", _NO_ENGINE


def _too_few(facts: NoLeader) -> str:
    quorum = facts.quorum
    assert quorum
    return (
        f"{quorum.reachable} of {quorum.managers} managers can be reached, and {quorum.needed} are "
        "needed"
    )


def _state(engine: EngineState) -> str:
    if not engine.reachable:
        return f"no answer, {engine.error}" if engine.error else "no answer"
    if engine.swarm == "locked":
        return "locked"
    if engine.fault is EngineFault.EXPIRED:
        return "its node certificate has expired"
    if engine.swarm in ("inactive", "pending"):
        return "in no Swarm" if engine.swarm == "inactive" else "joining"
    # Swarm's own sentence is long, and says the same of each.
    return "answers, no leader" if engine.manager or engine.error else "answers, a worker"
