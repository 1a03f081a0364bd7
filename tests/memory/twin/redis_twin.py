"""Redis in memory: fakeredis, which runs the bot's own Lua scripts, with expiry by the story's
clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from typing import Any

from fakeredis import FakeRedis, FakeServer
from fakeredis._clients._sync import FakeRedisConnection
from fakeredis._core._database import Database
from redis import Redis

from bot.store.keys import Keys


class TurnedDatabase(Database):
    """A database in which keys run out by a clock of its own; what the server sets is left
    aside."""

    def __init__(self, lock: Lock, clock: Callable[[], float]) -> None:
        self._clock = clock
        super().__init__(lock)

    @property
    def time(self) -> float:
        return self._clock()

    @time.setter
    def time(self, value: float) -> None:
        pass


class DirectConnection(FakeRedisConnection):
    """Hands over each command as it is. To write it as bytes, and to read it from them, would be
    half of what it costs."""

    def send_command(self, *args: Any, **_: Any) -> None:
        name, *values = args
        fields = [*str(name).encode().split(), *map(self.encoder.encode, values)]
        server = self.get_socket()
        # An empty one fails where the server is away, and does nothing else.
        server.sendall(b"")
        server._process_command(fields)


class RedisTwin:
    """One Redis for all bots of a story, and the key that they share.

    `away` makes every call fail, as a lost connection does.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.keys = Keys.of(b"the key of all bots of one story")
        self._server = FakeServer(version=(7,))
        self._server.dbs = defaultdict(lambda: TurnedDatabase(self._server.lock, clock))

    def client(self) -> Redis:
        """A client of its own, as each bot has one; also while Redis is away."""
        away, self.away = self.away, False
        try:
            # With a single connection it connects here, and not with the first command.
            return FakeRedis(
                server=self._server,
                decode_responses=True,
                connection_class=DirectConnection,
                single_connection_client=True,
            )
        finally:
            self.away = away

    @property
    def away(self) -> bool:
        return not self._server.connected

    @away.setter
    def away(self, away: bool) -> None:
        self._server.connected = not away
