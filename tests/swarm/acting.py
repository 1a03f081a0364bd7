"""Lines as typed, run against a real Swarm with everything of the bot but Slack."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from bot.clock import Stopping, utc_now
from bot.command import line
from bot.command.model import Change, Context
from bot.model import Actor, Ending, Outcome, Plan, Progress, Rollout
from bot.rollout.roller import Roller
from bot.rollout.run import Run
from bot.settings import RegistrySettings, Settings
from bot.store.embedded import Embedded
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE

ANN = Actor("U1", "ann")


@dataclass
class Acting:
    """Plans and applies what is typed. `seen` holds every look that was shown."""

    context: Context
    seen: list[tuple[Rollout, Progress]] = field(default_factory=list)

    def plan(self, text: str) -> Plan:
        command = line.parse(text, TABLE)
        assert isinstance(command, Change)
        plan: Plan = command.plan(self.context)
        return plan

    def does(self, text: str) -> Outcome:
        command = line.parse(text, TABLE)
        assert isinstance(command, Change)
        plan = command.plan(self.context)
        if plan.noop_reason:
            return Outcome(ending=Ending.DONE, title=plan.noop_reason, seconds=0.0)
        with self.context.store.locks.acquire(plan.targets, ANN.name, plan.title) as held:
            run = Run(
                secrets.token_hex(5), "C1", held, "audit", lambda *look: self.seen.append(look)
            )
            outcome = command.apply(self.context, plan, run)
            if outcome.rollout:
                self.context.roller.close(outcome.rollout, outcome.ending, held.fence)
            return outcome


def acting(swarm: Swarm, store: Store, folder: Path) -> Acting:
    settings = Settings(SWARMBOT_DATA=folder, registries=(RegistrySettings(host="*"),))
    stopping = Stopping()
    roller = Roller(swarm, store, utc_now, stopping)
    return Acting(Context(swarm, store, roller, TABLE, settings, ANN, stopping=stopping))


def redis(folder: Path) -> tuple[Embedded, Store]:
    server = Embedded(folder / "redis")
    return server, Store.connect(server.start())
