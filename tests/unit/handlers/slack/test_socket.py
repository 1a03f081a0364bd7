"""The socket to Slack on a workspace on loopback: how soon it is opened again, and how often."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from slack_bolt import Ack
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import traces
from handlers.slack.identity import Identity
from handlers.slack.link import SILENT_AFTER, Link
from handlers.slack.listeners import bolt, web_client
from handlers.slack.socket import FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS, Socket, pause
from playground.workspace import Workspace
from playground.workspace.model import Limits
from tests.recorded import attributes, recorded

PATIENCE = 10.0


class Pauses:
    """Waits in the place of the socket: it counts, and lets the socket go on when it may."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._go = threading.Semaphore(0)

    def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._go.acquire(timeout=PATIENCE)

    def go_on(self, times: int = 1) -> None:
        for _ in range(times):
            self._go.release()


@contextmanager
def connecting(workspace: Workspace, pauses: Pauses) -> Iterator[Socket]:
    client = web_client(workspace.bot_token, workspace.api_url)
    app = bolt(client, Identity(client), None)
    socket = Socket(app, client, workspace.app_token, pauses)
    socket.start()
    try:
        yield socket
    finally:
        socket.stop()
        pauses.go_on(100)


def eventually(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


def opened(workspace: Workspace) -> int:
    return len(workspace.calls("apps.connections.open"))


def test_it_waits_longer_after_each_refusal_and_the_log_says_it_once(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.faults.refuse_sockets = True
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        pauses.go_on(7)
        eventually(lambda: len(pauses.asked) == 8)

        assert opened(workspace) == 8, "one try for each pause"
        bounds = [min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries) for tries in range(1, 9)]
        for asked, most in zip(pauses.asked, bounds, strict=True):
            assert most / 2 <= asked <= most
        assert not socket.connected
        assert len([r for r in caplog.records if "Slack" in r.getMessage()]) == 1

        workspace.faults.refuse_sockets = False
        pauses.go_on()
        eventually(lambda: socket.connected)


def test_within_ten_seconds_of_refusals_it_tries_a_few_times_only() -> None:
    lasted, tries = 0.0, 0
    while lasted < 10:
        tries += 1
        lasted += pause(tries, random.Random(7))
    assert 4 <= tries <= 8


def test_what_the_web_api_refuses_is_named_and_waited_for_as_it_says(workspace: Workspace) -> None:
    workspace.faults.rate_limit(31, calls=1, methods=("apps.connections.open",))
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        eventually(lambda: pauses.asked)
        assert pauses.asked[0] > 30
        assert "ratelimited" in socket.problem


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_when_slack_asks_for_it_a_new_link_is_open_before_the_old_one_closes(
    workspace: Workspace, reason: str
) -> None:
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        eventually(lambda: socket.connected)
        (before,) = workspace.connections
        moment = workspace.feed.seq

        ask = {
            "warning": workspace.faults.warn,
            "refresh_requested": workspace.faults.refresh_requested,
        }
        ask[reason]()

        eventually(lambda: workspace.connections and before not in workspace.connections)
        assert not pauses.asked, "Slack asked for it, so there is nothing to wait for"
        if reason == "warning":
            changes = workspace.feed.after(moment, 0)
            seen = [change.value for change in changes if change.kind == "socket"]
            assert any(len(connections) == 2 for connections in seen), "both were open for a moment"
            assert all(seen), "at no time there was none"
        assert socket.connected


def test_a_link_that_breaks_is_opened_again_after_a_short_pause(workspace: Workspace) -> None:
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        eventually(lambda: socket.connected)
        workspace.faults.drop_connections()
        eventually(lambda: pauses.asked)
        assert 0 < pauses.asked[0] <= 2 * FIRST_PAUSE
        assert not socket.connected
        pauses.go_on()
        eventually(lambda: socket.connected)


def test_too_many_sockets_are_said_after_hello_and_waited_out(workspace: Workspace) -> None:
    workspace.faults.too_many_sockets = True
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        pauses.go_on(3)
        eventually(lambda: len(pauses.asked) == 4)
        assert pauses.asked[3] > 2 * pauses.asked[0], "it waits longer each time"
        assert "too_many_websockets" in socket.problem
        assert not socket.connected
        workspace.faults.too_many_sockets = False
        pauses.go_on()
        eventually(lambda: socket.connected)
        assert socket.problem == ""


def test_a_link_that_slack_refreshes_again_and_again_is_not_followed_like_mad(
    workspace: Workspace,
) -> None:
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        for _ in range(2):
            eventually(lambda: socket.connected)
            before = workspace.connections
            workspace.faults.warn()
            eventually(lambda before=before: pauses.asked or workspace.connections != before)  # type: ignore[misc]
        eventually(lambda: pauses.asked)


def test_what_comes_after_a_silence_is_not_taken() -> None:
    """A bot that was frozen finds in its link what Slack has long told people has failed."""
    with Workspace(limits=Limits(ack_seconds=0.2)) as workspace:
        client = web_client(workspace.bot_token, workspace.api_url)
        url = client.apps_connections_open(app_token=workspace.app_token)["url"]
        taken: list[SocketModeRequest] = []
        seconds = [0.0]
        link = Link(url, lambda _, request: taken.append(request), lambda: seconds[0])
        link.start()
        eventually(lambda: link.greeted)
        dev = workspace.person("dev")
        dev.types("/swarm status")
        eventually(lambda: len(taken) == 1)

        seconds[0] = SILENT_AFTER + 1
        dev.types("/swarm scale web=0")
        workspace.faults.warn()
        eventually(lambda: link.told_to_go)

        assert len(taken) == 1
        assert not link.good
        link.close()


def test_the_first_command_is_acked_while_slack_does_not_say_who_the_bot_is(
    workspace: Workspace,
) -> None:
    workspace.faults.hang(8, methods=("auth.test",))
    client = web_client(workspace.bot_token, workspace.api_url)
    app = bolt(client, Identity(client), None)
    app.command("/swarm")(lambda ack: ack())
    socket = Socket(app, client, workspace.app_token, Pauses())
    socket.start()
    eventually(lambda: socket.connected)
    workspace.person("dev").types("/swarm status")
    delivery = workspace.deliveries[-1]
    assert delivery.outcome == "acked"
    assert delivery.took is not None
    assert delivery.took < 1
    socket.stop()


def test_what_an_envelope_asks_for_is_a_part_of_it(workspace: Workspace) -> None:
    client = web_client(workspace.bot_token, workspace.api_url)
    app = bolt(client, Identity(client), None)
    began = threading.Event()

    def asked(ack: Ack) -> None:
        ack()
        with traces.span("request"):
            client.auth_test()
        began.set()

    app.command("/swarm")(asked)
    socket = Socket(app, client, workspace.app_token, Pauses())
    with recorded() as spans:
        socket.start()
        eventually(lambda: socket.connected)
        workspace.person("dev").types("/swarm status")
        assert began.wait(PATIENCE)
        spans.wait_for(3)
        socket.stop()

    assert spans.trees() == ["slack slash_commands\n  request\n    slack auth.test"]
    assert attributes(spans.span("slack slash_commands"))["messaging.message.id"]


def test_after_a_link_that_lasted_pauses_begin_anew(workspace: Workspace) -> None:
    workspace.faults.refuse_sockets = True
    pauses = Pauses()
    with connecting(workspace, pauses) as socket:
        pauses.go_on(4)
        eventually(lambda: len(pauses.asked) == 5)
        workspace.faults.refuse_sockets = False
        pauses.go_on()
        eventually(lambda: socket.connected)
        begun = time.monotonic()
        eventually(lambda: time.monotonic() - begun > STEADY_SECONDS + 0.1)

        workspace.faults.drop_connections()
        eventually(lambda: len(pauses.asked) == 6)
        assert pauses.asked[5] <= FIRST_PAUSE
