"""The flags of the Docker CLI's lists, asked in Slack."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("docker service ls --format '{{.Name}} {{.Replicas}}'", ("db 1/1", "web 2/2")),
        ("service ls --filter name=we --format '{{json .Name}}'", ('"web"',)),
        ("service ls -f name=web --format json", ('"Mode":"replicated","Name":"web"',)),
        (r"service ls --format 'table {{.Name}}\t{{.Mode}}'", ("NAME      MODE", "db        rep")),
        ("service ps web --format '{{.Name}} {{.DesiredState}}'", ("web.1 Running",)),
        ("service ps --filter desired-state=running --no-trunc -q web", ("service ps · 2 lines",)),
        ("node ls --filter role=worker --format '{{.Hostname}} {{.Status}}'", ("node4 Ready",)),
        ("node ls -q", ("node ls · 4 lines",)),
        ("node ps node1 --format '{{.Name}}'", ("web.",)),
        ("stack ls --format '{{.Name}}'", ("nothing to list",)),
        ("network ls --filter driver=overlay --format '{{.Name}} {{.Scope}}'", ("ingress swarm",)),
        ("secret ls -q", ("nothing to list",)),
        ("config ls --format json", ("nothing to list",)),
        ("service ls --filter name=nothing", ("No service fits the filter",)),
        ("service ps web --filter name=web.1", ("2/2 running", "web.1")),
        ("node ps node1 --filter name=nothing", ("No task fits the filter",)),
    ],
)  # fmt: skip
def test_lists_are_filtered_and_formatted(
    dev: MemoryPerson, world: World, line: str, lines: tuple[str, ...]
) -> None:
    world.runs("web")
    world.runs("db", replicas=1)

    answer = dev.asks(line, lines[0])

    assert answer.ephemeral
    assert all(part in answer.text for part in lines), answer.text
    assert "❌" not in answer.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("service ls --filter nmae=web", "a filter such as name=…"),
        ("service ls --filter web", "one of the filters id=…, name=…, label=…, mode=…"),
        ("service ls --format '{{.Nmae}}'", "did you mean .Name?"),
        ("service ls --format '{{.Name'", "a Go template such as {{.ID}}"),
        ("service ls --format '{{exec .}}'", "one of the functions json, join"),
    ],
)
def test_a_mistake_gets_one_sentence_with_the_nearest(
    dev: MemoryPerson, world: World, line: str, said: str
) -> None:
    world.runs("web")
    assert said in dev.asks(line, "expected").text


def test_a_filter_leaves_the_headline_true(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)

    answer = dev.asks("service ps web --filter name=web.2", "3/3 running")

    assert "web.2" in answer.text
    assert "web.1" not in answer.text
