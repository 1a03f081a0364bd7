"""Locked managers: back into the Swarm with the key.

It is that of a healthy manager, or one that somebody types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from bot.changes import fate
from bot.command.fields import Option
from bot.command.model import Change, Command, Context, Form
from bot.errors import (
    NO_MANAGER,
    EngineRefusedError,
    NoEngineError,
    OutcomeUnknownError,
    UnlockKeyNeededError,
    UnsupportedError,
    WrongUnlockKeyError,
)
from bot.model import Ending, Kind, Outcome, Plan
from bot.model.change import Fate
from bot.model.slash import SLASH
from bot.rollout.run import Run
from bot.swarm.arrival import NodeArrival
from bot.swarm.choose_engine import LOCKED, choose

UNLOCKED_SECONDS = 45.0
"""For a manager to be back among the others after it was unlocked."""
ALONE_SECONDS = 8.0
"""How long a manager is waited for whose fellows are locked as well: without them there is no
leader."""
WRONG_KEY = (400, 401)
NOT_LOCKED = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockPlan(Plan):
    """An engine that is locked."""

    engine: str


class UnlockForm(Form):
    """What `swarm unlock` asks for when nothing else is typed."""

    title: ClassVar = "Unlock a manager"
    submit: ClassVar = "Unlock"

    key: SecretStr | None = Field(
        None, description="SWMKEY-1-…; empty: the key of a healthy manager is taken"
    )

    def command(self) -> Unlock:
        """With the typed key, or with the one that a healthy manager has."""
        return UnlockTyped(key=self.key) if self.key else Unlock()


class Unlock(Change[UnlockPlan]):
    """Unlock a locked manager with the key of a healthy one, and wait until it is Ready and
    Reachable again.

    With nothing else typed it opens a modal, where a key can be given as well.
    """

    names: ClassVar = ("swarm unlock", "unlock")
    about_services: ClassVar = False
    form: ClassVar = UnlockForm
    kind: ClassVar = Kind.DANGER
    heeds_holds: ClassVar = False
    examples: ClassVar = ("swarm unlock", "swarm unlock --on node3")

    on: Annotated[str, Option(metavar="ENGINE")] = Field(
        "", description="the engine that is locked"
    )

    def plan(self, context: Context) -> UnlockPlan:
        """Which engine is locked, and whether a manager has its key."""
        plan = locked(context, self.on)
        if not plan.noop_reason:
            _key(context, plan.engine)
        return plan

    def docker_words(self) -> Sequence[str]:
        """On the locked manager itself, which asks for the key."""
        return ("swarm", "unlock")

    def fate(self, context: Context, planned: str) -> Fate:
        """Its plan covers all that it changes."""
        return fate.on_engine(self, context, planned)

    def apply(self, context: Context, plan: UnlockPlan, run: Run) -> Outcome:
        """Take the key from a healthy manager, and unlock with it."""
        del run
        return unlock_with(context, plan.engine, _key(context, plan.engine))


class UnlockTyped(Unlock):
    """The same with a key that stands nowhere but in the modal; it cannot wait for approval."""

    key: SecretStr

    def plan(self, context: Context) -> UnlockPlan:
        """Which engine is locked."""
        return locked(context, self.on)

    def apply(self, context: Context, plan: UnlockPlan, run: Run) -> Outcome:
        """Try the key."""
        del run
        return unlock_with(context, plan.engine, self.key)


COMMANDS: tuple[type[Command], ...] = (Unlock,)


def locked(context: Context, name: str = "") -> UnlockPlan:
    """The plan to unlock the engine of that name, or the only one that is locked, by whatever key.

    Raises UnknownName, ChooseEngine, NoEngineError.
    """
    state = choose("swarm unlock", context.swarm.engines.states(), name, LOCKED)
    if not state.reachable:
        raise NoEngineError(((state.name, state.error),))
    return UnlockPlan(
        title=f"unlock {state.name}",
        targets=(f"engine:{state.name}",),
        fingerprint=f"{state.name}:{state.swarm}",
        kind=Kind.DANGER,
        nodes=(state.node_name or state.name,),
        summary="it rejoins the other managers",
        noop_reason="" if state.swarm in ("locked", "") else f"{state.name} is not locked",
        engine=state.name,
    )


def unlock_with(context: Context, engine: str, key: SecretStr) -> Outcome:
    """Unlock an engine and say how it is then.

    It is back among the managers, or waits for others that are locked too. Raises
    WrongUnlockKeyError (it is still locked), Unsupported where it is not locked,
    EngineRefusedError.
    """
    started = context.now()
    try:
        context.swarm.cluster.unlock(engine, key)
    except OutcomeUnknownError:
        # The call may last until the engine has found the others.
        if context.swarm.cluster.info(engine).swarm == "locked":
            raise
    except EngineRefusedError as error:
        if error.status in WRONG_KEY:
            raise WrongUnlockKeyError(engine) from None
        if error.status == NOT_LOCKED:
            raise UnsupportedError(
                f"{engine} is not locked", "There is nothing to unlock"
            ) from None
        raise
    return _unlocked(context, engine, started.timestamp())


def _unlocked(context: Context, engine: str, started: float) -> Outcome:
    others = _still_locked(context, engine)
    patience = ALONE_SECONDS if others and not _has_leader(context) else UNLOCKED_SECONDS
    node = NodeArrival(context.swarm, engine, context.stopping).await_node(patience)
    took = context.now().timestamp() - started
    if node:
        return Outcome(
            ending=Ending.DONE,
            title=f"{engine} is unlocked · Ready, Reachable",
            seconds=took,
            lines=("It is back among the managers.", *_also(others)),
        )
    if others:
        return Outcome(
            ending=Ending.DONE,
            title=f"{engine} is unlocked, and waits for the other managers",
            seconds=took,
            lines=(
                "There is no leader until more than half of the managers are unlocked.",
                *_also(others),
            ),
        )
    return Outcome(
        ending=Ending.TIMED_OUT,
        title=f"{engine} is unlocked, and not back among the managers yet",
        seconds=took,
        lines=(f"`{SLASH} info --on {engine}` says how it is.",),
    )


def _key(context: Context, engine: str) -> SecretStr:
    """The key from a healthy manager. Raises UnlockKeyNeededError where none has it."""
    try:
        key = context.swarm.cluster.unlock_key()
    except NO_MANAGER:
        raise UnlockKeyNeededError(
            engine, "there is no leader, or every manager is locked"
        ) from None
    if not key.get_secret_value():
        raise UnlockKeyNeededError(engine, "autolock was switched off while it was away") from None
    return key


def _still_locked(context: Context, but: str) -> tuple[str, ...]:
    return tuple(
        state.name
        for state in context.swarm.engines.states()
        if state.swarm == "locked" and state.name != but
    )


def _has_leader(context: Context) -> bool:
    try:
        context.swarm.nodes.list()
    except NO_MANAGER:
        return False
    return True


def _also(others: tuple[str, ...]) -> tuple[str, ...]:
    return (
        (f"Locked as well: {', '.join(others)}. `{SLASH} swarm unlock --on {others[0]}`",)
        if others
        else ()
    )
