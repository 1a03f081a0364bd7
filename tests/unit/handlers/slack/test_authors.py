"""Who in Slack has the address of a commit, on a workspace on loopback; whatever goes wrong is
silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.model import Actor
from bot.model.pipeline_caller import Origin
from handlers.slack.authors import FRESH_SECONDS, Authors
from handlers.slack.listeners import web_client
from playground.workspace import MANIFEST_SCOPES, Workspace
from playground.workspace.people import address_of

DEV = "U0DEV00001"


class Clock:
    """Seconds that a test turns."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


def authors(workspace: Workspace, clock: Clock | None = None) -> Authors:
    return Authors(web_client(workspace.bot_token, workspace.api_url), clock or Clock())


def author(known: Authors, by: str) -> str:
    named = known.named(Actor("ci:shop", "CI shop", origin=Origin("c1", by=by)))
    assert named.origin
    assert named.origin.by == by
    return named.origin.author


def asked(workspace: Workspace) -> list[str]:
    calls = workspace.calls("users.lookupByEmail")
    return [str(call.arguments["email"]) for call in calls]


@pytest.mark.parametrize("written", ["{}", "Dana Develop <{}>", " {} "])
def test_who_has_the_address_is_found(workspace: Workspace, written: str) -> None:
    address = address_of(workspace.state.directory.user("dev"))

    assert author(authors(workspace), written.format(address)) == DEV
    assert author(authors(workspace), written.format(address.upper())) == DEV


@pytest.mark.parametrize(
    "by", ["", "Dana Develop", "@", "a@", "@b", "<@U0DEV00001>", "@dev", "x" * 200]
)
def test_nobody_is_asked_about_what_is_no_address(workspace: Workspace, by: str) -> None:
    assert author(authors(workspace), by) == ""
    assert asked(workspace) == []


def test_people_and_ci_without_a_build_stay_as_they_are(workspace: Workspace) -> None:
    for actor in (Actor("U1", "dev"), Actor("ci:shop", "CI shop")):
        assert authors(workspace).named(actor) == actor


def test_an_unknown_address_is_asked_about_once_an_hour(workspace: Workspace) -> None:
    clock = Clock()
    known = authors(workspace, clock)
    for _ in range(3):
        assert author(known, "nobody@example.org") == ""
    assert len(asked(workspace)) == 1

    clock.seconds = FRESH_SECONDS + 1
    author(known, "nobody@example.org")
    assert len(asked(workspace)) == 2


@pytest.mark.parametrize("fields", [{"deleted": True}, {"is_bot": True}])
def test_who_has_left_is_not_mentioned(workspace: Workspace, fields: dict[str, Any]) -> None:
    directory = workspace.state.directory
    directory.invite(replace(directory.user("dev"), **fields))

    assert author(authors(workspace), address_of(directory.user("dev"))) == ""


def test_without_the_scope_nobody_is_mentioned_and_nothing_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scopes = tuple(scope for scope in MANIFEST_SCOPES if scope != "users:read.email")
    with Workspace(scopes=scopes) as workspace:
        known = authors(workspace)
        for _ in range(3):
            assert author(known, address_of(workspace.state.directory.user("dev"))) == ""
        assert len(asked(workspace)) == 1
    assert caplog.records == []


def test_while_slack_is_away_nobody_is_mentioned() -> None:
    with Workspace() as workspace:
        known = authors(workspace)
        address = address_of(workspace.state.directory.user("dev"))

    assert author(known, address) == ""
