"""Engines that join the Swarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr

from bot.changes import fate
from bot.command.address_fields import NodeAddress, Remote
from bot.command.fields import Argument, Lookup, Option
from bot.command.model import Change, Command, Context, Form
from bot.errors import (
    NoEngineError,
    UnsupportedError,
)
from bot.model import Ending, Kind, Node, Outcome, Plan
from bot.model.addresses import split_address
from bot.model.change import Fate
from bot.model.cluster import EngineState
from bot.model.english import agree
from bot.model.slash import SLASH
from bot.render.objects.manager_cautions import cautions_in_words
from bot.rollout.run import Run
from bot.swarm.arrival import NodeArrival
from bot.swarm.choose_engine import OUTSIDE, choose
from bot.swarm.engine import reach
from bot.swarm.health import quorum
from bot.swarm.objects.cluster import SWARM, manager_addresses

Role = Literal["worker", "manager"]
JOINED_SECONDS = 60.0
"""For a node to be Ready after its engine joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPlan(Plan):
    """An engine that joins through these managers (`HOST:PORT`).

    `lines` were found out while planning.
    """

    engine: str
    remotes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class JoinForm(Form):
    """What `swarm join` asks for when nothing else is typed.

    It opens too when a token was typed where it does not belong.
    """

    title: ClassVar = "Join the Swarm"
    submit: ClassVar = "Join"

    on: Annotated[str, Lookup("engine")] = Field(title="Engine")
    role: Role = "worker"
    remote: Remote | None = Field(
        None, title="Manager", description="HOST:PORT; empty: the managers of this Swarm"
    )
    token: SecretStr | None = Field(
        None, description="SWMTKN-1-…; empty: swarmbot takes it from the Swarm"
    )

    def command(self) -> Join:
        """With the typed token, or with the Swarm's own."""
        given = self.model_dump(exclude_none=True, exclude={"token"})
        return JoinTyped(**given, token=self.token) if self.token else Join(**given)


class Join(Change[JoinPlan]):
    """Let an engine join the Swarm; swarmbot takes the token from the Swarm itself."""

    names: ClassVar = ("swarm join", "join")
    about_services: ClassVar = False
    form: ClassVar = JoinForm
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = (
        "swarm join 10.0.0.1:2377 --on node4",
        "swarm join 10.0.0.1:2377 --on node2 --as manager",
    )
    elsewhere: ClassVar = {
        "--token": "what is typed stays in Slack; leave it out, swarmbot takes it from the Swarm"
    }

    remote: Annotated[Remote | None, Argument("HOST:PORT")] = None
    on: Annotated[str, Option(metavar="ENGINE")] = Field("", description="the engine that joins")
    role: Annotated[Role, Option(("--as",), "worker|manager")] = Field(
        "worker", description="its role (default worker)"
    )
    advertise_addr: Annotated[NodeAddress | None, Option(metavar="ADDRESS[:PORT]")] = Field(
        None, description="where the other nodes reach it"
    )
    listen_addr: NodeAddress = Field(
        "0.0.0.0:2377", description="where it listens (default 0.0.0.0:2377)"
    )
    data_path_addr: NodeAddress | None = Field(
        None, description="address for the traffic of containers"
    )
    availability: Literal["active", "pause", "drain"] = Field(
        "active", description="whether it takes tasks"
    )

    def plan(self, context: Context) -> JoinPlan:
        """Say what the managers then bear, and which ports answer from here."""
        state = choose("swarm join", context.swarm.engines.states(), self.on, OUTSIDE)
        nodes = context.swarm.nodes.list()
        inside = _refuse_joining(state, nodes)
        remotes = (self.remote,) if self.remote else manager_addresses(nodes)
        after = quorum.changed(nodes, promoted=("",) if self.role == "manager" else ())
        cautions = (
            cautions_in_words(quorum.cautions(after), after, quorum.candidates(nodes))
            if self.role == "manager"
            else ()
        )
        closed, checked = ((), ()) if inside else _ports(remotes[0])
        return JoinPlan(
            title=f"{state.name} joins as {self.role}",
            targets=(SWARM,),
            fingerprint=":".join(
                (
                    f"{state.name}:{state.swarm}:{self.role}:{self.remote}",
                    *([str(after.managers)] if self.role == "manager" else ()),
                )
            ),
            kind=Kind.DANGER,
            nodes=(state.node_name or state.name,),
            summary=f"{after.managers} managers then, {after.fault_tolerance or 'none'} may fail",
            warnings=(*closed, *cautions),
            noop_reason=f"{state.name} is in this Swarm already" if inside else "",
            engine=state.name,
            remotes=remotes,
            lines=checked,
        )

    def fate(self, context: Context, planned: str) -> Fate:
        """Its plan covers all that it changes."""
        return fate.on_engine(self, context, planned)

    def apply(self, context: Context, plan: JoinPlan, run: Run) -> Outcome:
        """Join, and wait until the node is Ready, and Reachable as a manager."""
        del run
        started, cluster = context.now(), context.swarm.cluster
        given = {"AdvertiseAddr": self.advertise_addr, "DataPathAddr": self.data_path_addr}
        cluster.join(
            plan.engine,
            plan.remotes,
            self._token(context),
            ListenAddr=self.listen_addr,
            Availability=self.availability,
            **{key: value for key, value in given.items() if value},
        )
        node = NodeArrival(context.swarm, plan.engine, context.stopping).await_node(JOINED_SECONDS)
        took = (context.now() - started).total_seconds()
        if node is None:
            title = f"{plan.engine} joined as {self.role}, and is not Ready yet"
            return Outcome(
                ending=Ending.TIMED_OUT,
                title=title,
                seconds=took,
                lines=(*plan.lines, _firewall(plan)),
            )
        state = "Ready, Reachable" if self.role == "manager" else "Ready"
        return Outcome(
            ending=Ending.DONE,
            title=f"{node.name} joined as {self.role} · {state}",
            seconds=took,
            lines=(f"{plan.summary}.", *plan.lines) if self.role == "manager" else plan.lines,
        )

    def _token(self, context: Context) -> SecretStr:
        tokens = context.swarm.cluster.join_tokens()
        return tokens.manager if self.role == "manager" else tokens.worker


class JoinTyped(Join):
    """The same with a token that stands nowhere but in the modal; it cannot wait for approval."""

    token: SecretStr

    def _token(self, context: Context) -> SecretStr:
        del context
        return self.token


COMMANDS: tuple[type[Command], ...] = (Join,)


def _refuse_joining(state: EngineState, nodes: Sequence[Node]) -> bool:
    """Whether the engine is in this Swarm already; raises where it cannot join."""
    if not state.reachable:
        raise NoEngineError(((state.name, state.error),))
    if state.swarm == "locked":
        raise UnsupportedError(
            f"{state.name} is a locked manager",
            f"Unlock it: `{SLASH} swarm unlock --on {state.name}`",
        )
    if state.swarm in ("inactive", ""):
        return False
    if state.swarm == "active" and state.node_id in {node.id for node in nodes}:
        return True
    raise UnsupportedError(
        f"{state.name} is in another Swarm, or was removed from this one",
        f"Let it leave that first: `{SLASH} swarm leave --force --on {state.name}`",
    )


def _ports(remote: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A warning for the TCP ports that do not answer from here.

    With a line on what was and what could not be checked.
    """
    host, port = split_address(remote)
    answers = reach.open_ports(host, (port, reach.GOSSIP_PORT))
    opened = [f"{port}/tcp" for port, answer in answers.items() if answer]
    closed = [f"{port}/tcp" for port, answer in answers.items() if not answer]
    rest = (
        "7946/udp and 4789/udp cannot be checked from here: overlay networks need them open "
        "between all nodes."
    )
    silent = (
        f"{' and '.join(closed)} of {host} {agree(len(closed), 'does', 'do')} not answer from here"
    )
    answering = (
        f"{' and '.join(opened)} of {host} {agree(len(opened), 'answers', 'answer')} from here. "
    )
    return (silent,) if closed else (), ((answering if opened else "") + rest,)


def _firewall(plan: JoinPlan) -> str:
    return (
        f"Check that {plan.engine} reaches {plan.remotes[0]}, and the others reach {plan.engine}, "
        f"then `{SLASH} info`."
    )
