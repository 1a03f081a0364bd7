"""What the doctor says of nodes and clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.model.advice_facts import (
    ClockOff,
    LeftOver,
    ManagerDrained,
    NodeAway,
    NoNodeActive,
    NoSpareRoom,
    Skewed,
    VersionsDiffer,
)
from bot.model.english import agree, listed, rounded
from bot.model.slash import SLASH
from bot.render.doctor.advice_text import AdviceText, about_all
from bot.render.objects.engine_versions import versions_in_words

_ID = 12
"""So many characters of an id are enough to name it, as in Docker's own lists."""
_ACTIVATE = f"{SLASH} node update --availability active"
_SYNCHRONIZE = "`sudo timedatectl set-ntp true`"


def left_over(facts: LeftOver) -> AdviceText:
    """An entry from before the node joined anew."""
    node_id = facts.node_id[:_ID]
    return AdviceText(
        f"{facts.node} is listed twice: {node_id} is Down, left over from before it joined anew"
        f"{', and still counts as a manager' if facts.manager else ''}",
        f"`{SLASH} node rm {node_id}`",
    )


def node_away(facts: NodeAway) -> AdviceText:
    """A node that is Down."""
    since = f" for {rounded(facts.lasted)}" if facts.lasted else ""
    manager = ", and is a manager" if facts.manager else ""
    ends = facts.certificate_ends
    too_late = (
        f"; its certificate ends on {ends:%Y-%m-%d} at the latest, then it has to join anew"
        if ends
        else ""
    )
    return AdviceText(
        f"{facts.node} is {facts.state.capitalize()}{since}{manager}{too_late}",
        "Bring it back (there: `sudo systemctl start docker`), or where it is gone for good: "
        f"`{SLASH} node rm {facts.node_id[:_ID]}`",
    )


def no_node_active(facts: NoNodeActive) -> AdviceText:
    """Every node is drained or paused."""
    return AdviceText(
        "no node takes tasks: every one that is Ready is drained or paused",
        f"`{_ACTIVATE} {facts.node}`",
    )


def manager_drained(facts: ManagerDrained) -> AdviceText:
    """A manager that runs nothing, while others do."""
    return AdviceText(
        f"{facts.node} is a manager and drained: it has its vote, and runs nothing, while other "
        "managers run tasks",
        f"`{_ACTIVATE} {facts.node}`",
    )


def node_closed(names: Sequence[str]) -> AdviceText:
    """Nodes that are drained or paused."""
    return about_all(
        names,
        "nodes",
        "takes no new tasks: it is drained or paused",
        "take no new tasks: they are drained or paused",
        f"When the work there is done: `{_ACTIVATE} {names[0]}`",
    )


def versions_differ(facts: VersionsDiffer) -> AdviceText:
    """Engines of several versions."""
    oldest = facts.versions[-1]
    first = (oldest.managers or oldest.nodes)[0]
    loses = (
        ". What is changed through an older manager loses what only newer ones know; the bot goes "
        "through the newest that it knows"
    )
    return AdviceText(
        f"engines of different versions: {versions_in_words(facts.versions)}"
        f"{loses if facts.loses else ''}",
        f"One node after the other: `{SLASH} node update --availability drain {first}`, upgrade "
        "Docker there, then `--availability active`",
    )


def clock_off(facts: ClockOff) -> AdviceText:
    """A clock that is wrong: an engine's, or the bot's own."""
    off = f"{rounded(abs(facts.ahead))} {'ahead' if facts.ahead > timedelta() else 'behind'}"
    if not facts.engine:
        return AdviceText(
            f"the bot's own clock is {off} of all engines", f"Where the bot runs: {_SYNCHRONIZE}"
        )
    return AdviceText(
        f"the clock of {facts.engine} is {off} of the bot's: certificates, logs and events go by "
        "it",
        f"On {facts.engine}: {_SYNCHRONIZE}",
    )


def over_reserved(names: Sequence[str]) -> AdviceText:
    """Nodes that promise more than they have."""
    return about_all(
        names,
        "nodes",
        "has less memory or CPUs than its tasks reserve",
        "have less memory or CPUs than their tasks reserve",
        f"`{SLASH} node inspect {names[0]}` shows both; lower `--reserve-memory` or "
        "`--reserve-cpu`",
    )


def no_spare_room(facts: NoSpareRoom) -> AdviceText:
    """A node whose tasks would find no room elsewhere."""
    reserve = agree(len(facts.services), "reserves", "reserve")
    return AdviceText(
        f"were {facts.node} lost, the other nodes would have no room for what "
        f"{listed(facts.services)} {reserve}",
        f"Add a node (`{SLASH} swarm join-token worker`), or lower `--reserve-memory` or "
        "`--reserve-cpu`",
    )


def skewed(facts: Skewed) -> AdviceText:
    """Services that do not lie evenly."""
    empty = facts.empty
    idle = f", and {listed(empty[:3])} {agree(len(empty), 'runs', 'run')} nothing" if empty else ""
    return about_all(
        facts.names,
        "services",
        f"does not lie evenly on its nodes{idle}",
        f"do not lie evenly on their nodes{idle}",
        f"`{SLASH} rebalance {facts.names[0]}` restarts its tasks, one after the other",
    )
