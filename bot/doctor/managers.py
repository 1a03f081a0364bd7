"""What the doctor says of the managers: leader, quorum, locks, and whether the bot reaches them
all; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.doctor.grouped import grouped
from bot.model import Node
from bot.model.cluster import EngineState
from bot.model.english import listed
from bot.model.incident import Advice, Severity
from bot.swarm.health import quorum
from bot.watch.snapshot import Snapshot

_LAST_RESORT = (
    "Bring back a majority of the managers: `sudo systemctl start docker` on each that is "
    "off. Only where most of "
    "them are gone for good, on one that is left ({name}): `docker swarm init "
    "--force-new-cluster --advertise-addr {address}`; "
    "services stay, the other managers have to join anew"
)
_MEANS = "services run on, and nothing can be changed"
_NO_ENGINE = (
    "Start Docker there (`sudo systemctl start docker`); `swarmbot check` says what the bot reaches"
)


def examine(seen: Snapshot) -> Iterator[Advice]:
    """Without a leader that comes first, and the rest is what the engines say of themselves."""
    engines, nodes = seen.engines or (), seen.nodes
    if seen.leaderless:
        yield _leaderless(engines)
    yield from _locked(engines)
    if not seen.leaderless:
        yield from _away(engines, nodes or ())
    if nodes is not None:
        yield from _numbers(nodes, engines)
        yield from _unreachable(nodes, engines)
        yield from _unknown(nodes, engines)


def _leaderless(
    engines: Sequence[EngineState], what: str = "the managers have no leader"
) -> Advice:
    """Who is left, what they say, and the way back; the last resort only where somebody is there to
    take it."""
    words = "; ".join(f"{one.name}: {_state(one)}" for one in engines)
    left = [
        one
        for one in engines
        if one.reachable and one.swarm not in ("locked", "inactive", "pending")
    ]
    locked = any(one.swarm == "locked" for one in engines)
    bare = [one.name for one in engines if one.swarm in ("inactive", "pending")]
    if left:
        best = max(left, key=lambda one: (one.manager, bool(one.address)))
        what += f": {_MEANS}"
        fix = _LAST_RESORT.format(name=best.name, address=best.address or "ADDRESS")
    elif locked:
        what = f"no manager is there that is not locked: {_MEANS}"
        fix = "Unlock them, all from the same key: `/swarm swarm unlock`"
    elif bare:
        what = "no engine that answers belongs to a Swarm"
        fix = (
            f"`/swarm swarm init --on {bare[0]}`, or `/swarm swarm join --on {bare[0]}` where "
            "there is one"
        )
    else:
        what, fix = "no engine answers the bot", _NO_ENGINE
    return Advice(
        severity=Severity.CRITICAL,
        name="no-leader",
        text=f"{what} ({words})" if words else what,
        fix=fix,
    )


def _state(one: EngineState) -> str:
    if not one.reachable:
        return f"no answer, {one.error}" if one.error else "no answer"
    if one.swarm == "locked":
        return "locked"
    if one.swarm in ("inactive", "pending"):
        return "in no Swarm" if one.swarm == "inactive" else "joining"
    # Swarm's own sentence is long, and says the same of each.
    return "answers, no leader" if one.manager or one.error else "answers, a worker"


def _locked(engines: Iterable[EngineState]) -> Iterator[Advice]:
    for one in engines:
        if one.swarm == "locked":
            yield Advice(
                severity=Severity.CRITICAL,
                name="locked",
                text=(
                    f"{one.name} is a locked manager: it restarted, and needs the unlock "
                    "key to rejoin"
                ),
                fix=f"`/swarm swarm unlock --on {one.name}`",
            )


def _away(engines: Iterable[EngineState], nodes: Sequence[Node]) -> Iterator[Advice]:
    """Engines that do not answer, but for those whose node is known to be down: that is said of the
    node."""
    down = {node.name for node in nodes if node.state == "down"}
    for one in engines:
        if not one.reachable and one.name not in down:
            yield Advice(
                severity=Severity.WARNING,
                name="engine",
                text=f"the engine {one.name} does not answer the bot: {one.error}",
                fix=(
                    "On that machine: `sudo systemctl status docker`; or its `url` under "
                    "`[[engines]]` is wrong"
                ),
            )


def _numbers(nodes: Sequence[Node], engines: Sequence[EngineState]) -> Iterator[Advice]:
    """A leader that has lost the others goes on answering for some seconds."""
    bearing, able = quorum.quorum(nodes), quorum.candidates(nodes)
    if bearing.managers and not quorum.holds(bearing):
        yield _leaderless(
            engines,
            (
                f"{bearing.reachable} of {bearing.managers} managers can be reached, and "
                f"{bearing.needed} are needed"
            ),
        )
        return
    for caution in quorum.cautions(bearing, able):
        yield Advice(
            severity=Severity.WARNING,
            name="managers",
            text=caution,
            fix=_number_fix(bearing.managers, nodes),
        )


def _number_fix(count: int, nodes: Sequence[Node]) -> str:
    """Lines where the caution has none of its own: it has one up to two managers."""
    managers = [node for node in nodes if node.manager]
    gone = [node.name for node in managers if not quorum.reachable(node)]
    if gone and count % 2 and 2 < count < quorum.MANY:
        return (
            f"Bring {listed(gone)} back, or replace: `/swarm node demote {gone[0]}`, and "
            "promote another"
        )
    spare = next((node for node in managers if not quorum.reachable(node)), None) or next(
        (node for node in reversed(managers) if not (node.manager and node.manager.leader)), None
    )
    fewer = f"`/swarm node demote {spare.name}`" if spare and count > 2 and count % 2 == 0 else ""
    more = quorum.candidates(nodes) if fewer and count < quorum.MANY - 1 else ()
    if more:
        return f"{fewer} or `/swarm node promote {more[0]}`"
    return fewer or (f"`/swarm node demote {spare.name}`" if spare and count >= quorum.MANY else "")


def _unreachable(nodes: Iterable[Node], engines: Sequence[EngineState]) -> Iterator[Advice]:
    """Managers that run and that the others do not reach; one whose engine is locked or away is
    told of as that."""
    told = {
        name
        for one in engines
        if one.swarm == "locked" or not one.reachable
        for name in (one.name, one.node_name)
    }
    names = [
        node.name
        for node in nodes
        if node.manager
        and not quorum.reachable(node)
        and node.state == "ready"
        and node.name not in told
    ]
    yield from grouped(
        names,
        "is a manager that the others do not reach",
        Advice(
            severity=Severity.WARNING,
            name="manager-unreachable",
            text="managers are not reached by the others",
            fix=(
                "Port 2377/tcp has to be open between managers; there: `sudo journalctl -u docker "
                "--since -1h`"
            ),
        ),
    )


def _unknown(nodes: Iterable[Node], engines: Sequence[EngineState]) -> Iterator[Advice]:
    """Managers to which the bot has no connection; not while one of the engines does not say which
    node it is."""
    if not engines or any(not one.node_id for one in engines):
        return
    known = {one.node_id for one in engines}
    names = [node.name for node in nodes if node.manager and node.id not in known]
    lost = any(one.manager for one in engines) and sum(one.manager for one in engines) == 1
    means = (
        "when that one is lost the bot is blind, and"
        if lost
        else "whether one of them is locked only it can say, and"
    )
    yield from grouped(
        names,
        f"is a manager that the bot is not connected to: {means} it cannot be unlocked from here",
        Advice(
            severity=Severity.NOTE,
            name="not-connected",
            text=(
                f"managers are not connected to the bot: {means} they cannot be unlocked from here"
            ),
            fix=(
                f'Add to swarmbot.toml: `[[engines]]` with `name = "{listed(names[:1])}"` '
                "and its `url`"
            ),
        ),
    )
