"""Measures how far the clocks of the engines are off from the bot's own.

An engine's time is compared with the bot's time at the middle of the call.
"""

from __future__ import annotations

import time
from datetime import timedelta

from bot.clock import utc_now
from bot.errors import SwarmbotError
from bot.model.cluster import Clock
from bot.swarm.engine.client import Client
from bot.swarm.engine.port import EnginePool
from bot.swarm.spec import raw_values
from bot.workers import Workers

CLOCK_SECONDS = 2.0


def measure_clocks(engines: EnginePool) -> tuple[Clock, ...]:
    """The clock offsets of all engines that answer within two seconds.

    Half of the duration of the call is the uncertainty of each offset.
    """
    if not engines.names:
        return ()
    with Workers(len(engines.names), thread_name_prefix="clock") as pool:
        measured = pool.map(lambda name: _clock(engines.on(name), name), engines.names)
        return tuple(clock for clock in measured if clock)


def _clock(engine: EnginePool, name: str) -> Clock | None:
    try:
        return engine.call(lambda client: _measured(client, name), deadline=CLOCK_SECONDS)
    except SwarmbotError:
        return None


def _measured(client: Client, name: str) -> Clock | None:
    began, started = utc_now(), time.monotonic()
    engine_time = raw_values.time(client.info().get("SystemTime"))
    uncertainty = timedelta(seconds=(time.monotonic() - started) / 2)
    return Clock(name, engine_time - (began + uncertainty), uncertainty) if engine_time else None
