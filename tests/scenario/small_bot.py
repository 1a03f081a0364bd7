"""A small real Bolt app: enough of every interaction to show that the workspace speaks Slack."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.websocket_client import (
    SocketModeHandler as WebsocketClientHandler,
)
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.workspace import Workspace

HANDLERS: dict[str, Any] = {
    "builtin": SocketModeHandler,
    "websocket-client": WebsocketClientHandler,
}
IMAGES = ("shop/web:1.0", "shop/web:2.0", "shop/api:1.0")


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        **more,
    }


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


CONFIRM = {
    "title": plain("Roll back?"),
    "text": plain("web goes back to 1.0"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "deploy",
    "title": plain("Deploy"),
    "submit": plain("Deploy"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "image",
            "label": plain("Image"),
            "element": {"type": "external_select", "action_id": "image", "min_query_length": 2},
        },
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("Reason"),
            "optional": True,
            "element": {"type": "plain_text_input", "action_id": "reason", "max_length": 20},
        },
        actions(button("Preview", "preview")),
    ],
}


class SmallBot:
    """The app and what its listeners were given."""

    def __init__(self, workspace: Workspace) -> None:
        self.app = App(
            client=WebClient(token=workspace.bot_token, base_url=workspace.api_url),
            signing_secret=workspace.signing_secret,
            listener_executor=ThreadPoolExecutor(20),
        )
        self.payloads: list[dict[str, Any]] = []
        self._listen()

    @contextmanager
    def connected(self, workspace: Workspace, kind: str = "builtin") -> Iterator[Any]:
        handler = HANDLERS[kind](self.app, workspace.app_token, ping_interval=0.3)
        handler.connect()
        try:
            workspace.wait_connected()
            # The client learns of its own connection a moment after the server does.
            while not handler.client.is_connected():
                time.sleep(0.01)
            yield handler
        finally:
            # In a thread of its own: close() of websocket-client sometimes waits ten seconds for a
            # select of its own.
            threading.Thread(target=handler.close, daemon=True).start()

    def _listen(self) -> None:
        self.app.command("/swarm")(self.command)
        self.app.action("again")(self.again)
        self.app.action("roll_back")(self.roll_back)
        self.app.action("preview")(self.preview)
        self.app.options("image")(self.images)
        self.app.view("deploy")(self.submitted)
        self.app.view_closed("deploy")(self.closed)
        self.app.event("app_mention")(self.mentioned)
        self.app.event("app_home_opened")(self.home)

    def command(self, ack: Any, body: dict[str, Any], client: WebClient, respond: Any) -> None:
        self.payloads.append(body)
        word = body["text"].partition(" ")[0]
        if word == "late":
            time.sleep(1.0)
        if word == "quick":
            ack(text="answered in the ack")
            return
        ack()
        if word == "modal":
            client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        elif word == "deploy":
            self._deploy(body, client)
        elif word == "file":
            client.files_upload_v2(
                channel=body["channel_id"], content="line\n" * 3, filename="web.log", title="web"
            )
        else:
            respond(
                text=f"you said {body['text']}",
                blocks=[section(body["text"]), actions(button("Again", "again"))],
            )

    def _deploy(self, body: dict[str, Any], client: WebClient) -> None:
        posted = client.chat_postMessage(
            channel=body["channel_id"],
            text="🔵 web is rolling",
            blocks=[section("🔵 web is *rolling*")],
        )
        done = [
            section("✅ *web* is on `2.0`"),
            actions(button("Roll back", "roll_back", style="danger", confirm=CONFIRM)),
        ]
        client.chat_update(
            channel=posted["channel"], ts=posted["ts"], text="✅ web is on 2.0", blocks=done
        )
        client.chat_postMessage(
            channel=posted["channel"], thread_ts=posted["ts"], text="task 1: 1.0 → 2.0"
        )

    def again(self, ack: Any, body: dict[str, Any], respond: Any) -> None:
        ack()
        self.payloads.append(body)
        respond(text="said again", replace_original=True)

    def roll_back(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        self.payloads.append(body)
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        client.chat_update(channel=channel, ts=ts, text=f"↩️ rolled back by <@{body['user']['id']}>")

    def preview(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        preview = {
            "type": "modal",
            "title": plain("Preview"),
            "blocks": [section("4 tasks change")],
        }
        client.views_push(trigger_id=body["trigger_id"], view=preview)

    def images(self, ack: Any, payload: dict[str, Any]) -> None:
        ack(
            options=[
                {"text": plain(name), "value": name}
                for name in IMAGES
                if name.startswith(payload["value"])
            ]
        )

    def submitted(self, ack: Any, view: dict[str, Any]) -> None:
        image = view["state"]["values"]["image"]["image"]["selected_option"]["value"]
        if image == "shop/api:1.0":
            ack(response_action="errors", errors={"image": "api is on hold"})
        elif image == "shop/web:2.0":
            shown = {
                "type": "modal",
                "title": plain("Planned"),
                "blocks": [section(f"{image} is planned")],
            }
            ack(response_action="update", view=shown)
        else:
            ack()

    def closed(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.payloads.append(body)

    def mentioned(self, event: dict[str, Any], say: Any) -> None:
        self.payloads.append(event)
        say(text=f"heard: {event['text']}", thread_ts=event.get("thread_ts") or event["ts"])

    def home(self, event: dict[str, Any], client: WebClient) -> None:
        blocks = [section("*Swarm* is healthy"), actions(button("Again", "again"))]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


def refusal(client: WebClient, method: str, **arguments: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=arguments)
    return str(caught.value.response["error"])


def wait_until(holds: Callable[[], object], timeout: float = 8.0) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def bolt_over_http(bot: SmallBot) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            answer = bot.app.dispatch(BoltRequest(body=body, headers=dict(self.headers.items())))
            self.send_response(answer.status)
            for name, values in answer.first_headers_without_set_cookie().items():
                self.send_header(name, values)
            self.end_headers()
            self.wfile.write((answer.body or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/slack/events"
    server.shutdown()
    server.server_close()
