"""The workspace refuses what Slack refuses: places, tokens, threads that nobody sees, and haste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from playground.workspace import Limits
from playground.workspace.api import LIMITED, METHODS, Api, Tokens
from playground.workspace.arguments import Arguments
from playground.workspace.faults import Faults
from playground.workspace.model import BOT_USER, MANIFEST_SCOPES
from playground.workspace.socketmode import SocketMode
from playground.workspace.state import State

DEV = "U0DEV00001"


class Slack:
    """The Web API of a workspace whose time stands still."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - a frozen value
        self.state = State(lambda: 1000.0, limits)
        faults = Faults(self.state.clock, SocketMode(limits, ""))
        self.api = Api(self.state, Tokens("xoxb-1", "xapp-1"), faults)

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        return self.api.answer(method, "xoxb-1", Arguments(arguments))[1]

    def error(self, method: str, **arguments: Any) -> str:
        return str(self.call(method, **arguments).get("error", ""))

    def posts(self, channel: str) -> str:
        return self.error("chat.postMessage", channel=channel, text="news")


@pytest.mark.parametrize(
    ("fields", "without_app", "refused"),
    [
        ({}, False, ""),
        ({}, True, ""),
        ({"is_private": True}, False, ""),
        ({"is_private": True}, True, "channel_not_found"),
        ({"is_archived": True}, False, "is_archived"),
        ({"posting": "restricted_action"}, False, "restricted_action"),
    ],
)
def test_the_app_may_not_post_everywhere(
    fields: dict[str, Any], without_app: bool, refused: str
) -> None:
    slack = Slack()
    directory = slack.state.directory
    change = directory.removes_app if without_app else directory.changes_channel
    ops = change("ops", **fields).id

    assert slack.posts(ops) == refused
    private = slack.error("chat.postEphemeral", channel=ops, user=DEV, text="news")
    assert private == refused


def test_without_the_scope_for_public_channels_the_app_has_to_be_a_member() -> None:
    slack = Slack()
    directory = slack.state.directory
    fewer = tuple(scope for scope in MANIFEST_SCOPES if scope != "chat:write.public")
    directory.changes_installation(scopes=fewer)
    assert slack.posts(directory.removes_app("ops").id) == "not_in_channel"


def test_direct_messages_between_people_are_not_the_apps() -> None:
    slack = Slack()
    direct = slack.state.directory.between("dev", "lead")
    assert slack.posts(direct.id) == "channel_not_found"
    assert slack.error("conversations.info", channel=direct.id) == "channel_not_found"


def test_a_message_in_an_archived_channel_cannot_be_edited() -> None:
    slack = Slack()
    directory = slack.state.directory
    ops = directory.channel("ops").id
    posted = slack.call("chat.postMessage", channel=ops, text="news")
    directory.changes_channel("ops", is_archived=True)
    edited = slack.error("chat.update", channel=ops, ts=posted["ts"], text="more news")
    assert edited == "is_inactive"


def test_files_are_for_members_alone() -> None:
    slack = Slack()
    general = slack.state.directory.channel("general")
    assert BOT_USER not in general.members
    file = slack.call("files.getUploadURLExternal", filename="a.txt", length=1)["file_id"]
    slack.state.files[file] = slack.state.files[file].__class__(
        file, "a.txt", "a.txt", 1, 0.0, content=b"a"
    )
    shared = {"files": [{"id": file}], "channel_id": general.id}
    assert slack.posts(general.id) == ""
    assert slack.error("files.completeUploadExternal", **shared) == "not_in_channel"


def test_a_private_answer_in_a_thread_without_replies_is_taken_and_shown_to_nobody() -> None:
    slack = Slack()
    ops = slack.state.directory.channel("ops").id
    asked = slack.state.post(ops, DEV, "@swarmbot status").ts
    private = {"channel": ops, "user": DEV, "thread_ts": asked}

    assert slack.error("chat.postEphemeral", text="one", **private) == ""
    assert [message.now.text for message in slack.state.visible_to(DEV)] == ["@swarmbot status"]
    slack.state.post(ops, "U0LEAD0001", "I see", thread_ts=asked)
    assert slack.error("chat.postEphemeral", text="two", **private) == ""
    assert [message.now.text for message in slack.state.visible_to(DEV)][-1] == "two"


@pytest.mark.parametrize("refusal", ["token_revoked", "invalid_auth", "account_inactive"])
def test_a_token_that_was_taken_away_is_good_for_nothing(refusal: str) -> None:
    slack = Slack()
    ops = slack.state.directory.channel("ops").id
    slack.state.directory.changes_installation(refusal=refusal)
    assert slack.posts(ops) == refusal
    assert slack.error("auth.test") == refusal


def test_a_scope_that_is_missing_is_named() -> None:
    slack = Slack()
    slack.state.directory.changes_installation(scopes=("commands",))
    answer = slack.call("chat.postMessage", channel="C0OPS00001", text="news")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")


@pytest.mark.parametrize(
    ("change", "app_left", "said"),
    [
        ({}, False, "message_not_found"),
        ({}, True, "message_not_found"),
        ({"is_private": True}, False, "message_not_found"),
        ({"is_private": True}, True, "channel_not_found"),
        ({"is_archived": True}, False, "message_not_found"),
        ({"posting": "restricted_action"}, False, "message_not_found"),
    ],
)
def test_a_link_tells_of_no_channel_more_than_whether_the_app_sees_it(
    change: dict[str, Any], app_left: bool, said: str
) -> None:
    slack = Slack()
    directory = slack.state.directory
    directory.changes_channel("ops", **change)
    if app_left:
        directory.removes_app("ops", **change)
    asked = {"channel": directory.channel("ops").id, "message_ts": "1.000000"}
    assert slack.error("chat.getPermalink", **asked) == said


def test_each_kind_of_conversation_has_a_scope_of_its_own() -> None:
    slack = Slack()
    directory = slack.state.directory
    directory.changes_channel("ops", is_private=True)
    answer = slack.call("conversations.info", channel=directory.channel("ops").id)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:read")
    answer = slack.call("conversations.info", channel=directory.direct(DEV).id)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:read")


def test_every_method_has_its_pace() -> None:
    special = {"auth.test", "chat.postMessage", "chat.getPermalink"}
    assert set(METHODS) - set(LIMITED) == special
    slack = Slack(Limits(tiers=(1, 2, 3, 4)))
    asked = [slack.error("usergroups.users.list", usergroup="S0OPS") for _ in range(3)]
    assert asked == ["", "", "ratelimited"]
