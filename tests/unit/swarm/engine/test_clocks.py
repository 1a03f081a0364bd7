"""How far engines' clocks are off, against engines that tell a time of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.swarm.engine.pool import FailoverPool
from tests.unit.swarm.fake_engine import INFO, Answer, FakeEngine, FrozenEngine


def telling(ahead: float, slow: float = 0.0) -> Callable[[str], Answer]:
    def behave(call: str) -> Answer:
        del call
        now = datetime.now(UTC) + timedelta(seconds=ahead)
        time.sleep(slow)
        told: dict[str, Any] = {**INFO, "SystemTime": now.isoformat().replace("+00:00", "123Z")}
        return 200, told

    return behave


def test_each_engine_by_what_it_says_itself(tmp_path: Path) -> None:
    engines = [
        FakeEngine(tmp_path, "right", telling(0)),
        FakeEngine(tmp_path, "ahead", telling(40)),
        FakeEngine(tmp_path, "behind", telling(-7200)),
        FakeEngine(tmp_path, "slow", telling(0, slow=0.6)),
        FakeEngine(tmp_path, "dumb", lambda _: (200, INFO)),
    ]
    frozen = FrozenEngine(tmp_path, "frozen")
    began = time.monotonic()
    pool = FailoverPool([*(engine.address for engine in engines), frozen.address])
    measured = {state.name: state.clock for state in pool.states() if state.clock}
    took = time.monotonic() - began
    for engine in engines:
        engine.stop()
    frozen.stop()

    assert took < 3.5
    assert set(measured) == {"right", "ahead", "behind", "slow"}, "who says no time has none"
    for name, seconds in (("right", 0), ("ahead", 40), ("behind", -7200), ("slow", 0)):
        off = measured[name].ahead - timedelta(seconds=seconds)
        assert abs(off) <= measured[name].within + timedelta(milliseconds=50), measured[name]
    assert measured["slow"].within >= timedelta(seconds=0.3), "half of the way is what is uncertain"
