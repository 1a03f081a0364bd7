"""Only this machine's own browser and terminal reach the workspace, never another site's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from playground.page.page import Page
from playground.workspace.guard import KEY_HEADER
from playground.workspace.workspace import Workspace

HERE = "http://127.0.0.1:8077"
SAY = {"person": "lead", "line": "/swarm node rm --force node1", "channel": "ops"}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    workspace = Workspace()
    Page(workspace).mount()
    return workspace


@pytest.fixture
def browser(workspace: Workspace) -> Iterator[TestClient]:
    with TestClient(workspace.app, base_url=HERE, follow_redirects=False) as client:
        yield client


ROUTES = [
    ("POST", "/playground/say"),
    ("POST", "/playground/click"),
    ("GET", "/playground/screen?person_name=lead"),
    ("GET", "/playground/changes?person_name=lead"),
    ("POST", "/page/say"),
    ("POST", "/page/use"),
    ("POST", "/page/switch"),
    ("GET", "/page/commands"),
    ("GET", "/page/file/F1"),
    ("GET", "/"),
    ("POST", "/api/chat.postMessage"),
    ("POST", "/response/abc"),
    ("POST", "/upload/v1/F1"),
    ("GET", "/files-pri/F1/x"),
    ("GET", "/page/static/main.js"),
    ("GET", "/nowhere"),
]


@pytest.mark.parametrize(("verb", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8077", "Origin": "http://evil.example:8077"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1:8077", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:8077", "Origin": "null"},
        {"Host": "127.0.0.1:8077", "Origin": "http://127.0.0.1:9999"},
        {"Host": "[::"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_no_other_site_is_answered_on_any_route_even_with_the_key(
    workspace: Workspace, browser: TestClient, verb: str, path: str, headers: dict[str, str]
) -> None:
    answer = browser.request(verb, path, headers={**headers, KEY_HEADER: workspace.key}, json=SAY)
    assert (answer.status_code, workspace.person("lead").messages()) == (403, [])


@pytest.mark.parametrize(("verb", "path"), [route for route in ROUTES if "/p" in route[1][:3]])
def test_what_acts_for_people_needs_the_key_of_this_run(
    workspace: Workspace, browser: TestClient, verb: str, path: str
) -> None:
    if path.startswith("/page/static"):
        assert browser.request(verb, path).status_code == 200
        return
    for headers in ({}, {KEY_HEADER: "guessed"}, {"Cookie": f"playground_8077={workspace.key}x"}):
        assert browser.request(verb, path, headers=headers, json=SAY).status_code == 403
    assert browser.request(verb, path, headers={KEY_HEADER: workspace.key}).status_code != 403


def test_the_printed_address_lets_the_browser_in_and_the_key_leaves_the_address(
    workspace: Workspace, browser: TestClient
) -> None:
    assert browser.get("/").status_code == 403
    assert browser.get("/?key=guessed").status_code == 403

    first = browser.get(f"/?key={workspace.key}")

    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert "httponly" in first.headers["set-cookie"].lower()
    assert browser.get("/").status_code == 200


def test_the_live_page_is_closed_to_others(workspace: Workspace, browser: TestClient) -> None:
    for headers in ({}, {KEY_HEADER: workspace.key, "Origin": "http://evil.example"}):
        with (
            pytest.raises(WebSocketDisconnect),
            browser.websocket_connect("/page/live", headers=headers),
        ):
            pass


def test_keys_and_tokens_are_new_in_every_run() -> None:
    first, second = Workspace(), Workspace()
    for name in ("key", "bot_token", "app_token", "signing_secret"):
        assert getattr(first, name) != getattr(second, name)
