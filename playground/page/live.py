"""Tells browsers over websockets: everything at first, then each change as it happens."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from playground.page.shown import Eyes
from playground.workspace.model import Change, Posted, View
from playground.workspace.workspace import Workspace

GATHER_SECONDS = 0.04


class Extras:
    """Values beside the chat (the Swarm, the tour): the newest of each kind.

    Each value has a number that grows with every change.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._values: dict[str, tuple[int, dict[str, Any]]] = {}

    def put(self, kind: str, value: dict[str, Any]) -> bool:
        """Keep a value; False where it is what was known already."""
        with self._lock:
            stored = self._values.get(kind)
            if stored is not None and stored[1] == value:
                return False
            self._number += 1
            self._values[kind] = (self._number, value)
            return True

    def after(self, number: int) -> tuple[int, list[dict[str, Any]]]:
        """What is newer than `number`, and the number to ask with next."""
        with self._lock:
            newer = [
                {"kind": kind, **value} for kind, (at, value) in self._values.items() if at > number
            ]
            return self._number, newer


class Viewers:
    """The connected browsers; `wake` tells each that there is something new.

    Safe to call from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._woken: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def any(self) -> bool:
        """Whether somebody looks."""
        return bool(self._woken)

    def join(self, woken: asyncio.Event) -> None:
        """Somebody looks from now on; in the thread of their loop."""
        with self._lock:
            self._woken[woken] = asyncio.get_running_loop()

    def leave(self, woken: asyncio.Event) -> None:
        """Nobody looks there any more."""
        with self._lock:
            self._woken.pop(woken, None)

    def wake(self) -> None:
        """Tell everybody."""
        with self._lock:
            for woken, loop in self._woken.items():
                loop.call_soon_threadsafe(woken.set)


async def tell(
    socket: WebSocket, workspace: Workspace, eyes: Eyes, viewers: Viewers, extras: Extras
) -> None:
    """Send all that there is to see, and each change from then on, until the browser goes away."""
    woken = asyncio.Event()
    viewers.join(woken)
    gone = asyncio.ensure_future(_until_gone(socket))
    try:
        seq, news = _everything(workspace, eyes)
        number = 0
        while not gone.done():
            number, more = extras.after(number)
            for change in (*news, *more):
                await socket.send_json(change)
            await asyncio.wait(
                (gone, waiting := asyncio.ensure_future(woken.wait())),
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting.cancel()
            await asyncio.sleep(GATHER_SECONDS)
            woken.clear()
            seq, news = _since(workspace, eyes, seq)
    except (WebSocketDisconnect, RuntimeError):
        # The browser went away in the middle of a sentence.
        return
    finally:
        viewers.leave(woken)
        gone.cancel()


async def _until_gone(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        return


def _everything(workspace: Workspace, eyes: Eyes) -> tuple[int, list[dict[str, Any]]]:
    state = workspace.state
    with state.lock:
        messages = (eyes.message(message) for message in state.visible_to(eyes.user.id))
        news = [
            eyes.places(),
            *(message for message in messages if message),
            eyes.modal(),
            eyes.home(),
            _bot(workspace),
        ]
        return state.feed.seq, [*news, {"kind": "ready"}]


def _since(workspace: Workspace, eyes: Eyes, seq: int) -> tuple[int, list[dict[str, Any]]]:
    state = workspace.state
    with state.lock:
        changes = state.feed.after(seq)
        keys = dict.fromkeys(key for change in changes for key in _touched(change))
        shown = (eyes.message(state.messages[key]) for key in keys if key in state.messages)
        news = [message for message in shown if message]
        if any(
            isinstance(change.value, View) and change.value.user == eyes.user.id
            for change in changes
        ):
            news += [eyes.modal(), eyes.home()]
        if any(change.kind == "socket" for change in changes):
            news.append(_bot(workspace))
        return state.feed.seq, news


def _touched(change: Change) -> Iterator[tuple[str, str]]:
    """The messages that a change touches.

    A reply also touches its parent, which shows how many replies it has.
    """
    if isinstance(change.value, Posted):
        if change.value.thread_ts:
            yield change.value.channel, change.value.thread_ts
        yield change.value.channel, change.value.ts


def _bot(workspace: Workspace) -> dict[str, Any]:
    return {"kind": "bot", "connected": bool(workspace.connections)}
