"""What goes wrong: each fault begins, lasts for a while, and ends; which, when and for how long is
chosen by the seed of the round."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from redis import Redis

from playground.node import Node
from tests.chaos.ground import ChaosBot, Ground

PAST_THE_LEASE = (11.5, 13.0)
"""Seconds for which a bot is frozen: a lease lasts for ten."""

FIRST_AFTER = 3.0
"""Seconds that people have before anything breaks."""
BOTH = 0.3
"""How often a bot may be hit while the other one is away already."""
METHODS = (), ("chat.postMessage", "chat.update")
"""What of Slack fails: everything, or only what the bot says."""

End = Callable[[], object]
Begin = Callable[[Ground, random.Random], tuple[str, End] | None]


@dataclass(frozen=True)
class Fault:
    """A kind of fault: `begin` does it and returns on what, and how it ends; None where it cannot
    happen now. `lasts`: seconds, from and to."""

    name: str
    begin: Begin
    lasts: tuple[float, float]


@dataclass(frozen=True)
class Struck:
    """A fault that happened: when (seconds of the round), what, and for how long."""

    at: float
    what: str
    lasted: float

    def __str__(self) -> str:
        return f"{self.at:5.1f} s  {self.what}" + (
            f", for {self.lasted:.1f} s" if self.lasted else ""
        )


def _nothing() -> None:
    """Whoever makes all well again ends it."""


def _one_of(ground: Ground, dice: random.Random) -> ChaosBot | None:
    """A bot that is awake; at times the last one."""
    well = [bot for bot in ground.bots if bot.well]
    enough = len(well) > (dice.random() > BOTH)
    return dice.choice(well) if well and enough else None


def kill_bot(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    bot = _one_of(ground, dice)
    if bot is None:
        return None
    bot.process.kill()
    ground.killed = True

    def start() -> None:
        if not bot.process.is_running:
            bot.process.launch()

    return bot.name, start


def freeze_bot(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    bot = _one_of(ground, dice)
    if bot is None or any(other.frozen for other in ground.bots):
        return None
    bot.process.freeze()
    bot.frozen = True

    def thaw() -> None:
        bot.process.thaw()
        bot.frozen = False

    return bot.name, thaw


def step_clock(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    bot, ahead = dice.choice(ground.bots), dice.choice((-3600, -60, 60, 3600))
    bot.set_clock(ahead)
    return f"{bot.name} by {ahead} s", lambda: bot.set_clock(0)


def _leader(ground: Ground) -> Node | None:
    """The engine that leads, where the others are there to go on."""
    return None if ground.down else ground.leader


def kill_leader(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    node = _leader(ground)
    if node is None:
        return None
    ground.kill_engine(node)
    return node.name, lambda: ground.start_engine(node)


def freeze_leader(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    node = _leader(ground)
    if node is None:
        return None
    ground.down.add(node.name)
    node.freeze()

    def thaw() -> None:
        node.thaw()
        ground.down.discard(node.name)

    return node.name, thaw


def kill_redis(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    if ground.redis_away:
        return None
    ground.redis.kill()
    ground.redis_away = True

    def start() -> None:
        ground.redis.start()
        ground.redis_away = False

    return "", start


def empty_redis(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    if ground.redis_away:
        return None
    with Redis.from_url(ground.redis.url) as redis:
        redis.flushall()
    ground.emptied_at = time.time()
    return "", _nothing


def cut_link(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    outage = ExitStack()
    outage.enter_context(ground.workspace.faults.outage())
    return "", outage.close


def silence_link(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    faults = ground.workspace.faults
    faults.silent_link()
    return "", lambda: faults.silent_link(on=False)


def slack_limits(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    seconds, methods = dice.uniform(2, 6), dice.choice(METHODS)
    ground.workspace.faults.rate_limit(dice.choice((1, 2)), seconds=seconds, methods=methods)
    return "429", _nothing


def slack_fails(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    seconds, methods = dice.uniform(2, 6), dice.choice(METHODS)
    ground.workspace.faults.fail(dice.choice((500, 503)), seconds=seconds, methods=methods)
    return "500", _nothing


def slack_hangs(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    ground.workspace.faults.hang(dice.uniform(2, 6), methods=dice.choice(METHODS))
    return "silent", _nothing


def envelopes_twice(ground: Ground, dice: random.Random) -> tuple[str, End] | None:
    faults = ground.workspace.faults
    faults.duplicate_envelopes = True

    def end() -> None:
        faults.duplicate_envelopes = False

    return "", end


KILL_BOT = Fault("a bot is killed", kill_bot, (0.5, 3))
FREEZE_BOT = Fault("a bot is frozen past its lease", freeze_bot, PAST_THE_LEASE)
STEP_CLOCK = Fault("a bot's clock is stepped", step_clock, (2, 8))
KILL_LEADER = Fault("the leader's engine is killed", kill_leader, (3, 8))
FREEZE_LEADER = Fault("the leader's engine hangs", freeze_leader, (2, 6))
KILL_REDIS = Fault("Redis is killed", kill_redis, (1, 5))
EMPTY_REDIS = Fault("Redis is emptied", empty_redis, (0, 0))
CUT_LINK = Fault("the link to Slack is cut", cut_link, (2, 6))
SILENCE_LINK = Fault("the link to Slack is silent", silence_link, (2, 6))
SLACK_LIMITS = Fault("Slack limits", slack_limits, (0, 0))
SLACK_FAILS = Fault("Slack fails", slack_fails, (0, 0))
SLACK_HANGS = Fault("Slack hangs", slack_hangs, (0, 0))
ENVELOPES_TWICE = Fault("Slack delivers twice", envelopes_twice, (2, 6))

FAULTS = (
    *(KILL_BOT, FREEZE_BOT, KILL_LEADER, KILL_REDIS) * 2,
    STEP_CLOCK,
    FREEZE_LEADER,
    EMPTY_REDIS,
    CUT_LINK,
    SILENCE_LINK,
    SLACK_LIMITS,
    SLACK_FAILS,
    SLACK_HANGS,
    ENVELOPES_TWICE,
)
"""What may happen; the first ones twice as often."""


def strike(
    ground: Ground, dice: random.Random, kinds: Sequence[Fault], within: float
) -> list[Struck]:
    """Let these faults happen within so many seconds, each for its time; returns when all that end
    by themselves have ended."""
    begun = time.monotonic()
    times = sorted(dice.uniform(FIRST_AFTER, within) for _ in kinds)
    struck, ends = [], []
    for at, kind in zip(times, kinds, strict=True):
        _until(begun + at)
        lasts = dice.uniform(*kind.lasts)
        if happened := kind.begin(ground, dice):
            on, end = happened
            struck.append(Struck(time.monotonic() - begun, f"{kind.name} {on}".strip(), lasts))
            ends.append(threading.Timer(lasts, end))
            ends[-1].start()
    for ending in ends:
        ending.join()
    return struck


def _until(moment: float) -> None:
    # Not a wait for something: faults come at their times.
    time.sleep(max(0.0, moment - time.monotonic()))
