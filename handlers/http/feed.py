"""How a command goes on, event by event, for whoever listens: no thread waits for anybody."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from bot.errors import StoreUnavailableError
from bot.model.sent_command import SentCommand, SentEnding, SentState
from bot.render import plain
from bot.store.commands import CommandLog

MOST_LISTENERS, MOST_OF_ONE = 100, 20
"""Of one bot, and of one caller."""
LOOKERS = 4
"""Threads that look for all listeners: while Redis is away each look takes seconds, and nothing
else over HTTP is to wait for it."""
LOOK_EVERY = 0.5
"""Seconds between two looks for what another bot has written; this one's is heard at once."""
LOST_AFTER = 20.0
"""Seconds for which Redis does not know the command before its listeners are told so: a bot that is
at it restores it before."""


class Feed:
    """Events of commands. `closing` says whether the bot is about to end."""

    def __init__(self, commands: CommandLog, closing: Callable[[], bool]) -> None:
        self._commands = commands
        self._closing = closing
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]]
        self._waiting = defaultdict(set)
        self._callers: Counter[str] = Counter()
        self._lookers = ThreadPoolExecutor(LOOKERS, thread_name_prefix="feed")
        commands.heard = self.heard

    def is_full(self, caller: str) -> bool:
        """Whether nobody else may listen, or nobody else of this caller (its id)."""
        with self._lock:
            total = self._callers.total()
            return total >= MOST_LISTENERS or self._callers[caller] >= MOST_OF_ONE

    def heard(self, command_id: str) -> None:
        """Something was written about a command: whoever listens looks at once."""
        with self._lock:
            listeners = tuple(self._waiting.get(command_id, ()))
        for loop, event in listeners:
            # The loop of a listener that is gone is closed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    async def events(self, command: SentCommand, after: int) -> AsyncGenerator[SentCommand, None]:
        """The command at each report later than this number, until it has ended."""
        listener = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._waiting[command.id].add(listener)
            self._callers[command.caller] += 1
        try:
            async for state in self._followed(command, after, listener[1]):
                yield state
        finally:
            with self._lock:
                self._waiting[command.id].discard(listener)
                if not self._waiting[command.id]:
                    del self._waiting[command.id]
                self._callers -= Counter((command.caller,))

    async def _followed(
        self, command: SentCommand, after: int, written: asyncio.Event
    ) -> AsyncGenerator[SentCommand, None]:
        loop = asyncio.get_running_loop()
        last, seen = replace(command, number=after), loop.time()
        while not self._closing():
            written.clear()
            stored, states = await loop.run_in_executor(self._lookers, self._look, last)
            for last in states:
                yield last
                if last.ended:
                    return
            if stored and stored.ended and not states:
                return
            if stored:
                seen = loop.time()
            elif loop.time() - seen > LOST_AFTER:
                yield _lost(last)
                return
            if not states:
                with suppress(TimeoutError):
                    await asyncio.wait_for(written.wait(), LOOK_EVERY)

    def _look(self, last: SentCommand) -> tuple[SentCommand | None, tuple[SentCommand, ...]]:
        """The command as it is now, None where Redis knows none, and what has come since.

        Where Redis does not answer, it is as it was.
        """
        try:
            stored = self._commands.get(last.id)
            return stored, self._commands.events(last.id, last.number)
        except StoreUnavailableError:
            return last, ()


def _lost(last: SentCommand) -> SentCommand:
    return replace(
        last,
        number=last.number + 1,
        state=SentState.ENDED,
        ending=SentEnding.UNKNOWN,
        text=plain.LOST,
    )
