"""CI deploys over HTTP, and hears each step as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.clock import utc_now
from bot.store.store import Store
from playground.cluster import Cluster
from playground.workspace import Workspace
from tests.scenario.conftest import People
from tests.scenario.running import KEYS, RunningBot, bot_for
from tests.scenario.swarm import Site

CI = '[[roles]]\nname = "ci"\nci = true\n\n[[rules]]'


@pytest.fixture
def door(cluster: Cluster, workspace: Workspace, tmp_path: Any) -> Iterator[RunningBot]:
    """A bot that lets CI in."""
    bot = bot_for(cluster, workspace, tmp_path)
    bot.config = bot.config.replace("[[rules]]", CI).replace('["operator"]', '["operator", "ci"]')
    yield bot.start()
    bot.stop()


def token(bot: RunningBot) -> str:
    """A token of CI."""
    store, now = Store.connect(bot.redis_url, KEYS), utc_now()
    try:
        return store.tokens.create(
            "jenkins-shop", "ci", ("web",), now=now, expires=now + timedelta(hours=1), by="ops"
        )
    finally:
        store.close()


def test_a_deploy_over_http_is_heard_step_by_step(
    door: RunningBot, people: People, site: Site
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    headers = {"Authorization": f"Bearer {token(door)}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{door.port}", headers=headers) as http:
        line = f"docker service update --image {site.image('web:v2')} web"
        sent = http.post("/v1/commands", json={"line": line, "build": "build 418"})
        assert sent.status_code == 202, sent.text
        events = f"{sent.headers['location']}/events"
        with http.stream("GET", events, timeout=60) as stream:
            heard = [
                (time.monotonic(), json.loads(row.removeprefix("data: ")))
                for row in stream.iter_lines()
                if row.startswith("data: ")
            ]
    ended = time.monotonic()
    states = [command["state"] for _, command in heard]
    assert list(dict.fromkeys(states)) == ["accepted", "running", "ended"]
    assert heard[-1][1]["ending"] == "completed"
    assert any("1/2" in command["text"] for _, command in heard)
    assert heard[-1][0] - heard[0][0] > 1, "the steps came as they happened"
    assert ended - heard[-1][0] < 1, "the stream ends with the command"
    assert site.is_on("web", "web:v2")
    people.dev.sees("✅ web is on")
