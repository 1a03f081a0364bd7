"""Commands of which only the name is typed open a modal; names are offered while they are typed."""

from __future__ import annotations

from playground.workspace.person import Person
from tests.scenario.swarm import Site


def test_create_and_scale_by_modal(dev: Person, site: Site) -> None:
    dev.types("/swarm service create")
    dev.sees_modal("Create a service")
    refused = dev.submits(
        {"name": "web", "image": site.image("web:v1"), "replicas": "two", "env": "A"}
    )
    assert "whole number" in refused.errors["replicas"]
    dev.submits({"replicas": "2", "env": "A=1\nB=2", "publish": "8089:8080"})
    dev.sees("✅ web", timeout=60)
    assert site.spec("web")["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=1", "B=2"]

    asked = dev.types("/swarm scale")
    dev.sees_modal("Scale a service", after=asked)
    dev.submits({"service": "web", "replicas": "3"})
    dev.sees("✅ web · replicas 2 → 3", timeout=60, after=asked)
    assert site.replicas("web") == 3


def test_a_secret_in_a_line_runs_nothing(dev: Person, site: Site) -> None:
    asked = dev.types("/swarm swarm unlock SWMKEY-1-abcdefgh")
    assert dev.sees("Nothing ran", after=asked).ephemeral
    assert "abcdefgh" not in dev.sees("Nothing ran").text
