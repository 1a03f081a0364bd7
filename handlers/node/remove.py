"""Removing nodes whose machines are gone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from bot.changes import fate, moving_logins, node_plan
from bot.changes.node_plan import NodesPlan, SwarmSnapshot
from bot.changes.sequence import Say, carry_out
from bot.command.fields import Argument, Name, Option
from bot.command.model import Change, Command, Context
from bot.errors import NodeNotDownError, StillManagerError, UnknownNameError, UnsupportedError
from bot.model import Ending, Kind, Node, NodeRole, NodeState, Outcome
from bot.model.change import Fate
from bot.model.english import agree, listed
from bot.model.slash import SLASH
from bot.rollout.run import Run
from bot.swarm.health import quorum


class NodeRm(Change[NodesPlan]):
    """Remove nodes that are Down; a manager among them is demoted first, if the others keep the
    quorum.

    A node that is up leaves by itself: drain it, and send `docker swarm leave` over there.
    `--force` removes it all the same.
    """

    names: ClassVar = ("node rm", "node remove")
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("node rm node4", "node rm --force node4")

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = Field(min_length=1)
    force: Annotated[bool, Option(("--force", "-f"))] = Field(
        False, description="though it is not Down"
    )

    def plan(self, context: Context) -> NodesPlan:
        """Refuse what is up, what manages, and what would lose the quorum; say which tasks move."""
        look = SwarmSnapshot.at(context)
        members = node_plan.named(context, self.nodes)
        for node in members:
            self._refuse(context, node)
        node_plan.keep_in_reach(context, members)
        names = ", ".join(node.name for node in members)
        up = [node.name for node in members if node.state != NodeState.DOWN]
        planned = node_plan.plan(
            look,
            [(node, None) for node in members],
            title=f"remove {names}",
            kind=Kind.DANGER,
            warnings=(_leave(up),) if up else (),
        )
        return moving_logins.warned(context, planned)

    def fate(self, context: Context, planned: str) -> Fate:
        """Whether they are gone."""
        return fate.of_removal(self, context, planned, context.swarm.nodes.find, self.nodes)

    def apply(self, context: Context, plan: NodesPlan, run: Run) -> Outcome:
        """Demote where need be, remove, and say each step."""
        last = plan.members[-1].id

        def remove(node: Node, say: Say) -> Ending:
            say(f"{node.name} was {node.state.capitalize()}")
            if not _demoted(context, node, say):
                return Ending.TIMED_OUT
            self._remove(context, node)
            say(f"{node.name} is removed")
            return node_plan.await_moves(context, plan, say) if node.id == last else Ending.DONE

        names = listed(plan.nodes)
        title = f"{names} {agree(len(plan.members), 'is', 'are')} no longer in the Swarm"
        outcome = carry_out(
            context, plan, run, title, (partial(remove, node) for node in plan.members)
        )
        managers_after = (
            (plan.managers_after,) if plan.managers_after and outcome.ending is Ending.DONE else ()
        )
        return replace(outcome, lines=(*outcome.lines, *managers_after))

    def _refuse(self, context: Context, node: Node) -> None:
        if quorum.reachable(node):
            raise StillManagerError(node.name)
        if self.force:
            return
        if node.state != NodeState.DOWN:
            raise NodeNotDownError(node.name, node.state)
        if any(
            state.swarm == "locked" and state.node_name == node.name
            for state in context.swarm.engines.states()
        ):
            raise UnsupportedError(
                f"{node.name} is not gone: its engine answers, and is locked",
                f"Unlock it by `{SLASH} swarm unlock`; or add `--force`",
            )

    def _remove(self, context: Context, node: Node) -> None:
        try:
            context.swarm.nodes.remove(node, force=self.force)
        except UnknownNameError:
            # Somebody else was quicker.
            return


COMMANDS: tuple[type[Command], ...] = (NodeRm,)


def _demoted(context: Context, node: Node, say: Say) -> bool:
    """Whether it is no manager any more: only then can it be removed.

    After `--force-new-cluster` the managers of before have the role still and are none: Swarm
    knows nobody whom it could demote, and removes them.
    """
    if node.manager is None:
        return True
    context.swarm.nodes.update(node, lambda spec: spec.update(Role=str(NodeRole.WORKER)))
    if not node_plan.has_role(context, node, NodeRole.WORKER):
        say(
            f"{node.name}: its role is worker, and Swarm has not put that in force yet; send "
            "the line again in a while"
        )
        return False
    say(f"{node.name} is demoted")
    return True


def _leave(names: list[str]) -> str:
    they_do = agree(len(names), "it does", "they do")
    return (
        f"{' and '.join(names)} may go on running containers until {they_do} `docker swarm leave`"
    )
