"""Join tokens and unlock keys: shown to who asked alone, and rotated."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bot.command.fields import Argument, Option
from bot.command.model import Change, Command, Context
from bot.errors import UnsupportedError
from bot.model import Ending, Kind, Message, Outcome, Plan
from bot.model.english import agree, listed
from bot.model.slash import SLASH
from bot.render.objects import credentials
from bot.rollout.run import Run
from bot.swarm.health import quorum
from bot.swarm.objects.cluster import SWARM, Rotate, keep, manager_addresses


class JoinToken(Change[Plan]):
    """Show, to you alone, what lets a machine join as worker or as manager; `--rotate` makes a new
    token."""

    names: ClassVar = ("swarm join-token", "join-token")
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("swarm join-token worker", "swarm join-token --rotate manager")

    role: Annotated[Literal["worker", "manager"], Argument("worker|manager")]
    rotate: bool = Field(
        False, description="make a new token; the old one lets nobody join any more"
    )
    quiet: Annotated[bool, Option(("--quiet", "-q"))] = Field(
        False, description="accepted; the answer is the same"
    )

    def answers_secretly(self) -> bool:
        """Always: that is what it is for."""
        return True

    def plan(self, context: Context) -> Plan:
        """The token is not read yet: it belongs into no plan."""
        info = context.swarm.cluster.inspect()
        return Plan(
            title=f"{self.role} join token{' rotated' if self.rotate else ''}",
            targets=(SWARM,) if self.rotate else (),
            fingerprint=f"{info.id}:{self.role}:{self.rotate}",
            kind=Kind.DANGER,
            summary=(
                f"the old one lets nobody join as {self.role} any more; nodes that are in stay in"
            )
            if self.rotate
            else "",
        )

    def apply(self, context: Context, plan: Plan, run: Run) -> Outcome:
        """Rotate it where asked; the channel learns that, and who asked gets the token."""
        del run
        started, cluster = context.now(), context.swarm.cluster
        if self.rotate:
            manager = self.role == "manager"
            cluster.update(keep, Rotate(worker_token=not manager, manager_token=manager))
        tokens = cluster.join_tokens()
        remotes = manager_addresses(context.swarm.nodes.list())
        message = credentials.join_token(
            self.role, tokens.manager if self.role == "manager" else tokens.worker, remotes[0]
        )
        return Outcome(
            ending=Ending.DONE,
            title=plan.title,
            seconds=(context.now() - started).total_seconds(),
            private=None if self.rotate else message,
            private_note=message if self.rotate else None,
        )


class UnlockKey(Change[Plan]):
    """Show, to you alone, the key that managers need after a restart; `--rotate` makes a new
    one."""

    names: ClassVar = ("swarm unlock-key", "unlock-key")
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("swarm unlock-key", "swarm unlock-key --rotate")

    rotate: bool = Field(False, description="make a new key")
    quiet: Annotated[bool, Option(("--quiet", "-q"))] = Field(
        False, description="accepted; the answer is the same"
    )

    def answers_secretly(self) -> bool:
        """Always: that is what it is for."""
        return True

    def plan(self, context: Context) -> Plan:
        """Whether there is a key; which managers would still need the old one."""
        info = context.swarm.cluster.inspect()
        if not info.autolock:
            raise UnsupportedError(
                "autolock is off, so there is no unlock key",
                "To switch it on: `swarm update --autolock=true`",
            )
        if self.rotate:
            _refuse_while_locked(context)
        left_behind = _left_behind(context) if self.rotate else ()
        return Plan(
            title=f"unlock key{' rotated' if self.rotate else ''}",
            targets=(SWARM,) if self.rotate else (),
            fingerprint=f"{info.id}:{self.rotate}:{left_behind}",
            kind=Kind.DANGER,
            summary="managers that restart from now on need the new key" if self.rotate else "",
            warnings=left_behind,
        )

    def apply(self, context: Context, plan: Plan, run: Run) -> Outcome:
        """Rotate it where asked; the channel learns that, and who asked gets the key."""
        del run
        started = context.now()
        message = self._rotated(context) if self.rotate else _key_of_now(context)
        return Outcome(
            ending=Ending.DONE,
            title=plan.title,
            seconds=(context.now() - started).total_seconds(),
            private=None if self.rotate else message,
            private_note=message if self.rotate else None,
        )

    def _rotated(self, context: Context) -> Message:
        cluster = context.swarm.cluster
        old = cluster.unlock_key()
        reachable, away = quorum.by_reach(context.swarm.nodes.list())
        cluster.update(keep, Rotate(unlock_key=True))
        return credentials.rotated_unlock_key(cluster.unlock_key(), old, reachable, away)


COMMANDS: tuple[type[Command], ...] = (JoinToken, UnlockKey)


def _refuse_while_locked(context: Context) -> None:
    locked = [state.name for state in context.swarm.engines.states() if state.swarm == "locked"]
    if locked:
        raise UnsupportedError(
            f"{', '.join(locked)} {agree(len(locked), 'is', 'are')} locked, and only the "
            "key of now opens "
            f"{agree(len(locked), 'it', 'them')}",
            f"Unlock first: `{SLASH} swarm unlock --on {locked[0]}`",
        )


def _key_of_now(context: Context) -> Message:
    return credentials.unlock_key(context.swarm.cluster.unlock_key())


def _left_behind(context: Context) -> tuple[str, ...]:
    _, away = quorum.by_reach(context.swarm.nodes.list())
    if not away:
        return ()
    return (f"{listed(away)} cannot be reached, and will ask for the old key: you are shown both",)
