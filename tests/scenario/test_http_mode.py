"""Slack by HTTP, for workspaces without Socket Mode: what is signed is done, what is not is
refused. And mentions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.delivery import sign
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.swarm import Site

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def by_http(cluster: Cluster, workspace: Workspace, tmp_path: Path) -> Iterator[RunningBot]:
    """A bot with a signing secret and without an app token; the workspace delivers by signed
    requests."""
    bot = bot_for(
        cluster,
        workspace,
        tmp_path,
        SLACK_APP_TOKEN="",
        SLACK_SIGNING_SECRET=workspace.signing_secret,
    )
    bot.start()
    workspace.deliver_to(f"http://{bot.slack_address}/slack/events")
    yield bot
    bot.stop()


def test_command_button_and_mention_work_by_http(
    by_http: RunningBot, workspace: Workspace, people: People, site: Site
) -> None:
    dev = people.dev
    site.runs("web", "web:v1")
    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    done = dev.sees("✅ web is on", timeout=60)

    clicked = dev.clicks("Roll back", on=done)
    dev.sees(f"✅ web is on {site.image('web:v1')}", timeout=60, after=clicked, channel="ops")
    assert site.is_on("web", "web:v1")
    mentions(dev, site)
    assert not workspace.connections, "no socket is open"

    assert '"ok"' in by_http.get("/healthz")
    assert '"ready":true' in by_http.get("/readyz")
    metrics = by_http.get("/metrics")
    assert 'swarmbot_changes_total{ending="done"}' in metrics
    assert 'swarmbot_command_seconds_count{command="deploy"}' in metrics


def test_what_slack_did_not_sign_just_now_is_refused(
    by_http: RunningBot, workspace: Workspace, people: People
) -> None:
    url = f"http://{by_http.slack_address}/slack/events"
    body = urlencode(
        {
            "command": "/swarm",
            "text": "status",
            "user_id": people.dev.id,
            "team_id": people.dev.user.team,
            "channel_id": "C0OPS00001",
        }
    )
    now, old = str(int(time.time())), str(int(time.time()) - 600)
    signed = sign(workspace.signing_secret, body, now)

    for headers in (
        {},
        sign("another secret", body, now),
        sign(workspace.signing_secret, body, old),
        signed | {"X-Slack-Request-Timestamp": old},
    ):
        answer = httpx.post(
            url, content=body, headers={"Content-Type": FORM, **headers}, trust_env=False
        )
        assert answer.status_code == 401, headers
    assert httpx.post(
        url, content=body + "x", headers={"Content-Type": FORM, **signed}, trust_env=False
    ).is_error
    people.dev.does_not_see("Swarm", within=1)
    assert (
        httpx.post(
            url, content=body, headers={"Content-Type": FORM, **signed}, trust_env=False
        ).status_code
        == 200
    )
    people.dev.sees("Swarm is healthy")


def test_mentions_work_where_slash_commands_do_not(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1")
    mentions(dev, site)


def mentions(person: Person, site: Site) -> None:
    """Ask in the channel, where a private answer stands too, then in the thread below the question,
    which there is only now."""
    asked = person.types("@swarmbot status")
    question = person.wrote("@swarmbot status", after=asked)
    answer = person.sees("Swarm is healthy", after=asked)
    assert answer.ephemeral
    assert not answer.in_thread, "in a thread that nobody has answered in, Slack would not show it"

    asked = person.types(f"@swarmbot deploy web {site.image('web:v2')}", in_thread=question)
    # An end that was said before may be edited late, and be seen first.
    eventually(lambda: person.sees("✅ web is on", timeout=60, after=asked) in question.thread, 60)
    assert site.is_on("web", "web:v2")
    asked = person.types("@swarmbot", in_thread=question)
    assert person.sees("Swarm is healthy", after=asked).in_thread
