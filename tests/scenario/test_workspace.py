"""The workspace of the playground, seen through a real Bolt app: over Socket Mode with both
clients, and over HTTP."""

import re
from collections.abc import Iterator

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.workspace import (
    MANIFEST_SCOPES,
    FormRefusedError,
    NothingToUseError,
    NotSeenError,
    SeenError,
    Workspace,
)
from tests.scenario.small_bot import SmallBot, bolt_over_http, refusal, section


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace(
        scopes=(*MANIFEST_SCOPES, "channels:read", "channels:history", "files:read")
    ) as running:
        yield running


@pytest.fixture(scope="module")
def bot(workspace: Workspace) -> Iterator[SmallBot]:
    bot = SmallBot(workspace)
    with bot.connected(workspace):
        yield bot


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


def test_a_command_is_answered_privately_and_its_button_replaces_the_answer(
    workspace: Workspace, bot: SmallBot
) -> None:
    dev, lead = workspace.person("dev"), workspace.person("lead")
    moment = dev.types("/swarm greet @lead in #ops with ghcr.io/shop/web:2.0 & <b>")
    answer = dev.sees("greet", after=moment)
    assert answer.text == "greet @lead in #ops with ghcr.io/shop/web:2.0 & <b>\n[Again]"
    assert answer.ephemeral
    lead.does_not_see("greet", within=0.1, after=moment)
    body = bot.payloads[-1]
    assert body["text"] == (
        "greet <@U0LEAD0001|lead> in <#C0OPS00001|ops> with "
        "<http://ghcr.io/shop/web:2.0|ghcr.io/shop/web:2.0> &amp; &lt;b&gt;"
    )
    assert {"trigger_id", "response_url", "user_id", "channel_name", "api_app_id"} <= set(body)
    dev.clicks("Again", on=answer)
    assert dev.sees("said again", after=moment) == answer
    assert "message" not in bot.payloads[-1]
    assert bot.payloads[-1]["container"]["is_ephemeral"]


def test_a_message_is_edited_answered_in_its_thread_and_its_button_asks_first(
    workspace: Workspace, bot: SmallBot
) -> None:
    dev, lead = workspace.person("dev"), workspace.person("lead")
    moment = dev.types("/swarm deploy web")
    message = lead.sees("web is on 2.0", after=moment)
    assert message.text == "✅ web is on 2.0\n[Roll back]"
    assert message.notification == "✅ web is on 2.0"
    assert message.life == ["🔵 web is rolling", "✅ web is on 2.0\n[Roll back]"]
    assert message.history[0].at < message.history[1].at
    lead.sees("task 1", after=moment)
    assert [reply.text for reply in message.thread] == ["task 1: 1.0 → 2.0"]
    assert message.button("Roll back").confirm == "Roll back?\nweb goes back to 1.0"
    lead.clicks("Roll back", on=message, confirm=False)
    assert message.buttons == ["Roll back"]
    lead.clicks("Roll back")
    assert lead.sees("rolled back by @lead") == message
    assert message.buttons == []
    with pytest.raises(NothingToUseError, match="rolled back"):
        lead.clicks("Roll back", on=message)


def test_the_ack_of_a_command_may_carry_its_answer(workspace: Workspace, bot: SmallBot) -> None:
    dev = workspace.person("dev")
    moment = dev.types("/swarm quick")
    assert dev.sees("answered in the ack", after=moment, timeout=1).ephemeral


@pytest.mark.parametrize("kind", ["builtin", "websocket-client"])
def test_a_modal_suggests_refuses_updates_and_closes(kind: str) -> None:
    with Workspace() as workspace:
        bot = SmallBot(workspace)
        with bot.connected(workspace, kind):
            dev = workspace.person("dev")
            dev.types("/swarm modal")
            modal = dev.sees_modal("Deploy")
            assert modal.fields == ["Image", "Reason"]
            assert dev.suggestions("image", "shop/web") == ["shop/web:1.0", "shop/web:2.0"]
            assert dev.suggestions("image", "s") == []
            with pytest.raises(FormRefusedError, match="required"):
                dev.submits()
            dev.submits(image="shop/api:1.0")
            assert modal.errors == {"image": "api is on hold"}
            assert "❗ api is on hold" in modal.text
            dev.clicks("Preview")
            dev.sees_modal("4 tasks change")
            dev.closes_modal()
            with pytest.raises(FormRefusedError, match="at most 20"):
                dev.submits({"Reason": "x" * 21, "Image": "shop/web:2.0"})
            dev.submits(reason="because")
            assert dev.sees_modal("planned") == modal
            dev.closes_modal()
            assert dev.modal is None
            dev.types("/swarm modal")
            dev.sees_modal("Deploy")
            dev.closes_modal()
            assert bot.payloads[-1]["type"] == "view_closed"


def test_a_mention_is_heard_in_a_thread_and_the_home_tab_is_published(
    workspace: Workspace, bot: SmallBot
) -> None:
    dev = workspace.person("dev")
    moment = dev.types("@swarmbot status")
    mine = dev.wrote("@swarmbot status")
    answer = dev.sees("heard: @swarmbot status", after=moment)
    assert answer.in_thread
    dev.types("@swarmbot logs", in_thread=mine)
    dev.sees("heard: @swarmbot logs", after=moment)
    assert [message.author for message in mine.thread] == ["swarmbot", "dev", "swarmbot"]
    home = dev.opens_home()
    assert home.text == "Swarm is healthy\n[Again]"
    dev.types("/swarm x", in_thread=mine)
    dev.sees("/swarm is not supported in threads", after=moment)
    dev.types("@swarmbot hello", channel="general")
    dev.sees("not in this channel", after=moment)


def test_a_file_is_uploaded_and_can_be_downloaded(
    workspace: Workspace, bot: SmallBot, client: WebClient
) -> None:
    dev = workspace.person("dev")
    moment = dev.types("/swarm file")
    message = dev.sees("📎 web", after=moment)
    assert [file.content for file in message.files] == [b"line\nline\nline\n"]
    url = client.files_info(file=message.files[0].id)["file"]["url_private"]
    assert (
        httpx.get(url, headers={"Authorization": f"Bearer {workspace.bot_token}"}).content
        == b"line\nline\nline\n"
    )
    assert httpx.get(url).status_code == 403


def test_slack_refuses_with_its_own_names(workspace: Workspace, client: WebClient) -> None:
    ops = workspace.channel_id("ops")
    posted = client.chat_postMessage(channel="#ops", text="mine")
    workspace.person("dev").types("theirs")
    theirs = workspace.person("dev").wrote("theirs")
    assert refusal(client, "chat.postMessage", channel="nowhere", text="x") == "channel_not_found"
    assert refusal(client, "chat.postMessage", channel=ops) == "no_text"
    assert refusal(client, "chat.postMessage", channel=ops, text="x" * 40_001) == "msg_too_long"
    assert (
        refusal(client, "chat.postMessage", channel=ops, text="x", blocks=[section("x" * 3001)])
        == "invalid_blocks"
    )
    assert (
        refusal(client, "chat.postMessage", channel=ops, text="x", thread_ts="1.1")
        == "thread_not_found"
    )
    assert refusal(client, "chat.update", channel=ops, ts="1.1", text="x") == "message_not_found"
    assert (
        refusal(client, "chat.update", channel="ops", ts=posted["ts"], text="x")
        == "channel_not_found"
    )
    assert (
        refusal(client, "chat.update", channel=ops, ts=theirs.ts, text="x") == "cant_update_message"
    )
    assert (
        refusal(client, "views.open", trigger_id="1.2.3", view={"type": "home", "blocks": []})
        == "invalid_arguments"
    )
    assert refusal(client, "users.info", user="U0NOBODY") == "user_not_found"
    assert refusal(client, "no.such.method") == "unknown_method"
    assert refusal(client, "team.info") == "missing_scope"
    stranger = WebClient(token="xoxb-other", base_url=workspace.api_url)
    assert refusal(stranger, "auth.test") == "invalid_auth"
    assert refusal(WebClient(base_url=workspace.api_url), "auth.test") == "not_authed"
    assert refusal(client, "apps.connections.open") == "not_allowed_token_type"
    assert client.conversations_info(channel=ops)["channel"]["name"] == "ops"
    direct = client.conversations_open(users=workspace.person("dev").id)["channel"]["id"]
    client.chat_postMessage(channel=direct, text="secret")
    assert workspace.person("dev").sees("secret").channel == "dm-dev"
    workspace.person("lead").does_not_see("secret", within=0)


def test_what_a_workspace_forgot_is_edited_unseen() -> None:
    with Workspace() as workspace:
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        posted = client.chat_postMessage(channel="#ops", text="deploys")
        workspace.state.forget()

        edited = client.chat_update(channel=posted["channel"], ts=posted["ts"], text="deployed")

        assert (edited["ts"], edited["text"]) == (posted["ts"], "deployed")
        assert workspace.state.overlooked() == []


def test_what_is_not_there_is_told_with_what_is(workspace: Workspace, client: WebClient) -> None:
    client.chat_postMessage(channel="ops", text="here I am")
    dev = workspace.person("dev")
    with pytest.raises(NotSeenError, match="here I am"):
        dev.sees("nothing like it", timeout=0.05)
    with pytest.raises(SeenError, match="here I am"):
        dev.does_not_see(re.compile("here . am"), within=0.05)


def test_http_mode_is_signed_and_verified() -> None:
    with Workspace() as workspace:
        bot = SmallBot(workspace)
        with bolt_over_http(bot) as url:
            workspace.deliver_to(url)
            dev = workspace.person("dev")
            dev.types("/swarm over http")
            dev.clicks("Again", on=dev.sees("over http"))
            dev.sees("said again")
            dev.types("/swarm modal")
            dev.submits(image="shop/api:1.0")
            assert dev.sees_modal().errors == {"image": "api is on hold"}
            dev.closes_modal()
            assert dev.opens_home().text.startswith("Swarm is healthy")
            assert httpx.post(url, data={"command": "/swarm"}).status_code == 401


def test_modals_are_three_deep_at_most() -> None:
    with Workspace() as workspace:
        views, dev = workspace.state.views, workspace.person("dev")
        view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
        views.open(dev.id, view)
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)

        def push() -> None:
            client.views_push(trigger_id=workspace.state.triggers.give(dev.id, "V1"), view=view)

        push()
        push()
        with pytest.raises(SlackApiError, match="push_limit_reached"):
            push()
