"""Which version of the API is spoken, and what happens when an engine is upgraded or downgraded
while the bot runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import EngineRefusedError
from bot.swarm.engine.api_version import NEWEST_TESTED, agreed_version
from bot.swarm.engine.client import Client
from bot.swarm.engine.pool import FailoverPool
from tests.fence import OPEN
from tests.unit.swarm.fake_engine import INFO, FakeEngine

CREATED = (200, {"ID": "web"})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    engine = FakeEngine(tmp_path, "node1", lambda call: (200, INFO) if "GET" in call else CREATED)
    yield engine
    engine.stop()


@pytest.fixture
def pool(engine: FakeEngine) -> FailoverPool:
    return FailoverPool([engine.address])


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.51", "1.24", "1.51"),
        ("1.55", "1.40", "1.55"),
        # Newer than anything that was tried: what was tried is spoken.
        ("1.60", "1.44", NEWEST_TESTED),
        # It does not speak that any more: the nearest that it does.
        ("1.99", "1.70", "1.70"),
        ("1.41", "", "1.41"),
        ("2.0", "1.44", NEWEST_TESTED),
    ],
)
def test_the_newest_that_both_know_is_spoken(newest: str, oldest: str, spoken: str) -> None:
    assert agreed_version(newest, oldest) == spoken


@pytest.mark.parametrize("nonsense", ["", "x", "1", "1.2.3.4", "1.41\n", "9" * 5000 + ".1"])
def test_what_is_no_version_is_none(nonsense: str) -> None:
    assert agreed_version(nonsense, "") == ""


CHANGES = {
    # The engine before, the engine after: what each knows at least and at most.
    "upgraded from 20.10 to 29": (("1.12", "1.41"), ("1.44", "1.52"), "1.52"),
    "upgraded from 28 to 29.6": (("1.24", "1.51"), ("1.40", "1.55"), "1.55"),
    "downgraded from 29 to 28": (("1.44", "1.52"), ("1.24", "1.51"), "1.51"),
    "downgraded from 28 to 20.10": (("1.24", "1.51"), ("1.12", "1.41"), "1.41"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_engine_that_changes_under_the_running_bot_loses_no_command(
    engine: FakeEngine, pool: FailoverPool, change: str
) -> None:
    before, after, spoken = CHANGES[change]
    engine.version = {"MinAPIVersion": before[0], "ApiVersion": before[1]}
    pool.call(Client.info)

    engine.version = {"MinAPIVersion": after[0], "ApiVersion": after[1]}
    engine.seen.clear()
    engine.asked_as.clear()
    created = pool.call_write(
        lambda client: client.fenced_by(OPEN).create_service({"Name": "web"}), check=Client.info
    )

    assert created == {"ID": "web"}
    assert engine.seen == ["GET /info", "POST /services/create"], "each is done once"
    assert engine.asked_as[-1] == spoken


def test_a_change_that_is_refused_for_its_version_is_done_once(
    engine: FakeEngine, pool: FailoverPool
) -> None:
    """The engine is exchanged between the check and the change."""

    def check(client: Client) -> None:
        client.info()
        engine.version = {"MinAPIVersion": "1.44", "ApiVersion": "1.52"}

    pool.call_write(
        lambda client: client.fenced_by(OPEN).create_service({"Name": "web"}), check=check
    )

    assert engine.seen == ["GET /info", "POST /services/create"]


def test_an_engine_that_refuses_whatever_is_spoken_is_asked_twice(
    engine: FakeEngine, pool: FailoverPool
) -> None:
    refusal = (
        "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade "
        "your client to a newer version"
    )
    engine._behave = lambda _: (400, {"message": refusal})

    with pytest.raises(EngineRefusedError, match="too old"):
        pool.call(Client.info)

    assert engine.seen == ["GET /info"] * 2


def test_the_newest_engine_is_known_by_its_answers(engine: FakeEngine, pool: FailoverPool) -> None:
    """An upgrade from 28 to 29 breaks nothing, and yet the engine now knows fields that it did not
    know before."""
    engine.version = {"MinAPIVersion": "1.24", "ApiVersion": "1.51"}
    pool.call(Client.info)
    engine.version = {"MinAPIVersion": "1.44", "ApiVersion": "1.99"}

    pool.call(Client.info)

    assert pool._engines["node1"].workers.api_version == (1, 99)
    pool.call(Client.info)
    assert engine.asked_as[-1] == NEWEST_TESTED
