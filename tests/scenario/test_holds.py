"""Keeping services to oneself, freezing everything, and what the audit tells of it afterwards."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.scenario.conftest import People
from tests.scenario.prefork import ran
from tests.scenario.running import RunningBot, eventually
from tests.scenario.swarm import Site


def asks(person: Person, line: str) -> Message:
    """The private answer to a line."""
    asked = person.types(f"/swarm {line}")

    def answers() -> list[Message]:
        return [message for message in person.messages(after=asked) if message.ephemeral]

    eventually(answers, 10, lambda: f"no answer to {line}: {person.screen()}")
    return answers()[-1]


def does(person: Person, line: str, told: str) -> Message:
    """What everybody sees of a change."""
    asked = person.types(f"/swarm {line}")
    shown = person.sees(told, 30, after=asked)
    assert not shown.ephemeral, line
    return shown


@pytest.mark.costs(20)
def test_a_hold_keeps_others_out_until_it_is_released(
    bot: RunningBot, people: People, site: Site
) -> None:
    dev, lead = people.dev, people.lead
    site.runs("web")
    site.runs("shop_api")

    shown = does(lead, "hold web incident 42 --for 2h", "✋ web is held by lead")
    assert '"incident 42"' in shown.text
    for line in (f"deploy web {site.image('web:v2')}", "scale web=3", "hold web me too"):
        refused = asks(dev, line)
        assert "✋ web is held by lead" in refused.text, line
        assert '"incident 42"' in refused.text, line
    assert site.is_on("web", "web:v1")
    does(dev, "scale shop_api=2", "✅")
    does(lead, "scale web=2", "✅")
    assert site.replicas("web") == 2

    does(lead, "hold shop_* migration", "✋ shop_∗ is held by lead")
    assert "shop_api" in asks(dev, "scale shop_api=1").text
    table = asks(dev, "holds")
    assert "✋ 2 holds" in table.text
    assert "migration" in table.text

    bot.kill()
    bot.start()
    assert "held by lead" in asks(dev, "scale web=1").text
    assert '--take-over "why"' in asks(dev, "release web").text
    told = does(dev, 'release web --take-over "lead is on a plane"', "🟢 web is released")
    assert "lead is on a plane" in told.text
    assert "@lead" in told.text
    does(dev, "scale web=1", "✅")
    does(lead, "release shop_*", "🟢 shop_∗ is released")
    assert "Nothing is held" in asks(dev, "holds").text
    assert "web is not held" in asks(dev, "release web").text


def test_the_audit_is_proved_and_exported_while_the_bot_runs(
    bot: RunningBot, people: People, site: Site
) -> None:
    site.runs("web")
    does(people.dev, "hold web mine", "✋ web is held by dev")
    does(people.dev, "release web", "🟢 web is released")

    code, words = console(bot, "verify")
    assert code == 0, words
    assert words.startswith("4 entries, none was changed")
    code, lines = console(bot, "export")
    exported = [json.loads(line) for line in lines.splitlines()]
    assert [record["entry"]["kind"] for record in exported] == ["intent", "outcome"] * 2
    assert exported[1]["previous"] == exported[0]["hash"]

    with Redis.from_url(bot.redis_url) as redis:
        redis.xdel("swarmbot:audit", "2-0")
    code, words = console(bot, "verify")
    assert code == 1
    assert "entry 2 was changed" in words


def console(bot: RunningBot, command: str) -> tuple[int, str]:
    """`swarmbot audit …` beside the running bot."""
    environment = {
        **bot.environment,
        "SWARMBOT_CONFIG": str(bot.folder / "swarmbot.toml"),
        "SWARMBOT_DATA": str(bot.folder / "data"),
        "SWARMBOT_KEY_FILE": str(bot.folder / "key"),
    }
    return ran(["audit", command], environment, seconds=30)
