"""What can be asked by HTTP, and by whom: Slack's route stands alone, and reasons are for the
operator."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest
from fastapi.testclient import TestClient
from slack_bolt import App
from slack_sdk import WebClient

from handlers.http.server import Web
from handlers.slack.http_mode import MOST_BODY, web_app
from handlers.slack.identity import Identity
from handlers.slack.listeners import bolt

REASON = "10.0.0.7:2376: connection refused"


def client(address: str, *details: str) -> TestClient:
    checks = {"redis": lambda: "", "engines": lambda: REASON}
    web = Web(checks, lambda: b"", [ip_network(network) for network in details])
    return TestClient(web.app(), client=(address, 40000))


@pytest.mark.parametrize(
    ("address", "details", "reason"),
    [
        ("127.0.0.1", ("127.0.0.0/8",), REASON),
        ("10.1.2.3", ("127.0.0.0/8", "10.0.0.0/8"), REASON),
        ("10.1.2.3", ("127.0.0.0/8",), ""),
        ("::1", ("127.0.0.0/8",), ""),
        ("127.0.0.1", (), ""),
    ],
)
def test_why_something_is_missing_is_told_only_to_whom_the_file_allows(
    address: str, details: tuple[str, ...], reason: str
) -> None:
    answer = client(address, *details).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "missing": {"engines": reason},
        "looked_seconds_ago": None,
    }


def test_readiness_says_how_long_ago_the_last_look_was() -> None:
    web = Web({"watch": lambda: "the watch last looked 95 s ago"}, lambda: b"", (), lambda: 95.04)
    answer = TestClient(web.app(), client=("10.1.2.3", 40000)).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["looked_seconds_ago"] == 95.0


def test_what_is_warned_of_leaves_the_bot_ready_and_is_told_to_whom_the_file_allows() -> None:
    said = {"channel C0123": "people of other workspaces read what is posted there"}
    web = Web({}, lambda: b"", [ip_network("127.0.0.0/8")], warnings=lambda: said)
    answers = [
        TestClient(web.app(), client=(address, 40000)).get("/readyz")
        for address in ("127.0.0.1", "10.1.2.3")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["warnings"] == said
    assert "warnings" not in answers[1].json()


def test_a_bot_has_started_with_the_first_time_that_it_is_ready_and_stays_so() -> None:
    missing = {"redis": REASON}
    web = Web({"redis": lambda: missing["redis"], "channels": lambda: "not invited"}, lambda: b"")
    asked = TestClient(web.app(), client=("127.0.0.1", 40000))

    assert asked.get("/startupz").status_code == 503
    assert asked.get("/startupz").json() == {"started": False, "missing": ["redis"]}
    missing["redis"] = ""
    assert asked.get("/startupz").json() == {"started": True, "missing": []}
    missing["redis"] = REASON
    assert asked.get("/startupz").status_code == 200, "no restart brings Redis back"
    assert asked.get("/readyz").status_code == 503


def test_a_bot_that_is_still_starting_says_once_what_it_waits_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "handlers.http.startup")
    missing = {"redis": REASON, "engines": REASON}
    checks: dict[str, Callable[[], str]] = {
        "redis": lambda: missing["redis"],
        "engines": lambda: missing["engines"],
    }
    asked = TestClient(Web(checks, lambda: b"").app(), client=("127.0.0.1", 40000))

    for engines in (REASON, REASON, "", ""):
        missing["engines"] = engines
        asked.get("/startupz")
    missing["redis"] = ""
    for _ in range(2):
        asked.get("/startupz")

    assert caplog.messages == [
        f"has not reached all that it needs yet: redis: {REASON}; engines: {REASON}",
        f"has not reached all that it needs yet: redis: {REASON}",
        "has reached all that it needs",
    ]


def slack_app(signing_secret: str | None) -> App:
    client = WebClient(token="xoxb-1")
    return bolt(client, Identity(client), signing_secret)


@pytest.fixture
def slack() -> TestClient:
    return TestClient(web_app(slack_app("a signing secret")))


@pytest.mark.parametrize(
    "path", ["/healthz", "/startupz", "/readyz", "/metrics", "/docs", "/openapi.json", "/"]
)
def test_slacks_listener_shows_nothing_but_slacks_route(slack: TestClient, path: str) -> None:
    assert slack.get(path).status_code == 404


def test_what_is_larger_than_slack_ever_sends_is_refused_before_it_is_read(
    slack: TestClient,
) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while read < 60 * MOST_BODY:
            read += 65536
            yield b"x" * 65536

    announced = slack.post("/slack/events", headers={"Content-Length": str(60 * MOST_BODY)})
    chunked = slack.post("/slack/events", content=endless())
    absurd = slack.post("/slack/events", headers={"Content-Length": "9" * 5000})

    assert [answer.status_code for answer in (announced, chunked, absurd)] == [413, 413, 413]


def test_what_nobody_signed_is_refused_and_no_constant_signs_in_socket_mode() -> None:
    for app in (slack_app(None), slack_app("secret")):
        answer = TestClient(web_app(app)).post("/slack/events", content=b"command=/swarm")
        assert answer.status_code == 401
