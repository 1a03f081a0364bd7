"""Managers and engines: locked, out of reach; and the quorum, which is all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Node
from bot.model.cluster import EngineState
from bot.model.incident import AlertKind, Problem
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, joined, unknown
from bot.watch.phrases import parts, some
from bot.watch.rules.nodes import safety
from bot.watch.wording import listed

QUORUM = "quorum"
ENGINES = "engines"
_TLS = ("tls", "ssl", "certificate", "x509")


def judge(scene: Evaluation) -> Findings:
    """All that is wrong with managers and engines."""
    return joined(
        (
            _locked(scene),
            _perhaps_locked(scene),
            _unreachable(scene),
            _silent(scene),
            _quorum(scene),
        )
    )


# ---- locked


def _locked(scene: Evaluation) -> Findings:
    if scene.seen.engines is None:
        return unknown(AlertKind.MANAGER_LOCKED)
    found = [_lock(scene, one) for one in scene.engines.values() if one.swarm == "locked"]
    # An engine that answers, but says nothing of itself, is perhaps being unlocked now.
    mute = [
        scene.place_of(one)[0] for one in scene.engines.values() if one.reachable and not one.swarm
    ]
    return joined(
        (
            Findings(tuple(found)),
            *(unknown(AlertKind.MANAGER_LOCKED, subject=subject) for subject in mute),
        )
    )


def _lock(scene: Evaluation, engine: EngineState) -> Problem:
    subject, name = scene.place_of(engine)
    return scene.problem(
        AlertKind.MANAGER_LOCKED,
        subject,
        name,
        detail=parts(
            "it restarted, and waits for the unlock key to rejoin",
            safety(scene, subject.removeprefix("node:")),
        ),
        fix="Unlock it with the Swarm's unlock key: `/swarm swarm unlock`.",
        engine=engine.name,
    )


def _perhaps_locked(scene: Evaluation) -> Findings:
    """Judged from the nodes; while nobody can list them, what was found that way stays."""
    if scene.seen.nodes is None or scene.seen.cluster is None:
        guessed = [
            one
            for one in scene.memory.incidents
            if _is_guess(scene.open(one, AlertKind.MANAGER_LOCKED))
        ]
        return joined(unknown(AlertKind.MANAGER_LOCKED, subject=subject) for subject in guessed)
    return Findings(
        tuple(
            scene.problem(
                AlertKind.MANAGER_LOCKED,
                f"node:{node.id}",
                node.name,
                detail=parts(
                    (
                        "it may be locked: autolock is on, it is Down and Unreachable, and its "
                        "host still answers"
                    ),
                    safety(scene, node.id),
                ),
                fix=(
                    f"Run `docker swarm unlock` on {node.name}; `/swarm swarm unlock-key` shows "
                    "you the key."
                ),
            )
            for node in scene.perhaps_locked
        )
    )


def _is_guess(problem: Problem | None) -> bool:
    return problem is not None and not problem.engine


# ---- out of reach


def _unreachable(scene: Evaluation) -> Findings:
    if scene.seen.nodes is None:
        return unknown(AlertKind.MANAGER_UNREACHABLE)
    return Findings(
        tuple(
            scene.problem(
                AlertKind.MANAGER_UNREACHABLE,
                f"node:{node.id}",
                node.name,
                detail=parts(
                    "the other managers do not reach it, though it is not Down",
                    safety(scene, node.id),
                ),
                fix="Look at its engine's log, and at port 2377/tcp between the managers.",
            )
            for node in scene.missing_managers
            if node.id not in scene.away and node.id not in scene.locked
        )
    )


def _silent(scene: Evaluation) -> Findings:
    """Engines that do not answer the bot: by themselves where the Swarm is well, else as a part of
    what is wrong with it."""
    if scene.seen.engines is None:
        return unknown(AlertKind.ENGINE_UNREACHABLE)
    silent = [one for one in scene.engines.values() if not one.reachable]
    if len(silent) == len(scene.engines) == 1:
        return Findings((_silence(scene, silent[0]),))
    before = joined(
        unknown(AlertKind.ENGINE_UNREACHABLE, subject=scene.place_of(one)[0]) for one in silent
    )
    if silent and len(silent) == len(scene.engines):
        return joined((before, Findings((_all_silent(scene, silent),))))
    if scene.seen.nodes is None:
        # Whether their nodes are Down nobody can say; where the quorum is lost, that names them.
        return before
    return Findings(tuple(_silence(scene, one) for one in silent if not _known_cause(scene, one)))


def _known_cause(scene: Evaluation, engine: EngineState) -> bool:
    return scene.memory.engine_nodes.get(engine.name, ("", ""))[0] in scene.away


def _silence(scene: Evaluation, engine: EngineState) -> Problem:
    subject, name = scene.place_of(engine)
    return scene.problem(
        AlertKind.ENGINE_UNREACHABLE,
        subject,
        name,
        detail=(
            f"The engine `{engine.name}` does not answer the bot: {engine.error or 'no answer'}."
        ),
        fix=_fix(engine.error),
        engine=engine.name,
    )


def _all_silent(scene: Evaluation, silent: Sequence[EngineState]) -> Problem:
    reasons = sorted({one.error for one in silent if one.error})
    return scene.problem(
        AlertKind.ENGINE_UNREACHABLE,
        ENGINES,
        listed(sorted(scene.place_of(one)[1] for one in silent)),
        detail=(
            f"None of {len(silent)} engines answers the bot: "
            f"{reasons[0] if reasons else 'no answer'}."
        ),
        fix=_fix(reasons[0] if reasons else ""),
    )


def _fix(reason: str) -> str:
    if any(word in reason.lower() for word in _TLS):
        return (
            "Look at the ends of both certificates (`/swarm certs`), and at `tls` of this engine "
            "in the configuration."
        )
    return "Look whether Docker runs there, and at the network between it and the bot."


# ---- the quorum


def _quorum(scene: Evaluation) -> Findings:
    if scene.seen.nodes is not None:
        return Findings((_at_risk(scene),)) if _is_at_risk(scene) else NOTHING
    if _leaderless(scene):
        return Findings((_lost(scene),))
    return unknown(AlertKind.QUORUM_AT_RISK, AlertKind.QUORUM_LOST)


def _is_at_risk(scene: Evaluation) -> bool:
    """Where each manager that is away has an incident of its own, that one says it."""
    bearing = scene.bearing
    if bearing.fault_tolerance or bearing.managers < 2 or bearing.reachable == bearing.managers:
        return False
    return not all(scene.watched(_trouble_of(scene, one)) for one in scene.missing_managers)


def _trouble_of(scene: Evaluation, node: Node) -> AlertKind:
    if node.id in scene.away:
        return AlertKind.NODE_DOWN
    return AlertKind.MANAGER_LOCKED if node.id in scene.locked else AlertKind.MANAGER_UNREACHABLE


def _at_risk(scene: Evaluation) -> Problem:
    missing = sorted(one.name for one in scene.missing_managers)
    return scene.problem(
        AlertKind.QUORUM_AT_RISK,
        QUORUM,
        QUORUM,
        detail=(
            f"No more manager may fail: {some(missing)} of {scene.bearing.managers} managers "
            "cannot be reached."
        ),
        fix="Bring them back before anything else; `/swarm doctor` says more.",
    )


def _leaderless(scene: Evaluation) -> bool:
    """Whether there is no leader by the managers' own words: a locked engine or a worker cannot
    say."""
    if scene.seen.nodes is not None:
        return False
    if scene.seen.engines is None:
        return bool(scene.seen.leaderless)
    managers = [one for one in scene.engines.values() if one.reachable and _may_speak(one)]
    if scene.seen.leaderless:
        return bool(managers)
    return any("leader" in one.error.lower() for one in managers)


def _may_speak(engine: EngineState) -> bool:
    if engine.swarm in ("locked", "inactive"):
        return False
    return engine.manager or bool(engine.error) or not engine.swarm


def _lost(scene: Evaluation) -> Problem:
    count = len(scene.memory.managers)
    needed = (
        f"{count // 2 + 1} of {count} managers have to be there"
        if count
        else "too few managers are there"
    )
    return scene.problem(
        AlertKind.QUORUM_LOST,
        QUORUM,
        QUORUM,
        detail=parts(needed, *_why(scene)) + " Services go on running, but nothing can be changed.",
        fix="Bring a manager back, or unlock it: `/swarm swarm unlock`.",
    )


def _why(scene: Evaluation) -> Iterable[str]:
    """The managers that are missing, as far as their engines are known."""
    silent = sorted(scene.place_of(one)[1] for one in scene.engines.values() if not one.reachable)
    locked = sorted(
        scene.place_of(one)[1] for one in scene.engines.values() if one.swarm == "locked"
    )
    if silent:
        yield f"{some(silent)} {'does' if len(silent) == 1 else 'do'} not answer"
    if locked:
        yield f"{some(locked)} {'is' if len(locked) == 1 else 'are'} locked"
