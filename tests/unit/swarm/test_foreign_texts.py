"""Whatever an engine, a registry or a program says is cut where it is read, and judged at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from bot.model.bounds import MOST_TEXT, bounded
from bot.swarm.engine.refusals import Target, refusal
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.objects import logs
from bot.swarm.spec import read, read_cluster

HUGE = "x" * 30_000


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, but for specifications, which are posted back as they are."""
    if isinstance(value, str):
        yield value
    for inner in parts(value):
        yield from texts(inner)


def parts(value: Any) -> Iterator[Any]:
    if is_dataclass(value) and not isinstance(value, type):
        names = {field.name for field in fields(value)} - {"spec", "previous"}
        yield from (getattr(value, name) for name in names)
    elif isinstance(value, dict):
        yield from (*value, *value.values())
    elif isinstance(value, tuple | list):
        yield from value


SPEC = {
    "Name": "web",
    "Labels": {HUGE: HUGE},
    "TaskTemplate": {"ContainerSpec": {"Image": HUGE.upper()}},
}
READ = {
    "task": read.task(
        {
            "ID": "t1",
            "Spec": SPEC["TaskTemplate"],
            "Status": {"State": "failed", "Err": HUGE, "Message": HUGE},
        }
    ),
    "service": read.service(
        {"ID": "s1", "Spec": SPEC, "UpdateStatus": {"State": "paused", "Message": HUGE}}
    ),
    "node": read_cluster.node(
        {
            "ID": "n1",
            "Spec": {"Labels": {"a": HUGE}},
            "Status": {"State": "down", "Message": HUGE, "Addr": HUGE},
            "Description": {
                "Hostname": HUGE,
                "Engine": {"EngineVersion": HUGE, "Labels": {"b": HUGE}},
            },
        }
    ),
    "engine": read_cluster.engine_state(
        "node1", {"Name": HUGE, "ServerVersion": HUGE, "Swarm": {"Error": HUGE}}
    ),
    "network": read.network({"Id": "net1", "Labels": {"a": HUGE}, "Options": {"b": HUGE}}),
    "secret": read.stored("secret", {"ID": "x1", "Spec": {"Name": "key", "Labels": {"a": HUGE}}}),
    "refusal": refusal("node1", 500, HUGE, Target("service", "web")).args
    or vars(refusal("node1", 500, HUGE, Target("service", "web"))),
}


@pytest.mark.parametrize("kind", READ)
def test_no_text_is_longer_than_two_thousand_characters(kind: str) -> None:
    assert max(len(text) for text in texts(READ[kind])) <= MOST_TEXT


def test_the_beginning_and_the_end_stay_for_the_reason_stands_at_the_end() -> None:
    text = bounded("failed to resolve reference" + HUGE + ": connection refused")
    assert len(text) == MOST_TEXT
    assert text.startswith("failed to resolve reference")
    assert text.endswith(": connection refused")


@pytest.mark.parametrize(
    "error",
    [
        'starting container failed: exec: "' + HUGE + '": executable file not found in $PATH',
        'exec: "a' * 4000,
        "no suitable node (" + "insufficient resources on 1 node; " * 1000 + ")",
        "No such image: " + HUGE,
        "port '8080' is already in use by service '" * 700,
        "invalid mount config: " * 1500,
    ],
    ids=lambda error: error[:20],
)
def test_what_a_program_or_a_registry_says_at_length_is_judged_at_once(error: str) -> None:
    begun = time.process_time()
    task = read.task({"ID": "t1", "Status": {"State": "rejected", "Err": error}})
    diagnose([task], {})
    refusal("node1", 500, error, Target("service", "web"))
    assert time.process_time() - begun < 0.1


def test_a_log_has_an_end() -> None:
    log = logs.parse(b"2026-01-01T00:00:00Z  hello\n" * (logs.MOST_LINES + 500))
    assert len(log.lines) == logs.MOST_LINES
    assert log.cut
