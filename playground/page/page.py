"""Serves the page at the workspace's own address, so that there is only one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI, Response, WebSocket
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from playground.page import acting, commands, live
from playground.page.shown import PICTURES, Eyes, mime, zone_of
from playground.page.template import shell
from playground.workspace.model import Change
from playground.workspace.workspace import Workspace

STATIC = Path(__file__).parent / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# Nothing but what this server itself sends runs or is loaded, whatever a message says; pictures may
# come from elsewhere.
POLICY = (
    "default-src 'self'; img-src 'self' data: https: http:; object-src 'none'; base-uri "
    "'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Beside(Protocol):
    """What stands beside the chat, and can be switched: the Swarm."""

    def switch(self, node: str, switch: str) -> None:
        """Do something to a node; raises PlaygroundError."""
        ...


class Switch(BaseModel):
    """Somebody uses a switch of a node."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    node: str
    switch: str


def _nothing(_: Change) -> None:
    """Hears nothing."""


@dataclass
class Page:
    """The page of a workspace. Call `mount` before the workspace starts.

    `extras` are values that every browser is told.
    """

    workspace: Workspace
    swarm: Beside | None = None
    extras: live.Extras = field(default_factory=live.Extras)
    viewers: live.Viewers = field(default_factory=live.Viewers)

    def mount(self, hears: Callable[[Change], None] = _nothing) -> "Page":
        """Add the routes, and listen to the workspace.

        `hears` gets each change, in a thread of the page.
        """
        app = self.workspace.app
        _add_shell(app)
        _add_files(app, self.workspace)
        _add_acts(app, self.workspace)
        self._add_live(app)
        if self.swarm is not None:
            _add_switches(app, self.swarm)
        threading.Thread(target=self._listen, args=(hears,), name="page", daemon=True).start()
        return self

    def tell(self, kind: str, value: dict[str, Any]) -> None:
        """Show a value beside the chat, where it is a new one."""
        if self.extras.put(kind, value):
            self.viewers.wake()

    def _add_live(self, app: FastAPI) -> None:
        @app.websocket("/page/live")
        async def live_(socket: WebSocket, person: str = "dev", zone: str = "UTC") -> None:
            await socket.accept()
            eyes = Eyes(self.workspace.state, self.workspace.person(person).user, zone_of(zone))
            await live.tell(socket, self.workspace, eyes, self.viewers, self.extras)

    def _listen(self, hears: Callable[[Change], None]) -> None:
        for change in self.workspace.feed.subscribe():
            hears(change)
            self.viewers.wake()


def _add_shell(app: FastAPI) -> None:
    @app.get("/")
    def page() -> Response:
        return Response(shell(), media_type="text/html; charset=utf-8", headers=HEADERS)

    @app.get("/page/static/{name}")
    def static(name: str) -> Response:
        path = STATIC / name
        if path.parent != STATIC or not path.is_file() or path.suffix not in KINDS:
            return Response(status_code=404)
        return FileResponse(path, media_type=KINDS[path.suffix], headers=HEADERS)

    @app.get("/page/commands")
    def listed() -> list[dict[str, str]]:
        return list(commands.offered())


def _add_files(app: FastAPI, workspace: Workspace) -> None:
    @app.get("/page/file/{id_}")
    def file(id_: str) -> Response:
        file = workspace.state.files.get(id_)
        if file is None or file.content is None:
            return Response(status_code=404)
        kind = mime(file)
        shown = kind if kind in PICTURES else "text/plain; charset=utf-8"
        return Response(file.content, media_type=shown, headers=HEADERS)


def _add_acts(app: FastAPI, workspace: Workspace) -> None:
    state = workspace.state

    @app.post("/page/say")
    def say(request: acting.Say) -> dict[str, Any]:
        person = workspace.person(request.person)
        below = (
            acting.message_below(person, request.channel, request.thread)
            if request.thread
            else None
        )
        return {"moment": person.types(request.line, channel=request.channel, in_thread=below)}

    @app.post("/page/use")
    def use(asked: acting.Use) -> dict[str, Any]:
        acting.use(state, workspace.person(asked.person), asked)
        return {}

    @app.post("/page/shortcut")
    def shortcut(asked: acting.UseShortcut) -> dict[str, Any]:
        acting.use_shortcut(state, workspace.person(asked.person), asked)
        return {}

    @app.post("/page/suggest")
    def suggest(asked: acting.Ask) -> list[dict[str, str]]:
        return acting.suggest(state, workspace.person(asked.person), asked)

    @app.post("/page/submit")
    def submit(form: acting.Form) -> dict[str, Any]:
        acting.submit(state, workspace.person(form.person), form)
        return {}

    @app.post("/page/close")
    def close(form: acting.Form) -> dict[str, Any]:
        acting.close(state, workspace.person(form.person), form)
        return {}

    @app.post("/page/home")
    def home(asked: acting.Who) -> dict[str, Any]:
        workspace.interactions.open_home(workspace.person(asked.person).user)
        return {}


def _add_switches(app: FastAPI, swarm: Beside) -> None:
    @app.post("/page/switch")
    def switch(used: Switch) -> dict[str, Any]:
        swarm.switch(used.node, used.switch)
        return {}
