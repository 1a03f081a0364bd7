"""Channels that people of other workspaces see are named, or keep the bot from its start."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.errors import InvalidSettingError
from bot.settings import MessagesSettings, Settings
from handlers.slack.check import check_slack
from handlers.slack.listeners import web_client
from handlers.slack.shared_channels import SharedChannelWatch
from playground.workspace import MANIFEST_SCOPES, Workspace

Wants = Literal["warn", "refuse"]
FEWER = tuple(scope for scope in MANIFEST_SCOPES if scope != "channels:read")


def watch_of(workspace: Workspace, wants: Wants) -> SharedChannelWatch:
    messages = MessagesSettings(shared_channels=wants)
    settings = Settings(channel=workspace.channel_id("ops"), messages=messages)
    return SharedChannelWatch(web_client(workspace.bot_token, workspace.api_url), settings)


def problems(watch: SharedChannelWatch, said: str) -> set[str]:
    """What the check says of the channel beside that it is so; it has to say so."""
    findings = dict(check_slack(watch.client, watch.settings))
    assert any(said in subject for subject in findings)
    return {problem for problem in findings.values() if problem}


@pytest.mark.parametrize("fields", [{"is_ext_shared": True}, {"is_pending_ext_shared": True}])
def test_a_shared_channel_is_warned_of_once_until_it_changes(
    fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with Workspace() as workspace:
        watch = watch_of(workspace, "warn")
        directory = workspace.state.directory
        ops = directory.channel("ops")
        watch.refuse()
        watch.look()
        assert not watch.warnings()
        directory.channels[ops.id] = replace(ops, **fields)

        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                watch.look()
        watch.refuse()
        warned = [record for record in caplog.records if ops.id in record.getMessage()]
        assert len(warned) == 1
        assert list(watch.warnings()) == [f"channel {ops.id}"]
        assert problems(watch, "people of other workspaces read") == set()


def test_where_the_file_wants_none_the_bot_does_not_start() -> None:
    with Workspace() as workspace:
        watch = watch_of(workspace, "refuse")
        watch.refuse()
        directory = workspace.state.directory
        ops = directory.channel("ops")
        directory.channels[ops.id] = replace(ops, is_ext_shared=True)

        with pytest.raises(InvalidSettingError, match=ops.id):
            watch.refuse()
        assert problems(watch, "people of other workspaces read") == {"shared_channels refuses it"}


def test_what_the_bot_may_not_know_is_said_and_is_no_start_where_it_has_to_be_known() -> None:
    with Workspace(scopes=FEWER) as workspace:
        warning, refusing = watch_of(workspace, "warn"), watch_of(workspace, "refuse")
        warning.refuse()
        assert problems(warning, "channels:read") == set()
        with pytest.raises(InvalidSettingError, match="channels:read"):
            refusing.refuse()
        assert problems(refusing, "channels:read") == {"shared_channels refuses it"}


def test_while_slack_is_away_the_bot_starts_and_looks_again() -> None:
    with Workspace() as workspace:
        watch = watch_of(workspace, "refuse")
    watch.refuse()
    assert not watch.warnings()
