"""What `swarmbot check` says of Slack, on a workspace on loopback: each problem in words, with what
helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.settings import Role, Settings, WatchSettings
from handlers.slack.check import check_slack
from handlers.slack.listeners import web_client
from playground.workspace import MANIFEST_SCOPES, Workspace

GROUPS = (Role(name="operator", groups=("S0OPS",)),)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


def problems(workspace: Workspace, **settings: Any) -> dict[str, str]:
    client = web_client(workspace.bot_token, workspace.api_url)
    given = Settings(**{"channel": workspace.channel_id("ops"), **settings})
    return {subject: problem for subject, problem in check_slack(client, given) if problem}


def changes(workspace: Workspace, channel: str, **fields: Any) -> str:
    directory = workspace.state.directory
    known = directory.channel(channel)
    directory.channels[known.id] = replace(known, **fields)
    return f"channel {known.id}"


def test_where_all_is_well_nothing_is_wrong(workspace: Workspace) -> None:
    assert problems(workspace, roles=GROUPS) == {}


def test_an_archived_channel_is_said_to_be_one(workspace: Workspace) -> None:
    subject = changes(workspace, "ops", is_archived=True)
    assert "archived" in problems(workspace)[subject]


def test_each_channel_of_the_file_has_to_have_the_bot_in_it(workspace: Workspace) -> None:
    general = workspace.channel_id("general")
    watch = WatchSettings(digest_channel=general)
    said = problems(workspace, watch=watch)[f"channel {general}"]
    assert "cannot share files" in said
    assert "/invite @swarmbot" in said


def test_a_private_channel_without_the_bot_is_not_seen(workspace: Workspace) -> None:
    subject = changes(workspace, "ops", is_private=True, members=frozenset())
    said = problems(workspace)[subject]
    assert "private and the bot is not in it" in said
    assert "/invite @swarmbot" in said


SPARED = {"channels:read", "im:history", "users:read.email"}
"""Scopes without which the bot does its work all the same."""


@pytest.mark.parametrize("missing", [s for s in MANIFEST_SCOPES if s not in SPARED])
def test_every_scope_is_asked_for(missing: str) -> None:
    scopes = tuple(scope for scope in MANIFEST_SCOPES if scope != missing)
    with Workspace(scopes=scopes) as workspace:
        said = problems(workspace, roles=GROUPS)["Slack scopes"]
    assert f"missing: {missing}" in said
    assert ("nobody has rights" in said) == (missing == "users:read")


@pytest.mark.parametrize(
    ("spared", "cost"),
    [
        ("im:history", "lines in direct messages are not heard"),
        ("users:read.email", "authors of commits that CI passes are not mentioned"),
    ],
)
def test_a_scope_that_can_be_spared_is_named_with_what_it_costs(spared: str, cost: str) -> None:
    scopes = tuple(scope for scope in MANIFEST_SCOPES if scope != spared)
    with Workspace(scopes=scopes) as workspace:
        client = web_client(workspace.bot_token, workspace.api_url)
        findings = dict(check_slack(client, Settings(channel=workspace.channel_id("ops"))))
    assert findings[f"Slack scope {spared} (missing: {cost})"] == ""


def test_without_the_scope_for_channels_the_channel_is_looked_at_otherwise() -> None:
    scopes = tuple(scope for scope in MANIFEST_SCOPES if scope != "channels:read")
    with Workspace(scopes=scopes) as workspace:
        assert problems(workspace) == {}
        assert "channel C0NOWHERE" in problems(workspace, channel="C0NOWHERE")


def test_a_group_that_there_is_not_is_said_so(workspace: Workspace) -> None:
    roles = (Role(name="operator", groups=("S0GONE",)),)
    assert "there is no such user group" in problems(workspace, roles=roles)["user group S0GONE"]
