"""Listeners hear what is written at once, are bounded, and hear the end of what Redis has lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.model.sent_command import SentCommand, SentEnding, SentState
from bot.store.commands import CommandLog
from handlers.http.feed import LOOK_EVERY, MOST_OF_ONE, Feed
from tests.memory.twin.redis_twin import RedisTwin
from tests.store.conftest import NOW, SIGNER
from tests.store.test_commands import COMMAND, ENDS, RUNS


def log() -> CommandLog:
    commands = CommandLog(RedisTwin(lambda: 0.0).client(), SIGNER)
    commands.create(COMMAND)
    return commands


async def following(events: AsyncGenerator[SentCommand, None]) -> SentCommand:
    return await asyncio.wait_for(anext(events), 5)


def test_what_this_bot_writes_is_heard_at_once() -> None:
    async def story() -> float:
        commands = log()
        async with aclosing(Feed(commands, lambda: False).events(COMMAND, 0)) as events:
            assert (await following(events)).state is SentState.ACCEPTED
            waits = asyncio.ensure_future(following(events))
            await asyncio.sleep(0.05)
            begun = asyncio.get_running_loop().time()
            await asyncio.to_thread(commands.report, COMMAND.id, RUNS, NOW)
            assert (await waits).text == "1/4"
            return asyncio.get_running_loop().time() - begun

    assert asyncio.run(story()) < LOOK_EVERY / 2


def test_what_another_bot_writes_is_heard_soon() -> None:
    async def story() -> SentCommand:
        redis = RedisTwin(lambda: 0.0)
        here, there = CommandLog(redis.client(), SIGNER), CommandLog(redis.client(), SIGNER)
        here.create(COMMAND)
        async with aclosing(Feed(here, lambda: False).events(COMMAND, 0)) as events:
            await following(events)
            await asyncio.to_thread(there.report, COMMAND.id, ENDS, NOW)
            return await following(events)

    assert asyncio.run(story()).ending is SentEnding.COMPLETED


def test_one_caller_has_so_many_listeners_and_leaves_room_for_others() -> None:
    async def story() -> None:
        feed = Feed(log(), lambda: False)
        listeners = [feed.events(COMMAND, 0) for _ in range(MOST_OF_ONE)]
        for listener in listeners:
            assert not feed.is_full(COMMAND.caller)
            await following(listener)
        assert feed.is_full(COMMAND.caller)
        assert not feed.is_full("ci:gitlab")
        for listener in listeners:
            await listener.aclose()
        assert not feed.is_full(COMMAND.caller)

    asyncio.run(story())


def test_a_bot_that_ends_lets_its_listeners_go() -> None:
    async def story() -> list[SentCommand]:
        commands = log()
        commands.report(COMMAND.id, RUNS, NOW)
        return [state async for state in Feed(commands, lambda: True).events(COMMAND, 0)]

    assert asyncio.run(story()) == []
