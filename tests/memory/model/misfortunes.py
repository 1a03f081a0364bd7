"""What the world does to the bots of a run, to their Swarm, their Redis and their Slack."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.pool import nothing
from tests.memory.twin.world import World

names = st.sampled_from(("web", "api"))
bots = st.integers(0, 1)


class Misfortunes(RuleBasedStateMachine):
    """The rules of the world; people's are added by `Machine`."""

    world: World
    tags: count[int]
    emptied_at = -1.0
    """When Redis last lost all that it had, in seconds; negative where it never did."""

    # ---- what the world does

    @rule(seconds=st.sampled_from((1, 3, 8, 20)))
    def wait(self, seconds: int) -> None:
        self.world.clock.run(lambda: False, seconds)

    @rule(number=bots, when=st.sampled_from(("now", "before a change", "after a change")))
    def crash(self, number: int, when: str) -> None:
        crashes = {
            "now": MemoryBot.crash,
            "before a change": MemoryBot.crashes_before_its_change,
            "after a change": MemoryBot.crashes_after_its_change,
        }
        self._living(number, crashes[when])
        if not [bot for bot in self.world.bots if not bot.party.crashed]:
            self.world.start_bot()

    @rule()
    def start(self) -> None:
        if len([bot for bot in self.world.bots if not bot.party.crashed]) < 2:
            self.world.start_bot()

    @rule(
        number=bots,
        when=st.sampled_from(("now", "before a change", "after a change")),
        seconds=st.sampled_from((12, 11, 60, 5)),
    )
    def sleep(self, number: int, when: str, seconds: int) -> None:
        """A bot stands still for so long: mostly past its lease."""

        def fall_asleep(bot: MemoryBot) -> None:
            if when == "now":
                bot.sleeps(seconds)
            else:
                bot.sleeps_around_its_change(seconds, after=when == "after a change")

        self._living(number, fall_asleep)

    @rule(number=bots)
    def slack_reaches(self, number: int) -> None:
        self._living(number, self.world.talks_to)

    @rule(done=st.booleans(), number=bots)
    def lose_an_answer(self, done: bool, number: int) -> None:
        def lose(bot: MemoryBot) -> None:
            for wire in bot.engines.wires.values():
                wire.loses_answers, wire.loses_requests = int(done), int(not done)

        self._living(number, lose)

    @rule(back=st.booleans())
    def leader(self, back: bool) -> None:
        for name in ("node2", "node3"):
            if back:
                self.world.swarm.start_node(name)
            else:
                self.world.swarm.stop_node(name)

    @rule(name=names)
    def change_outside(self, name: str) -> None:
        if self.world.swarm.cluster.has_leader:
            number = next(self.tags)
            self.world.swarm.advance()
            self.world.by_hand(name, lambda spec: spec["Labels"].update(by=f"hand {number}"))

    @rule(number=bots, seconds=st.sampled_from((-3600, 0, 3600)))
    def set_clock(self, number: int, seconds: int) -> None:
        def turn(bot: MemoryBot) -> None:
            bot.party.wall_ahead = seconds

        self._living(number, turn)

    @rule(how=st.sampled_from(("away", "back", "away", "back", "emptied")))
    def redis(self, how: str) -> None:
        """It does not answer, or does again; or has lost all that it had, as without its data."""
        self.world.redis.away = how == "away"
        if how == "emptied":
            self.emptied_at = self.world.clock.seconds
            self.world.redis.client().flushall()

    @rule(
        how=st.sampled_from(("away", "silent", "broken", "limited")),
        seconds=st.sampled_from((5, 40)),
        methods=st.sampled_from((("chat.postMessage", "chat.update"), ("chat.update",), ())),
    )
    def slack(self, how: str, seconds: int, methods: tuple[str, ...]) -> None:
        faults = self.world.slack.faults
        if how == "away":
            faults.fail(503, seconds=seconds, methods=methods)
        elif how == "silent":
            faults.hang(seconds, methods=methods)
        elif how == "broken":
            faults.fail(500, calls=3, methods=methods)
        else:
            faults.rate_limit(2, calls=3, methods=methods)

    @rule(seconds=st.sampled_from((0, 5, 20)))
    def all_is_well(self, seconds: int) -> None:
        """Faults end: else nothing would happen any more after a few steps."""
        self._all_is_well_again()
        self.world.clock.run(lambda: False, seconds)

    again_and_again = all_is_well

    # ---- parts

    def _all_is_well_again(self) -> None:
        world = self.world
        world.redis.away = False
        world.slack.faults.clear()
        self.leader(back=True)
        for bot in world.bots:
            bot.engines.moments.before_change = bot.engines.moments.after_change = nothing
            bot.resume()
        self.start()
        if self.emptied_at >= 0:
            for bot in world.bots:
                bot.accepts_the_audit_as_it_is()

    def _living(self, number: int, befall: Callable[[MemoryBot], object]) -> None:
        """Let something happen to one of the bots that have not crashed."""
        living = [bot for bot in self.world.bots if not bot.party.crashed]
        if living:
            befall(living[number % len(living)])
