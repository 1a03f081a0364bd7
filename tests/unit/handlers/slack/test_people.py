"""Who sends a payload: read from Slack's own shapes, looked up once a minute, without rights where
Slack does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.model import Standing
from bot.settings import Role, Settings
from handlers.slack.identity import Identity
from handlers.slack.people import People, display_name, standing
from handlers.slack.senders import Sender, Tenant, sender

HOME, GRID = Tenant("T1"), Tenant("T1", "E1")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"user_id": "U1", "user_name": "dana", "team_id": "T1"},
            Sender("U1", "dana", Tenant("T1")),
        ),
        (
            {"user_id": "W1", "user_name": "dana", "team_id": "T2", "enterprise_id": "E1"},
            Sender("W1", "dana", Tenant("T2", "E1")),
        ),
        (
            {
                "user": {"id": "U1", "username": "dana", "team_id": "T9"},
                "team": {"id": "T1", "domain": "shop"},
                "enterprise": None,
            },
            Sender("U1", "dana", Tenant("T1"), ("T9",)),
        ),
        (
            {
                "user": {"id": "W1", "name": "dana", "team_id": "T2"},
                "team": None,
                "enterprise": {"id": "E1", "name": "Shops"},
            },
            Sender("W1", "dana", Tenant("", "E1"), ("T2",)),
        ),
        (
            {
                "team_id": "T1",
                "event": {"user": "U1", "user_team": "T9", "source_team": "T9", "team": "T9"},
            },
            Sender("U1", "", Tenant("T1"), ("T9",)),
        ),
    ],
)
def test_each_kind_of_payload_names_its_sender(body: dict[str, Any], expected: Sender) -> None:
    assert sender(body) == expected


@pytest.mark.parametrize(
    ("own", "sender", "takes"),
    [
        (HOME, Tenant("T1"), True),
        (HOME, Tenant("T2"), False),
        (HOME, Tenant("", "E1"), False),
        (HOME, Tenant(), False),
        (Tenant(), Tenant(), False),
        (GRID, Tenant("T2", "E1"), True),
        (GRID, Tenant("E1"), True),
        (GRID, Tenant("", "E1"), True),
        (GRID, Tenant("T2", "E2"), False),
        (GRID, Tenant("T1"), True),
        (Tenant("E1", "E1"), Tenant("T2", "E1"), True),
    ],
)
def test_what_is_for_the_same_workspace_or_organisation(
    own: Tenant, sender: Tenant, takes: bool
) -> None:
    assert own.takes(sender) is takes


@pytest.mark.parametrize(
    ("user", "own", "expected"),
    [
        ({"team_id": "T1"}, HOME, Standing.MEMBER),
        ({"team_id": "T1", "is_restricted": True}, HOME, Standing.GUEST),
        ({"team_id": "T1", "is_ultra_restricted": True}, HOME, Standing.GUEST),
        ({"team_id": "T1", "is_stranger": True}, HOME, Standing.STRANGER),
        ({"team_id": "T9"}, HOME, Standing.STRANGER),
        ({"team_id": "T9", "is_restricted": True}, HOME, Standing.STRANGER),
        ({}, HOME, Standing.STRANGER),
        ({"team_id": "T1", "deleted": True}, HOME, Standing.NOBODY),
        ({"team_id": "T1", "is_bot": True}, HOME, Standing.NOBODY),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}},
            GRID,
            Standing.MEMBER,
        ),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}},
            GRID,
            Standing.STRANGER,
        ),
        ({"team_id": "T2"}, GRID, Standing.STRANGER),
    ],
)
def test_what_somebody_is_to_the_workspace(
    user: dict[str, Any], own: Tenant, expected: Standing
) -> None:
    assert standing(user, own) is expected


class Slack(WebClient):
    """Answers `auth.test` and `users.info`; `error` is what it says instead of the latter."""

    def __init__(self, error: str = "") -> None:
        super().__init__(token="xoxb-1")
        self.error = error
        self.asked = 0

    def auth_test(self, **_: Any) -> Any:
        return {"team_id": "T1"}

    def users_info(self, **_: Any) -> Any:
        self.asked += 1
        if self.error:
            answer = SlackResponse(
                client=self,
                http_verb="POST",
                api_url="users.info",
                req_args={},
                data={"ok": False, "error": self.error},
                headers={},
                status_code=200,
            )
            raise SlackApiError(self.error, answer)
        return {"user": {"team_id": "T1", "name": "dana", "profile": {"display_name": "Dana D"}}}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("", Standing.MEMBER),
        ("user_not_found", Standing.NOBODY),
        ("ratelimited", Standing.UNKNOWN),
        ("missing_scope", Standing.UNKNOWN),
    ],
)
def test_who_cannot_be_looked_up_has_no_rights(error: str, expected: Standing) -> None:
    slack = Slack(error)
    settings = Settings(roles=(Role(name="operator", users=("U1",)),))
    people = People(slack, Identity(slack), settings, wait=lambda _: True)

    for _ in range(3):
        actor = people.actor(Sender("U1", "dana", HOME))
        assert actor is not None
        assert actor.standing is expected
        assert actor.name == ("Dana D" if expected is Standing.MEMBER else "dana")
    assert slack.asked == 1


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"profile": {"display_name": "dana", "real_name": "Dana Doe"}, "name": "dd"}, "dana"),
        ({"profile": {"display_name": "", "real_name": "Dana Doe"}, "name": "dd"}, "Dana Doe"),
        ({"name": "dd"}, "dd"),
        ({"profile": {"display_name": "n" * 500}}, "n" * 80),
        ({}, ""),
    ],
)
def test_people_are_called_what_the_workspace_calls_them(user: dict[str, Any], name: str) -> None:
    assert display_name(user) == name
