"""How far the clock of an engine is off from the bot's own.

An engine's time is compared with the bot's time at the middle of the call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from bot.clock import utc_now
from bot.model.cluster import Clock
from bot.swarm.engine.client import Client, Json
from bot.swarm.spec import raw_values


def info_with_clock(name: str) -> Callable[[Client], tuple[Json, Clock | None]]:
    """A call that asks an engine of this name what it says of itself, and measures its clock along
    the way; None where it tells no time.

    Half of the duration of the call is the uncertainty.
    """

    def ask(client: Client) -> tuple[Json, Clock | None]:
        began, started = utc_now(), time.monotonic()
        info = client.info()
        uncertainty = timedelta(seconds=(time.monotonic() - started) / 2)
        engine_time = raw_values.time(info.get("SystemTime"))
        ahead = engine_time - (began + uncertainty) if engine_time else None
        return info, None if ahead is None else Clock(name, ahead, uncertainty)

    return ask
