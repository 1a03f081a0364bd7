"""`swarmbot check` asks Slack for what the bot will need, before somebody does at 3 a.m."""

from __future__ import annotations

from bot.settings import Settings
from handlers.slack.check import check_slack
from handlers.slack.listeners import web_client
from playground.workspace import Workspace


def problems(workspace: Workspace) -> dict[str, str]:
    settings = Settings(channel=workspace.channel_id("ops"))
    client = web_client(workspace.bot_token, workspace.api_url)
    return {subject: problem for subject, problem in check_slack(client, settings) if problem}


def test_an_upload_is_tried_and_leaves_nothing_behind() -> None:
    with Workspace() as workspace:
        assert problems(workspace) == {}
        assert [call.ok for call in workspace.calls("files.completeUploadExternal")] == [True]
        assert workspace.state.files == {}


def test_an_upload_that_slack_refuses_is_named() -> None:
    with Workspace() as workspace:
        workspace.state.directory.changes_installation(uploads="file_uploads_disabled")
        assert problems(workspace) == {"file upload": "file_uploads_disabled"}
