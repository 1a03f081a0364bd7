"""What the workspace breaks on purpose, and how it shows an app that is late or away."""

import time
from functools import partial

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.workspace import Limits, Workspace
from tests.scenario.small_bot import SmallBot, refusal, wait_until

SHORT = Limits(ack_seconds=0.5, retry_seconds=(0.1, 0.1))


def test_triggers_and_response_urls_wear_out() -> None:
    now = [1_700_000_000.0]
    with Workspace(clock=lambda: now[0]) as workspace:
        state = workspace.state
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
        dev = workspace.person("dev").id
        trigger = state.triggers.give(dev)
        client.views_open(trigger_id=trigger, view=view)
        assert (
            refusal(client, "views.open", trigger_id=trigger, view=view) == "exchanged_trigger_id"
        )
        trigger = state.triggers.give(dev)
        now[0] += 4
        assert refusal(client, "views.open", trigger_id=trigger, view=view) == "expired_trigger_id"
        url = (
            f"{workspace.url}/response/{state.response_urls.give(dev, workspace.channel_id('ops'))}"
        )
        assert [httpx.post(url, json={"text": "x"}).status_code for _ in range(6)] == [200] * 5 + [
            404
        ]
        url = (
            f"{workspace.url}/response/{state.response_urls.give(dev, workspace.channel_id('ops'))}"
        )
        now[0] += 1801
        assert httpx.post(url, json={"text": "x"}).json()["error"] == "expired_url"


def test_posts_are_limited_in_rate() -> None:
    with Workspace(limits=Limits(post_burst=2)) as workspace:
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        for _ in range(2):
            client.chat_postMessage(channel="ops", text="x")
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel="ops", text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"


def test_an_app_that_is_away_or_late_is_shown_to_the_person() -> None:
    with Workspace(limits=SHORT) as workspace:
        dev, bot = workspace.person("dev"), SmallBot(workspace)
        dev.types("/swarm status")
        dev.sees("/swarm failed because the app did not respond (dispatch_failed)")
        with bot.connected(workspace):
            dev.types("/swarm late")
            dev.sees("/swarm failed because the app did not respond (operation_timeout)")
            assert workspace.deliveries[-1].outcome == "timeout"


def _reconnected(workspace: Workspace, before: tuple[str, ...]) -> bool:
    return bool(workspace.connections) and workspace.connections != before


def test_faults_of_the_link() -> None:
    with Workspace(limits=SHORT) as workspace:
        dev, bot = workspace.person("dev"), SmallBot(workspace)
        with bot.connected(workspace):
            workspace.faults.duplicate_envelopes = True
            dev.types("/swarm twice")
            wait_until(lambda: [payload["text"] for payload in bot.payloads] == ["twice", "twice"])
            workspace.faults.clear()
            for cut in (workspace.faults.drop_connections, workspace.faults.refresh_requested):
                before = workspace.connections
                cut()
                wait_until(partial(_reconnected, workspace, before))
                moment = dev.types("/swarm back")
                dev.sees("back", after=moment)
            workspace.faults.silent_link()
            dev.types("@swarmbot hello")
            assert workspace.deliveries[-1].outcome == "timeout"
            workspace.faults.silent_link(on=False)
            dev.sees("heard: @swarmbot hello")
            assert workspace.deliveries[-1].attempt >= 1


def test_faults_of_the_api() -> None:
    with Workspace() as workspace:
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        _breaks(workspace, client)


def _breaks(workspace: Workspace, client: WebClient) -> None:
    workspace.faults.rate_limit(2, calls=1, methods=("chat.update",))
    client.auth_test()
    with pytest.raises(SlackApiError) as caught:
        client.chat_update(channel=workspace.channel_id("ops"), ts="1.1", text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (
        429,
        "2",
    )
    workspace.faults.fail(calls=1, after_effect=True)
    assert (
        refusal(client, "chat.postMessage", channel="ops", text="posted, answer lost")
        == "internal_error"
    )
    workspace.person("dev").sees("posted, answer lost")
    workspace.faults.hang(0.3)
    started = time.monotonic()
    client.auth_test()
    assert time.monotonic() - started > 0.25
    assert workspace.calls("auth.test")[-1].ok


def test_each_payload_goes_to_one_connection_in_turn() -> None:
    with Workspace() as workspace:
        bots = [SmallBot(workspace), SmallBot(workspace)]
        with bots[0].connected(workspace), bots[1].connected(workspace):
            workspace.wait_connected(2)
            for number in range(4):
                workspace.person("dev").types(f"/swarm {number}")
            wait_until(lambda: [len(bot.payloads) for bot in bots] == [2, 2])


def test_an_outage_ends() -> None:
    with Workspace(limits=SHORT) as workspace:
        dev, bot = workspace.person("dev"), SmallBot(workspace)
        with bot.connected(workspace):
            with workspace.faults.outage():
                wait_until(lambda: not workspace.connections)
                dev.types("/swarm status")
                dev.sees("dispatch_failed")
            workspace.wait_connected()
