"""A command is a model: its fields are its flags, and its docstring is its help.

As a model it can also wait in Redis as JSON.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.clock import Stopping, utc_now
from bot.command.fields import Argument
from bot.errors import ApprovalNotFoundError, UnsupportedError
from bot.model import Actor, Kind, Message, Outcome, Plan
from bot.model.approval import Approval
from bot.model.batch import Batch
from bot.model.bounds import MOST_LINE, MOST_NAME
from bot.model.change import Fate
from bot.registry.reader import RegistryReader
from bot.registry.transport import HttpTransport
from bot.rollout.roller import Roller
from bot.rollout.run import Run
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm

PlanType = TypeVar("PlanType", bound=Plan)


@dataclass(frozen=True, slots=True)
class Context:
    """What a command may use while it runs, and for whom it runs.

    `stopping` is set when the bot is about to end; whoever waits for something waits for it too.
    `refused_channels` are those of the file that take no messages, with Slack's error names.
    `registry` is what the bot asks registries by itself.
    """

    swarm: Swarm
    store: Store
    roller: Roller
    table: Table
    settings: Settings
    actor: Actor
    now: Callable[[], datetime] = utc_now
    stopping: Stopping = field(kw_only=True)
    refused_channels: Callable[[], Mapping[str, str]] = dict
    registry: RegistryReader = field(default_factory=lambda: RegistryReader(HttpTransport()))


class Command(BaseModel):
    """Base of all commands. `names` holds the full name first, then short forms; all of them may be
    typed.

    `about_services`: rules judge it by the names of the services that it finds.
    `elsewhere`: flags that Docker has and the bot does not take, by their spellings, with the
    reason.
    `flags_first`: flags end at the first argument that fills the last single place, as in `service
    create … IMAGE sh -c …`.
    """

    # An error that quotes what it was given would carry it into the log.
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_max_length=MOST_LINE, hide_input_in_errors=True
    )

    names: ClassVar[tuple[str, ...]]
    kind: ClassVar[Kind]
    examples: ClassVar[tuple[str, ...]] = ()
    elsewhere: ClassVar[Mapping[str, str]] = {}
    flags_first: ClassVar[bool] = False
    form: ClassVar[type[Form] | None] = None
    about_services: ClassVar[bool]

    def meant(self) -> Command:
        """The command that the line comes to: flags may make a read of a change, or the reverse."""
        return self

    def judged(self, store: Store, table: Table) -> Command:
        """The command whose rules count: another where this one only lets that one wait."""
        del store, table
        return self

    def services_to_judge(self) -> tuple[str, ...] | None:
        """The names by which rules judge it before anything is looked at.

        An empty name stands for what is about no service; None where only a look tells.
        """
        return None if self.about_services else ("",)

    def answers_secretly(self) -> bool:
        """Whether its answer holds a secret, which is shown in Slack alone, to who asked."""
        return False

    @classmethod
    def full_name(cls) -> str:
        """The full name, which rules and the audit speak of."""
        return cls.names[0]

    @classmethod
    def summary(cls) -> str:
        """What it does, in the sentence that its help begins with."""
        first, _, _ = (cls.__doc__ or "").partition("\n\n")
        return " ".join(first.split()).rstrip(".")


class Form(BaseModel):
    """What a modal asks for; `title` (24 characters at most) and `submit` stand on it.

    A command whose `form` is set opens it when nothing but its name is typed. Fields of type
    `SecretStr` exist here alone: what is typed into a modal stands in no channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=MOST_LINE)

    title: ClassVar[str]
    submit: ClassVar[str] = "Send"

    @abstractmethod
    def command(self) -> Command:
        """What the filled form stands for."""


class ApprovalAction(Command):
    """A step on a request that waits for approval.

    The request says who may take it, and policy is not asked. `decides`: it is for those who may
    approve, and never for CI.
    """

    kind: ClassVar[Kind] = Kind.CHANGE
    about_services: ClassVar[bool] = False
    decides: ClassVar[bool] = True

    approval: Annotated[str, Argument("ID")] = Field(max_length=MOST_NAME)

    @abstractmethod
    def step(self, context: Context) -> Callable[[Approval], Approval]:
        """The step, from the request as it is to the request as it will be; it raises where it may
        not be taken."""

    def refuse(self, context: Context) -> None:
        """Raise where it may not be taken now; nothing is changed.

        Raises ApprovalNotFoundError, and what the step raises.
        """
        approval = context.store.approvals.get(self.approval)
        if approval is None:
            raise ApprovalNotFoundError(self.approval)
        self.step(context)(approval)

    def take(self, context: Context) -> Approval:
        """Take the step, and return the request as it is then; raises where it may not be taken."""
        return context.store.approvals.apply(self.approval, self.step(context))


class Query(Command):
    """Reads and answers only who asked."""

    kind: ClassVar[Kind] = Kind.READ
    about_services: ClassVar[bool] = False

    @abstractmethod
    def run(self, context: Context) -> Message:
        """Gather what is asked for and render it."""


class Change(Command, Generic[PlanType]):
    """Changes something: first a plan that only reads, then, if policy allows, the plan is applied.

    `PlanType` is the class of this command's own plan. `heeds_holds`: it is refused on services
    that somebody else holds, and while everything is frozen. `looks_again`: it is planned once more
    when its locks are there; not where `apply` itself compares what is there with the plan.
    """

    kind: ClassVar[Kind] = Kind.CHANGE
    about_services: ClassVar[bool] = True
    heeds_holds: ClassVar[bool] = True
    looks_again: ClassVar[bool] = True

    @abstractmethod
    def plan(self, context: Context) -> PlanType:
        """Say what would change, and against what that was planned. Reads only."""

    @abstractmethod
    def apply(self, context: Context, plan: PlanType, run: Run) -> Outcome:
        """Do what the plan says, or raise."""

    def docker_words(self) -> Sequence[str]:
        """What does the same in Docker's own command line, where that is another line; else
        nothing."""
        return ()

    def fate(self, context: Context, planned: str) -> Fate:
        """What became of it where its bot ended in the middle of it.

        `planned` is the fingerprint of its plan; see `bot.changes.fate`.
        """
        del context, planned
        return Fate.UNSURE

    def take_up(self, context: Context, batch: Batch, run: Run) -> Outcome:
        """Go on with what another bot has left: for a change that records a `Batch`."""
        del context, batch, run
        raise UnsupportedError("this change cannot be gone on with", "Send the line again.")


def has_secret(command: Command) -> bool:
    """Whether it carries what must not be written down, so that it cannot wait for anything."""
    return any(isinstance(value, SecretStr) for value in command.__dict__.values())


def written(command: Command) -> dict[str, Any]:
    """A command as JSON: its full name and its flags; a `SecretStr` is masked."""
    return {
        "command": command.full_name(),
        "flags": command.model_dump(mode="json", exclude_defaults=True),
    }


@dataclass(frozen=True)
class Table:
    """All commands by every name under which they may be typed."""

    commands: tuple[type[Command], ...]

    @cached_property
    def by_name(self) -> Mapping[str, type[Command]]:
        """Full names and short forms."""
        return {name: command for command in self.commands for name in command.names}

    @cached_property
    def full_names(self) -> Mapping[str, str]:
        """The full name of the command, by every name under which it may be typed."""
        return {name: command.full_name() for name, command in self.by_name.items()}

    def find(self, words: Sequence[str]) -> tuple[type[Command], int] | None:
        """The command with the longest name that the words begin with.

        With how many words its name takes; None where there is no such command.
        """
        for count in range(min(3, len(words)), 0, -1):
            command = self.by_name.get(" ".join(words[:count]).lower())
            if command:
                return command, count
        return None
