"""What the rest of the bot calls: post, edit, reply, answer, direct; nothing here waits for
Slack."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.model import File, Message, MessageRef, Place
from bot.model.picture import Sheet
from bot.poster.calls import Calls, plainer
from bot.poster.drawing import Draw, Drawing, DrawingPool
from bot.poster.handle import Handle, Then
from bot.poster.lane import Call, Lane, LaneContext, OnEvent
from bot.poster.pace import Budget, Clock, Pace
from bot.poster.verdict import AnswerRefusedError, Verdict, judge

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_KNOWN = 1000
_USER_PREFIXES = ("U", "W")


class Poster:
    """Says things in Slack, in order, at Slack's pace, until they arrive.

    Slack offers no way to post only once: where its answer to a post is lost, the post is made
    again, for news that comes twice does less harm than news that never comes. Edits carry no such
    risk.

    A picture is drawn in the background after its message was said, and follows it.

    `on_event` is told by name what happened (`posted`, `edited`, `answered`, `uploaded`,
    `coalesced`, `limited`, `retried`, `plain_text`, `posted_anew`, `published`, `failed`,
    `given_up`, `dropped`, `not_drawn`), from any thread.
    """

    def __init__(
        self,
        client: WebClient,
        clock: Clock = time.monotonic,
        pace: Pace | None = None,
        on_event: OnEvent = lambda name: None,  # noqa: ARG005 - the name is the caller's interest
        draw: Draw | None = None,
    ) -> None:
        self._calls = Calls(client)
        pace = pace or Pace()
        self._means = LaneContext(pace, clock, Budget(pace, clock), on_event)
        self._easel = DrawingPool(draw or Drawing(), on_event)
        self._lanes: dict[str, Lane] = {}
        self._known: OrderedDict[MessageRef, Handle] = OrderedDict()
        self._homes: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def post(
        self, channel: str, message: Message, thread: str = "", then: Then | None = None
    ) -> Handle:
        """Post a message to a channel or into a thread. `then` is told where it stands, and again
        when it moves."""
        handle = Handle(channel, channel, message, then)
        handle.thread = thread
        return self._post(handle)

    def direct(self, user_id: str, message: Message, then: Then | None = None) -> Handle:
        """Post a direct message to a user."""
        return self._post(Handle(user_id, user_id, message, then))

    def reply(
        self, handle: Handle | MessageRef, message: Message, *, aloud: bool = False
    ) -> Handle:
        """Post into the thread of a message, after the message itself; `aloud`: into its channel as
        well."""
        parent = self._handle(handle)
        reply = Handle(parent.lane, parent.channel, message)
        reply.parent, reply.aloud = parent, aloud
        return self._post(reply)

    def edit(
        self,
        handle: Handle | MessageRef,
        message: Message,
        final: bool = False,
        then: Then | None = None,
    ) -> Handle:
        """Show a newer state of a message. After a `final` state only another final one counts.

        `then` matters for a `MessageRef`: it is told the new place where the message was deleted
        and is posted anew.
        """
        known = self._handle(handle, then)
        if known.want(message, final=final):
            self._put(known.lane, self._edit_call(known, urgent=final))
        else:
            self._means.on_event("coalesced")
        return known

    def answer(self, place: Place, actor_id: str, message: Message) -> None:
        """Answer so that only the one who asked sees it; files go to them as direct messages."""
        lane = f"private:{actor_id}"
        self._put(lane, Call("answer", "answer", lambda: self._answer(place, actor_id, message)))
        for file in message.files:
            self._hand_over(lane, file, partial(self._upload, actor_id, ""))

    def publish(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Show somebody's Home tab; of several that wait only the newest is shown."""
        with self._lock:
            waits = user_id in self._homes
            self._homes[user_id] = view
        if waits:
            self._means.on_event("coalesced")
            return

        def forget() -> None:
            self._homes.pop(user_id, None)

        self._put(
            f"home:{user_id}", Call("views.publish", "home", lambda: self._publish(user_id), forget)
        )

    def flush(self, timeout: float) -> bool:
        """Wait until everything said has arrived or failed; False where `timeout` seconds were too
        few."""
        deadline = time.monotonic() + timeout
        if not self._easel.drained(timeout):
            return False
        while lanes := self._open_lanes():
            if not all(lane.drained(deadline - time.monotonic()) for lane in lanes):
                return False
            # What was just posted may have brought a picture along, which is posted next.
            if not self._easel.drained(deadline - time.monotonic()):
                return False
        return True

    def stop(self, timeout: float = 2.0) -> None:
        """End the threads after the calls that they are in; what waits is not sent. `flush` first
        to lose nothing."""
        self._stopped = True
        self._easel.stop()
        with self._lock:
            lanes = list(self._lanes.values())
        for lane in lanes:
            lane.stop(timeout)

    # ---- queues

    def _put(self, key: str, call: Call) -> None:
        with self._lock:
            if self._stopped:
                self._means.on_event("dropped")
                call.dropped()
                return
            lane = self._lanes.setdefault(key, Lane(key, self._means, self._retire))
            lane.put(call)

    def _retire(self, lane: Lane) -> bool:
        with self._lock:
            idle = lane.end_if_idle()
            if idle:
                self._lanes.pop(lane.key, None)
            return idle

    def _open_lanes(self) -> list[Lane]:
        with self._lock:
            return [lane for lane in self._lanes.values() if not lane.drained(0)]

    def _handle(self, handle: Handle | MessageRef, then: Then | None = None) -> Handle:
        if isinstance(handle, Handle):
            return handle
        with self._lock:
            known = self._known.get(handle)
        if known:
            return known
        known = Handle(handle.channel, handle.channel, Message(""), then)
        known.ref = handle
        self._remember(handle, known)
        return known

    def _remember(self, ref: MessageRef, handle: Handle) -> None:
        with self._lock:
            self._known[ref] = handle
            self._known.move_to_end(ref)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)

    # ---- what the lanes run

    def _post(self, handle: Handle) -> Handle:
        self._put(
            handle.lane, Call("chat.postMessage", "post", lambda: self._send(handle), handle.drop)
        )
        return handle

    def _edit_call(self, handle: Handle, *, urgent: bool) -> Call:
        gap = self._means.pace.edit_gap
        return Call(
            "chat.update",
            handle,
            lambda: self._show(handle),
            edit=True,
            urgent=urgent,
            not_before=lambda: handle.changed_at + gap if handle.changed_at else 0.0,
        )

    def _send(self, handle: Handle) -> None:
        if handle.parent:
            handle.thread = handle.parent.root()
            if not handle.thread:
                self._means.on_event("dropped")
                handle.drop()
                return
        message = handle.begin()
        try:
            ref = self._plainly(
                message,
                lambda said: self._calls.post(
                    handle.channel, said, handle.thread, aloud=handle.aloud
                ),
            )
        except Exception:
            handle.not_posted()
            raise
        handle.posted(ref, message, self._means.clock())
        self._remember(ref, handle)
        self._means.on_event("posted")
        self._share(handle, message)

    def _show(self, handle: Handle) -> None:
        message, ref = handle.wanted, handle.ref
        if ref is None or message is handle.shown:
            return
        try:
            self._plainly(message, lambda said: self._calls.update(ref, said))
        except SlackApiError as error:
            if not self._must_post_anew(error, handle):
                raise
            self._means.on_event("posted_anew")
            self._send(handle)
            return
        handle.edited(message, self._means.clock())
        self._means.on_event("edited")
        self._share(handle, message)

    @staticmethod
    def _must_post_anew(error: SlackApiError, handle: Handle) -> bool:
        """A deleted message is posted anew at once; one that Slack lets nobody edit, only to say
        how it ended."""
        verdict = _verdict(error)
        return verdict is Verdict.GONE or (verdict is Verdict.FROZEN and handle.final)

    def _plainly(self, message: Message, say: Callable[[Message], T]) -> T:
        """Say a message, and say it as text alone where Slack refuses its blocks."""
        try:
            return say(message)
        except (SlackApiError, AnswerRefusedError) as error:
            if _verdict(error) is not Verdict.UNREADABLE or not message.blocks:
                raise
            log.error("Slack refuses the blocks of a message: sent as text")
            self._means.on_event("plain_text")
            return say(plainer(message))

    def _share(self, handle: Handle, message: Message) -> None:
        for file in message.files:
            key = (file.name, hash(file.content))
            if handle.ref and key not in handle.uploaded:
                handle.uploaded.add(key)
                self._hand_over(
                    handle.lane, file, partial(self._upload, handle.ref.channel, handle.root())
                )

    def _hand_over(self, lane: str, file: File, share: Callable[[File], None]) -> None:
        """Queue a file on its way out; a picture is drawn first, while the queue goes on."""
        if isinstance(file.content, Sheet):
            self._easel.put(file, file.content, lambda drawn: self._hand_over(lane, drawn, share))
        else:
            self._put(lane, Call("upload", "upload", partial(share, file)))

    def _publish(self, user_id: str) -> None:
        view = self._homes[user_id]
        self._calls.publish(user_id, view)
        with self._lock:
            newer = self._homes.pop(user_id)
        self._means.on_event("published")
        if newer is not view:
            self.publish(user_id, newer)

    def _upload(self, channel: str, thread: str, file: File) -> None:
        direct = channel.startswith(_USER_PREFIXES)
        self._calls.upload(self._calls.open_direct(channel) if direct else channel, thread, file)
        self._means.on_event("uploaded")

    def _answer(self, place: Place, actor_id: str, message: Message) -> None:
        if not (place.response_url and self._responded(place, message)):
            self._whispered(place, actor_id, message)
        self._means.on_event("answered")

    def _responded(self, place: Place, message: Message) -> bool:
        """Whether the request's own address took the answer; used up or expired, there are other
        ways."""
        try:
            self._plainly(message, lambda said: self._calls.respond(place, said))
        except AnswerRefusedError as error:
            if _passes(error):
                raise
            return False
        return True

    def _whispered(self, place: Place, actor_id: str, message: Message) -> None:
        """Answer in the channel where the bot may, else by direct message."""
        try:
            if place.channel:
                self._plainly(message, lambda said: self._calls.whisper(place, actor_id, said))
                return
        except SlackApiError as error:
            if _verdict(error) is not Verdict.NOT_HERE:
                raise
        self._plainly(message, lambda said: self._calls.post(actor_id, said, ""))


def _verdict(error: Exception) -> Verdict | None:
    failure = judge(error)
    return failure.verdict if failure else None


def _passes(error: Exception) -> bool:
    return _verdict(error) in (Verdict.LIMITED, Verdict.AWAY)
