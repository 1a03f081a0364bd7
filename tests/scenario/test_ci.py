"""A pipeline rolls out through the bot: the stage of docs/ci, run by its shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from tests import ci_docs
from tests.scenario.ci import BuildMachine, lets_ci_in
from tests.scenario.conftest import People
from tests.scenario.resident import Resident
from tests.scenario.running import RunningBot, bot_for
from tests.scenario.swarm import Site

SLOTS = ("--replicas", "2")


def bot_with_ci(cluster: Cluster, workspace: Workspace, folder: Path) -> RunningBot:
    """A bot for which CI changes `shop-…` once a lead approved, and `web-…` at once."""
    lead = workspace.person("lead").id
    bot = lets_ci_in(bot_for(cluster, workspace, folder), "shop-*", lead=lead)
    return lets_ci_in(bot, "web-*")


@pytest.fixture(scope="module")
def resident(machine: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resident]:
    """One bot for all stories of this file."""
    resident = Resident(machine, lambda: tmp_path_factory.mktemp("bot"), bot_with_ci)
    yield resident
    resident.close()


@pytest.fixture
def jenkins(bot: RunningBot, cluster: Cluster, tmp_path: Path) -> BuildMachine:
    machine = BuildMachine.new(bot, cluster.nodes["node1"], tmp_path / "shop", "*-front")
    machine.writes_dockerfile(cluster.image("web:v1"), "418")
    return machine


@pytest.mark.costs(15)
def test_the_stage_builds_pushes_and_rolls_out_once_a_lead_approved(
    jenkins: BuildMachine, people: People, site: Site
) -> None:
    site.runs("shop-front", "web:v1", *SLOTS)
    built = jenkins.runs(ci_docs.jenkins("Build"))
    assert built.returncode == 0, built.stderr

    asked = people.lead.now
    with jenkins.running(ci_docs.jenkins("Roll out"), SERVICE="shop-front") as stage:
        request = people.lead.sees("🟡", after=asked, timeout=30)
        assert "CI jenkins-shop" in request.text
        assert "418" in request.text
        assert site.is_on("shop-front", "web:v1")
        people.lead.clicks("Approve", on=request)
        rolled = stage.result(60)

    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    people.dev.sees("✅ shop-front is on", after=asked)
    assert site.is_on("shop-front", "web:418")
    said = rolled.stdout.splitlines()
    assert len(said) == len(set(said)), "each line once"
    assert "completed (exit status 0)" in rolled.stderr


@pytest.mark.costs(15)
def test_an_image_that_does_not_start_ends_the_stage_with_1_and_the_cause(
    jenkins: BuildMachine, people: People, site: Site
) -> None:
    site.runs("web-front", "web:v1", *SLOTS, "--update-failure-action", "rollback")

    asked = people.dev.now
    step = ci_docs.jenkins("Roll out")
    rolled = jenkins.runs(step, SERVICE="web-front", BUILD_NUMBER="broken")

    assert rolled.returncode == 1, rolled.stdout + rolled.stderr
    assert "FATAL: cannot read /etc/shop.conf" in rolled.stdout
    assert "rolled back (exit status 1)" in rolled.stderr
    sent = re.search(r"accepted as (\w+)", rolled.stderr)
    assert sent
    people.dev.sees("↩️ web-front rolled back", after=asked)
    assert site.is_on("web-front", "web:v1")

    # `curl` and `jq` send the same line.
    line = ci_docs.shell(1)
    asked = people.dev.now
    rolled = jenkins.runs(line, IMAGE=site.image("web:v2"), SERVICE="web-front", BUILD_ID="419")
    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    people.dev.sees("✅ web-front", after=asked)
    assert '"ending":"rolled_back"' in jenkins.runs(ci_docs.shell(2), ID=sent[1]).stdout
    too_late = jenkins.runs(ci_docs.shell(3), ID=sent[1])
    assert "409" in too_late.stderr
