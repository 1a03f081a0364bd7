"""Names, labels, log lines and errors that look like Slack's own words: they notify nobody and
format nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from playground.workspace import Message
from playground.workspace.person import Person
from tests.scenario.running import RunningBot
from tests.scenario.swarm import Site

HOSTILE = "<!channel> <@U0LEAD0001> *bold* _italic_ ~gone~ `code` :fire:"
WRITES_AND_FAILS_ON_V2 = f"echo '{HOSTILE}'; test $VERSION = v2 && exit 3; exec httpd -f -p 8080"
PINGS = re.compile(r"<[!@#](?!date\^|U0DEV00001>)")
"""All but the one mention that is meant: who asked is called where it ended badly."""
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
FORMATS = re.compile(r"\*bold\*|_italic_|~gone~|:fire:")
LONGEST_NAME = "a" * 62 + "b"


def test_hostile_text_from_docker_and_from_people_does_nothing(dev: Person, site: Site) -> None:
    docker = site.cluster.docker
    create = (
        "service",
        "create",
        "--quiet",
        "--no-healthcheck",
        "--stop-grace-period",
        "1s",
        "--label",
        f"x={HOSTILE}",
    )
    docker(
        *create,
        "--name",
        "evil",
        "--env",
        "A=" + HOSTILE,
        site.image("web:v1"),
        "sh",
        "-c",
        WRITES_AND_FAILS_ON_V2,
    )
    docker(
        *create,
        "--name",
        "ill",
        "--detach",
        "--restart-max-attempts",
        "1",
        site.image("web:v1"),
        HOSTILE,
    )

    asked = dev.types(
        f'/swarm deploy evil {site.image("web:v2")} --monitor 2s --reason "{HOSTILE} '
        '@channel @lead"'
    )
    ended = dev.sees("↩️ evil rolled back", timeout=90, after=asked)
    assert "<!channel> <@U0LEAD0001>" in ended.text, "it is shown as it is"
    for line, said in (
        ("service logs evil", "<!channel>"),
        ("service inspect evil", "<!channel>"),
        ("service ps evil", "evil ·"),
        ("service ps ill", "<!channel>"),
        ("history evil", "rolled back"),
        ("status", "ill"),
        (f"{HOSTILE}", "No command"),
        (f"ps '{HOSTILE}'", "expected a name"),
        (f"deploy evil '{HOSTILE}'", "an image reference"),
        (f"deploy evil web:v2 --parallelism '{HOSTILE}'", "expected"),
        ("ps '@channel' '@lead' '#ops'", "expected a name"),
    ):
        asked = dev.types(f"/swarm {line}")
        dev.sees(said, after=asked, timeout=15)
    dev.sees("📎 evil · 2 deploys", channel="dm")

    spoken = [
        words
        for message in dev.messages()
        if message.author == "swarmbot"
        for words in raw(message)
    ]
    assert any("channel" in words for words in spoken)
    for words in spoken:
        assert not PINGS.search(words), words
        assert not FORMATS.search(CODE.sub("", words)), words


def test_the_longest_name_that_docker_takes(dev: Person, site: Site, bot: RunningBot) -> None:
    site.runs(LONGEST_NAME, "web:v1", health_checked=True)

    dev.types(f"/swarm deploy {LONGEST_NAME} {site.image('web:v2')}")
    done = dev.sees("is on", timeout=60)
    assert LONGEST_NAME in done.text
    for line, said in (
        ("service ls", "REPLICAS"),
        (f"ps {LONGEST_NAME}", "SINCE"),
        (f"logs {LONGEST_NAME}", "listening"),
        (f"service inspect {LONGEST_NAME}", "Last update"),
        (f"history {LONGEST_NAME}", "revisions"),
    ):
        asked = dev.types(f"/swarm {line}")
        assert re.search("a{20}", dev.sees(said, after=asked).text)
    dev.sees("· 2 deploys", channel="dm")
    clicked = dev.clicks("Roll back", on=done)
    dev.sees("is on", timeout=60, after=clicked, channel="ops")

    assert site.is_on(LONGEST_NAME, "web:v1")
    assert "plain_text" not in bot.get("/metrics"), "Slack took every message as it was"


def raw(message: Message) -> Iterator[str]:
    """Every text of every version that Slack would format."""
    for version in message.history:
        yield version.text
        yield from _formatted(json.loads(json.dumps(version.blocks)))


def _formatted(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from _formatted(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _formatted(inner)
