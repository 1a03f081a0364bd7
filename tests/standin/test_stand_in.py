"""The bot in a Slack that others wrote: what people do every day, from the typing to the Swarm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from tests.scenario.running import RunningBot, free_port
from tests.scenario.swarm import Site
from tests.standin.conftest import bot_beside
from tests.standin.people import Colleague
from tests.standin.stand_in import DEV, LEAD, SIGNING_SECRET, StandIn, stand_in


@pytest.mark.costs(20)
def test_a_day_in_a_workspace_of_others(
    dev: Colleague, lead: Colleague, site: Site, beside: StandIn, bot: RunningBot
) -> None:
    site.runs("web")

    dev.types("status")
    assert dev.sees("Swarm is healthy", "3 managers").is_private

    with dev.form("deploy") as form:
        assert "image" in form.submits(service=["web"], image="no image at all")["image"]
        assert form.submits(service=["web"], image=site.image("web:v2")) == {}
    request = lead.sees("🟡", "needs approval", "web:v2")
    own = dev.clicks("Approve", on=request)
    assert dev.sees("somebody else", after=own).is_private
    lead.clicks("Approve", on=request)
    done = dev.sees("✅ web is on", within=40)
    assert done.ts == request.ts, "the message of the request goes on"
    assert "asked by dev" in done.text
    assert "approved by lead" in done.text
    assert site.is_on("web", "web:v2")
    dev.sees("Timeline of web")

    asked = dev.mentions("service ps web")
    assert dev.sees("1/1 running", after=asked).is_private
    dev.opens_home("Swarm is healthy", "node1", "Leader")
    dev.writes_to_the_bot("nodes")
    dev.sees("4 nodes", "node4", channel=dev.direct)
    assert beside.refusals() == []
    assert "slack_bolt" not in bot.log, "Bolt has nothing to warn of"


@pytest.fixture
def by_http(cluster: Cluster, tmp_path: Path) -> Iterator[StandIn]:
    """One that delivers by signed requests, to a bot without a socket."""
    address = f"{cluster.bridge.gateway}:{free_port()}"
    with stand_in(cluster, f"http://{address}/slack/events") as beside:
        bot = bot_beside(beside, cluster, tmp_path, SLACK_SIGNING_SECRET=SIGNING_SECRET)
        bot.slack_address = address
        bot.start()
        yield beside
        bot.stop()


def test_requests_that_others_signed_are_taken(by_http: StandIn, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "0", "--detach")
    dev, lead = Colleague(by_http, DEV), Colleague(by_http, LEAD)

    dev.types("status")
    assert dev.sees("Swarm is healthy").is_private
    asked = dev.mentions("nodes")
    assert dev.sees("4 nodes", after=asked).is_private
    dev.opens_home("Swarm is healthy")

    with dev.form("hold") as form:
        assert form.submits(service=["web"], reason="incident 42") == {}
    held = lead.sees("web", "incident 42")
    lead.clicks("Release", on=held)
    lead.sees("released")
    assert by_http.refusals() == []
