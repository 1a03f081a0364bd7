"""A workspace with something of everything in it, to look at and to check."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from playground.page import Page
from playground.workspace import Workspace
from playground.workspace.model import BOT_USER, Posted, StoredFile, View

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def small(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def button(text: str, style: str = "", confirm: str = "", **more: Any) -> Block:
    made: Block = {"type": "button", "text": plain(text), "value": text, "action_id": text, **more}
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = {
            "title": plain(text),
            "text": plain(confirm),
            "confirm": plain(text),
            "deny": plain("Cancel"),
        }
    return made


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def option(text: str) -> Block:
    return {"text": plain(text), "value": text}


def field(name: str, element: Block, **more: Any) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name.capitalize()),
        "element": element,
        **more,
    }


def bot_says(
    workspace: Workspace, text: str, *blocks: Block, channel: str = "ops", **more: Any
) -> Posted:
    return workspace.state.post(workspace.channel_id(channel), BOT_USER, text, blocks, **more)


def picture(width: int = 300, height: int = 90) -> bytes:
    """A PNG, from dark to light."""
    row = b"\0" + bytes(column * 255 // width for column in range(width) for _ in range(3))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def share(workspace: Workspace, name: str, title: str, content: bytes, alt: str = "") -> None:
    state = workspace.state
    file = StoredFile(state.new_id("F"), name, title, len(content), state.clock(), content, alt=alt)
    state.keep_file(file)
    bot_says(workspace, "", files=[file.id])


def open_form(workspace: Workspace, **more: Any) -> View:
    content = {
        "type": "modal",
        "title": plain("Deploy a service"),
        "submit": plain("Deploy"),
        "close": plain("Cancel"),
        "blocks": [
            section("*web* runs `v1` now"),
            field(
                "service", {"type": "external_select", "action_id": "find", "min_query_length": 0}
            ),
            field(
                "image",
                {"type": "plain_text_input", "action_id": "image"},
                hint=plain("Name and tag"),
            ),
            field(
                "order",
                {"type": "static_select", "action_id": "order", "options": [option("stop-first")]},
                optional=True,
            ),
            field(
                "flags",
                {"type": "checkboxes", "action_id": "flags", "options": [option("Yes")]},
                optional=True,
            ),
        ],
        **more,
    }
    return workspace.state.views.open(workspace.person("dev").id, content)


def furnish(workspace: Workspace) -> None:
    """Messages of every kind, a Home tab, a tour, a Swarm."""
    dev = workspace.person("dev")
    workspace.state.post(
        workspace.channel_id("ops"),
        dev.id,
        "*web* to `v2`, see <https://example.com|the plan> <@U0LEAD0001>",
    )
    table = "```\nNODE   STATUS  MANAGER\nnode1  Ready   Leader\nnode4  Down    –\n```"
    bot_says(
        workspace,
        "🟢 Swarm is healthy",
        section(f"*🟢 Swarm is healthy*\n{table}"),
        only_for=dev.id,
    )
    rolling = bot_says(
        workspace,
        "🔵 web → web:v2 · 2/4",
        section("*🔵 web → web:v2 · 2/4*\n▰▰▰▰▰▱▱▱▱▱"),
        actions(button("Roll back", "danger", "web goes back to v1.")),
        small("asked by dev · <!date^1700000000^{date_short_pretty} {time}|then>"),
    )
    bot_says(
        workspace, "The plan", section("• image v1 → v2\n> one at a time"), thread_ts=rolling.ts
    )
    menu = {
        "type": "static_select",
        "action_id": "menu",
        "placeholder": plain("Choose a node"),
        "options": [option("node1")],
    }
    more = {"type": "overflow", "action_id": "more", "options": [option("Logs"), option("History")]}
    bot_says(
        workspace,
        "🟡 web needs approval",
        section("*🟡 web needs approval*"),
        actions(button("Approve", "primary"), menu, more),
    )
    share(workspace, "map.png", "map", picture(), alt="Four nodes with nine tasks")
    share(workspace, "services.txt", "all services", b"NAME  IMAGE\nweb   v1\n" * 8)
    bot_says(
        workspace,
        "🔴 node4 is Down",
        section("*🔴 node4 is Down*"),
        actions(button("Acknowledge")),
        channel="alerts",
    )
    home = {"type": "header", "text": plain("Swarm · healthy")}
    workspace.state.views.publish(
        dev.id, {"type": "home", "blocks": [home, section("4 nodes"), actions(button("Status"))]}
    )


def beside(page: Page) -> None:
    """A tour and a Swarm as they look in the middle of it."""

    def task(id_: str, version: str, look: str, color: int) -> Block:
        return {
            "id": id_,
            "service": "web",
            "version": version,
            "short": version[:3],
            "state": look,
            "look": look,
            "color": color,
        }

    def node(name: str, state: str, look: str, *tasks: Block, **more: Any) -> Block:
        shown = {
            "leader": False,
            "role": "manager",
            "availability": "Active",
            "switches": ["stop", "cut off"],
            **more,
        }
        return {"name": name, "state": state, "look": look, "tasks": list(tasks), **shown}

    nodes = [
        node(
            "node1",
            "Ready",
            "",
            task("a", "v1", "running", 0),
            task("b", "v2", "starting", 1),
            leader=True,
        ),
        node(
            "node2",
            "Ready",
            "drained",
            task("c", "v3", "stopping", 2),
            task("d", "broken", "failed", 3),
            availability="Drain",
        ),
        node("node3", "Locked", "locked", switches=["stop"]),
        node(
            "node4",
            "Off · Down",
            "bad",
            task("e", "v2", "unknown", 4),
            task("f", "v9", "running", 5),
            switches=["start"],
        ),
    ]
    versions = [
        {"version": f"v{color}", "short": f"v{color}", "color": color} for color in range(6)
    ]
    page.tell(
        "swarm",
        {"summary": "0 managers may fail", "notice": "", "nodes": nodes, "versions": versions},
    )
    step = {
        "name": "deploy",
        "title": "Deploy",
        "text": "Watch it.",
        "line": "/swarm status",
        "extras": [],
        "done": False,
    }
    steps = [
        {**step, "name": "one", "done": True, "marks": []},
        {**step, "marks": [{"text": "web is on v2", "done": False}]},
    ]
    page.tell("tour", {"steps": steps})
