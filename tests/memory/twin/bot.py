"""A bot over what is in memory, put together by `bot.composition`, with the story's clock in place
of threads and timers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.clock import Clocks
from bot.composition import Ports, compose, posted_to
from bot.metrics import Metrics
from bot.policy.rule_names import with_full_names
from bot.poster import Calls, Pace, Poster
from bot.poster.tracking import DeliveryRecord
from bot.render import unreachable
from bot.settings import PolicyRule, Role, Settings
from bot.store.anchor import AnchorFile
from bot.store.store import Store
from bot.swarm.registries.credentials import RegistryCredentials
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from tests.memory.twin.clock import AtOnce, Clock, Party, TurnedPool, TurnedStopping, no_thread
from tests.memory.twin.pool import MemoryEngines, nothing
from tests.memory.twin.redis_twin import RedisTwin
from tests.memory.twin.slack_twin import DirectClient, SlackTwin
from tests.memory.twin.swarm_twin import SwarmTwin

AT_ONCE = Pace(edit_gap=0.0, edits_per_minute=1e9, edit_burst=1e6, first_retry=0.01)
LOOK_EVERY = 2.0
RENEW_EVERY = 3.0
REACH_EVERY = 60.0
PICTURE = b"\x89PNG"


def settings(
    roles: tuple[Role, ...],
    rules: tuple[PolicyRule, ...],
    channel: str = "C0OPS00001",
    **parts: Any,
) -> Settings:
    """What an operator would have written into the file."""
    data = Path("unused")
    given = Settings(channel=channel, roles=roles, rules=rules, SWARMBOT_DATA=data, **parts)
    return with_full_names(given, TABLE.full_names)


class MemoryBot:
    """One bot of a story, of several perhaps."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        redis: RedisTwin,
        swarm: SwarmTwin,
        slack: SlackTwin,
        configured: Settings,
    ) -> None:
        self.party = Party(name)
        self.clock = clock
        self.engines = MemoryEngines(swarm, sender=name)
        self._registry_api = swarm.registry_api
        self.stopping = TurnedStopping(clock)
        clocks = Clocks(clock.monotonic, self.now, no_thread, lambda *_: AtOnce())
        self.client = self.client_of(slack)
        self.metrics = Metrics()
        self._data = TemporaryDirectory()
        self.store = self.store_of(
            Store.over(
                redis.client(),
                clocks,
                keys=redis.keys,
                on_forged=self.metrics.forged,
                anchor=AnchorFile.under(Path(self._data.name)),
            )
        )
        credentials = RegistryCredentials(
            configured.registries, lambda _: None, clock.monotonic, posted_to(self.store)
        )
        self.swarm = replace(self.swarm_of(self.engines), credentials=credentials)
        self.poster = Poster(
            Calls(self.client, self.client.respond),
            AT_ONCE,
            draw=lambda _: PICTURE,
            clocks=clocks,
        ).recorded_in(self.record_of(self.store), unreachable.copies())
        self.leader = self.store.leader(name)
        self._put_together(configured)
        self._look_after()

    def swarm_of(self, engines: MemoryEngines) -> Swarm:
        """The Swarm as this bot reaches it."""
        return Swarm(engines)

    def client_of(self, slack: SlackTwin) -> DirectClient:
        """Slack as this bot reaches it."""
        return DirectClient(slack)

    def store_of(self, store: Store) -> Store:
        """What is in Redis as this bot reads it."""
        return store

    def record_of(self, store: Store) -> DeliveryRecord | None:
        """What this bot goes by when it sends a message."""
        return store.deliveries

    def crash(self) -> None:
        """Die as with SIGKILL: nothing that was under way goes on, and nothing is put in order."""
        self.party.crashed = True

    def accepts_the_audit_as_it_is(self) -> None:
        """The operator knows why entries are gone, and does what the alarm says."""
        AnchorFile.under(Path(self._data.name)).path.unlink(missing_ok=True)

    def freeze(self) -> None:
        """Stand still, as a machine that swaps."""
        self.party.frozen = True

    def freezes_before_its_change(self) -> None:
        """Stand still once, when all is ready and the next change is about to be sent."""
        self.engines.moments.before_change = self._once(self.freeze)

    def freezes_after_its_change(self) -> None:
        """Stand still once, when the next change was done."""
        self.engines.moments.after_change = self._once(self.freeze)

    def sleeps(self, seconds: float) -> None:
        """Stand still for so long."""
        self.freeze()
        self.clock.spawn(Party(f"host of {self.party.name}"), partial(self._wake_after, seconds))

    def sleeps_around_its_change(self, seconds: float, *, after: bool) -> None:
        """Stand still for so long, once: when the next change is about to be sent, or was."""
        fall_asleep = self._once(partial(self.sleeps, seconds))
        if after:
            self.engines.moments.after_change = fall_asleep
        else:
            self.engines.moments.before_change = fall_asleep

    def _wake_after(self, seconds: float) -> None:
        self.clock.wait(seconds)
        self.resume()

    def crashes_before_its_change(self) -> None:
        """Die when the next change is about to be sent."""
        self.engines.moments.before_change = self._once(self.crash)

    def crashes_after_its_change(self) -> None:
        """Die when the next change was done, and before anything of it is written down."""
        self.engines.moments.after_change = self._once(self.crash)

    def _once(self, befall: Callable[[], None]) -> Callable[[], None]:
        def happen() -> None:
            self.engines.moments.before_change = self.engines.moments.after_change = nothing
            befall()
            self.clock.wait(0.0)

        return happen

    def resume(self) -> None:
        """Go on where it stood."""
        self.party.frozen = False

    def stop(self) -> None:
        """End in good order: rollouts are left to the next bot."""
        self.stopping.set()
        self.clock.run(lambda: not self.clock.is_busy(self.party), 60)
        self.leader.resign()
        self.poster.send_due()
        self.crash()

    def close(self) -> None:
        """Give back what it kept on its disk."""
        self._data.cleanup()

    def now(self) -> datetime:
        """The date by the clock of this bot's host."""
        return self.clock.now() + timedelta(seconds=self.party.wall_ahead)

    def _put_together(self, configured: Settings) -> None:
        parts = compose(
            Ports(
                name=self.party.name,
                settings=configured,
                client=self.client,
                swarm=self.swarm,
                store=self.store,
                poster=self.poster,
                metrics=self.metrics,
                pool=TurnedPool(self.clock, self.party),
                stopping=self.stopping,
                fence=lambda: self.leader.fence,
                registries=self._registry_api,
                now=self.now,
                monotonic=self.clock.monotonic,
            )
        )
        self.pipeline, self.homes, self.listeners = parts.pipeline, parts.homes, parts.listeners
        self.upkeep, self.orphans, self.queue = parts.upkeep, parts.orphans, parts.queue
        self.deliveries = parts.deliveries
        self.reach, self.commands = parts.reach, parts.commands
        self.images, self.ci = parts.images, parts.ci

    def _look_after(self) -> None:
        """What the scheduler and the threads of a real bot do."""
        self.leader.campaign()
        self.clock.every(self.party, LOOK_EVERY, self._jobs)
        self.clock.every(self.party, RENEW_EVERY, self.store.locks.renew)
        self.clock.every(self.party, REACH_EVERY, self.reach.look)

    def _jobs(self) -> None:
        self.upkeep.remember()
        self.commands.remember()
        self.deliveries.run()
        self.homes.refresh()
        if self.leader.campaign():
            self.orphans.run()
            self.upkeep.run()
            self.queue.run()
            self.commands.run()
            self.images.look.run()
            self.images.offers.run()
