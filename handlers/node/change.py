"""Changing nodes: their availability, their labels, their role."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bot.changes import fate, moving_logins, node_plan
from bot.changes.node_plan import NodesPlan, SwarmSnapshot
from bot.changes.sequence import Say, carry_out
from bot.command.fields import Argument, Label, Name, Option, SecretPairs
from bot.command.model import Change, Command, Context
from bot.errors import UnsupportedError
from bot.model import (
    Availability,
    Ending,
    Kind,
    Node,
    NodeRole,
    NodeState,
    Outcome,
)
from bot.model.change import Fate
from bot.model.english import listed
from bot.model.slash import SLASH
from bot.rollout.run import Run
from bot.swarm.spec.syntax import mapping
from handlers.node.wanted import Wanted, changes_role, differences, done, goal, nothing_to_do


class NodeChange(Change[NodesPlan]):
    """What all changes of nodes have in common; no command itself."""

    about_services: ClassVar = False

    @abstractmethod
    def typed(self) -> tuple[str, ...]:
        """The nodes as they were typed."""

    @abstractmethod
    def wanted(self) -> Wanted:
        """What they are to become."""

    def plan(self, context: Context) -> NodesPlan:
        """Say what changes, which tasks move, and what the managers then bear.

        Refuse what would lose the quorum.
        """
        look, wanted = SwarmSnapshot.at(context), self.wanted()
        every = [(node, wanted.of(node)) for node in node_plan.named(context, self.typed())]
        changed = [(before, after) for before, after in every if before != after]
        promoted = [
            before for before, after in changed if after.role == NodeRole.MANAGER != before.role
        ]
        _refuse_absent(promoted)
        node_plan.keep_in_reach(
            context, (before for before, after in changed if after.role == NodeRole.WORKER)
        )
        pairs = changed or every
        planned = node_plan.plan(
            look,
            pairs,
            title=f"{listed(tuple(before.name for before, _ in pairs))} → {goal(wanted)}",
            kind=Kind.DANGER
            if wanted.availability == Availability.DRAIN or wanted.role == NodeRole.WORKER
            else Kind.CHANGE,
            changes=tuple(
                difference
                for before, after in changed
                for difference in differences(before, after, len(changed) > 1)
            ),
            warnings=tuple(
                text for before, after in changed for text in _warnings(look, before, after)
            ),
            noop_reason=""
            if changed
            else nothing_to_do(wanted, [before.name for before, _ in every]),
        )
        return moving_logins.warned(context, planned)

    def fate(self, context: Context, planned: str) -> Fate:
        """Its plan covers all that it changes."""
        return fate.by_plan(self, context, planned)

    def apply(self, context: Context, plan: NodesPlan, run: Run) -> Outcome:
        """Change one node after the other, each when the role of the one before is in force.

        Wait for tasks that move.
        """
        wanted = self.wanted()
        last = plan.members[-1].id

        def change(node: Node, say: Say) -> Ending:
            context.swarm.nodes.update(node, wanted.write)
            if wanted.role and changes_role(node, wanted):
                if not node_plan.has_role(context, node, wanted.role):
                    say(
                        f"{node.name}: Swarm has not put its new role in force yet; `{SLASH} "
                        "node ls` shows when it has"
                    )
                    return Ending.TIMED_OUT
                if len(plan.members) > 1:
                    say(f"{node.name} is a {wanted.role} now")
            return node_plan.await_moves(context, plan, say) if node.id == last else Ending.DONE

        steps = (partial(change, node) for node in plan.members)
        outcome = carry_out(context, plan, run, done(plan.nodes, wanted), steps)
        more = [
            *([plan.managers_after] if plan.managers_after and outcome.lines else []),
            *_hint(plan, wanted),
        ]
        return (
            replace(outcome, lines=(*outcome.lines, *more))
            if outcome.ending is Ending.DONE
            else outcome
        )


class NodeUpdate(NodeChange):
    """Change a node's availability, labels or role.

    Drain ends what runs there, and Swarm starts it on other nodes; pause keeps what runs, and
    nothing new comes.
    """

    names: ClassVar = ("node update",)
    examples: ClassVar = (
        "node update --availability drain node4",
        "node update --label-add zone=a node4",
    )

    node: Annotated[Name, Argument("NODE")]
    availability: Literal["active", "pause", "drain"] | None = Field(
        None, description="active, pause or drain"
    )
    label_add: Annotated[tuple[Label, ...], Option(metavar="KEY=VALUE"), SecretPairs] = Field(
        (), description="add or change a label"
    )
    label_rm: Annotated[tuple[str, ...], Option(metavar="KEY")] = Field(
        (), description="remove a label"
    )
    role: Literal["worker", "manager"] | None = Field(None, description="worker or manager")

    def typed(self) -> tuple[str, ...]:
        """One node."""
        return (self.node,)

    def wanted(self) -> Wanted:
        """What the flags say."""
        return Wanted(
            NodeRole(self.role) if self.role else None,
            Availability(self.availability) if self.availability else None,
            mapping(self.label_add),
            self.label_rm,
        )


class NodePromote(NodeChange):
    """Make nodes managers: each keeps the state of the Swarm, and votes."""

    names: ClassVar = ("node promote",)
    examples: ClassVar = ("node promote node4",)

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = Field(min_length=1)

    def typed(self) -> tuple[str, ...]:
        """One node or more."""
        return self.nodes

    def wanted(self) -> Wanted:
        """Managers."""
        return Wanted(role=NodeRole.MANAGER)


class NodeDemote(NodeChange):
    """Make managers workers; refused where the others would lose the quorum."""

    names: ClassVar = ("node demote",)
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("node demote node3",)

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = Field(min_length=1)

    def typed(self) -> tuple[str, ...]:
        """One node or more."""
        return self.nodes

    def wanted(self) -> Wanted:
        """Workers."""
        return Wanted(role=NodeRole.WORKER)


COMMANDS: tuple[type[Command], ...] = (NodeUpdate, NodePromote, NodeDemote)


# ---- words


def _refuse_absent(promoted: Iterable[Node]) -> None:
    for node in promoted:
        if node.state != NodeState.READY:
            raise UnsupportedError(
                f"{node.name} is {node.state.capitalize()} and cannot become a manager",
                "Bring it back first",
            )


def _warnings(look: SwarmSnapshot, before: Node, after: Node) -> Iterable[str]:
    drained = after.availability == Availability.DRAIN != before.availability
    if drained and after.manager:
        yield f"{before.name} stays a manager and votes: drain moves its tasks alone"
    left = [node for node in look.nodes if node.id != before.id and node.takes_tasks]
    closes = before.availability == Availability.ACTIVE != after.availability
    if closes and not left:
        yield "no other node is Ready and Active: nothing new can start until one is"
    if before.state != NodeState.READY:
        yield f"{before.name} is {before.state.capitalize()}"


def _hint(plan: NodesPlan, wanted: Wanted) -> Iterable[str]:
    if wanted.availability == Availability.ACTIVE and any(
        node.availability == Availability.DRAIN for node in plan.members
    ):
        yield f"what runs elsewhere stays there; `{SLASH} rebalance` spreads services anew"
