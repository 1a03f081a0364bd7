"""The engines' clocks, measured as one sets a watch by telephone: their time, with the bot's own
before and after."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from bot.errors import SwarmbotError
from bot.model.cluster import Clock
from bot.swarm.engine.client import Client
from bot.swarm.engine.port import EnginePool
from bot.swarm.spec import read

SECONDS = 2.0


def measure_clocks(engines: EnginePool) -> tuple[Clock, ...]:
    """Those of all engines that answer within two seconds; what the way took is what is
    uncertain."""
    if not engines.names:
        return ()
    with ThreadPoolExecutor(len(engines.names), thread_name_prefix="clock") as pool:
        found = pool.map(lambda name: _clock(engines.on(name), name), engines.names)
        return tuple(clock for clock in found if clock)


def _clock(engine: EnginePool, name: str) -> Clock | None:
    try:
        return engine.call(lambda client: _measured(client, name), deadline=SECONDS)
    except SwarmbotError:
        return None


def _measured(client: Client, name: str) -> Clock | None:
    began, ticking = datetime.now(UTC), time.monotonic()
    told = read.time(client.info().get("SystemTime"))
    within = timedelta(seconds=(time.monotonic() - ticking) / 2)
    return Clock(name, told - (began + within), within) if told else None
