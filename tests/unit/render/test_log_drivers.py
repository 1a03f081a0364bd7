"""A service without lines: where they went, as far as its log driver says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model.cluster import ServiceLog
from bot.render.objects.logs import logs
from tests.unit.swarm.values import node, service

NOTHING = ServiceLog((), (), cut=False)


def told(driver: dict[str, Any] | None) -> str:
    template = {"LogDriver": driver} if driver else {}
    web = replace(service(), spec={"Name": "web", "TaskTemplate": template})
    return repr(logs(web, NOTHING, {}).blocks)


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (None, "wrote nothing in that time"),
        ({"Name": "json-file", "Options": {"max-size": "1m"}}, "wrote nothing in that time"),
        ({"Name": "journald"}, "wrote nothing in that time"),
        ({"Name": "none"}, "its log driver is none"),
        ({"Name": "none"}, "--log-driver json-file web"),
        ({"Name": "gelf", "Options": {"gelf-address": "udp://logs:12201"}}, "udp://logs:12201"),
        ({"Name": "awslogs", "Options": {"awslogs-group": "shop"}}, "Its lines go to shop by way"),
        ({"Name": "splunk", "Options": {"splunk-token": "hidden"}}, "its log driver is splunk"),
    ],
)
def test_where_the_lines_went(driver: dict[str, Any] | None, said: str) -> None:
    assert said in told(driver)
    assert "hidden" not in told(driver)


@pytest.mark.parametrize(
    ("state", "said"), [("down", "no answer from node2"), ("ready", "node2, which is Ready")]
)
def test_why_lines_of_a_node_are_missing(state: str, said: str) -> None:
    node2 = node("node2", state=state)
    log = ServiceLog((), (node2.id,), cut=False)
    assert said in repr(logs(service(), log, {node2.id: node2}).blocks)
