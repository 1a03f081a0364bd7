"""The poster: post, edit, reply, answer, direct. Nothing here waits for Slack."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self

from slack_sdk.errors import SlackApiError

from bot.clock import REAL, Clocks
from bot.model import Message, MessageRef, Place
from bot.model.delivery import CopyWords, PendingMessage
from bot.poster.access import SlackAccess
from bot.poster.calls import Calls
from bot.poster.delivery import Delivery, must_post_anew
from bot.poster.drawing import Draw, Drawing, DrawingPool
from bot.poster.handle import Handle, Shared, Then
from bot.poster.home import HomeViews
from bot.poster.known import KnownMessages
from bot.poster.lane import Call, LaneContext, OnEvent
from bot.poster.lanes import Lanes
from bot.poster.pace import Budget, Pace
from bot.poster.places import Elsewhere, Places, Unshared, word_of
from bot.poster.sharing import FileSharing
from bot.poster.slack_errors import WHAT_FOLLOWS, Verdict
from bot.poster.tracking import DeliveryRecord, Tracking
from bot.poster.verdict import verdict_of

log = logging.getLogger(__name__)


def _named(name: str, word: str, _: bool) -> Message:
    return Message(f"{name}: {word}")


class Poster:
    """Posts in Slack, in order, at Slack's pace, until each message has arrived.

    Slack cannot be asked to post only once: where its answer to a post is lost, the post is
    repeated, because a message that comes twice does less harm than one that never comes. Edits
    carry no such risk.

    A picture is drawn in the background after its message was posted, and follows it.

    `on_event` is called, from any thread, with the name of what happened: `posted`, `edited`,
    `answered`, `uploaded`, `coalesced`, `limited`, `retried`, `without_table`, `plain_text`,
    `posted_anew`, `published`, `failed`, `given_up`, `dropped`, `outdated`, `not_drawn`, `moved`,
    `stopped`, `unknown_error`.

    `access` says whether Slack takes anything at all from the bot.
    """

    def __init__(
        self,
        calls: Calls,
        pace: Pace | None = None,
        on_event: OnEvent = lambda name: None,  # noqa: ARG005 - the name is the caller's interest
        draw: Draw | None = None,
        clocks: Clocks = REAL,
    ) -> None:
        pace, monotonic = pace or Pace(), clocks.monotonic
        budget, self.access = Budget(pace, monotonic), SlackAccess()
        self._context = LaneContext(
            pace, monotonic, budget, on_event, access=self.access, start=clocks.start
        )
        self._lanes = Lanes(self._context)
        self._places = Places(calls, monotonic)
        self._calls = calls
        self._delivery = Delivery(calls, on_event)
        self._tracking, self._copies = Tracking(), CopyWords(Message(""), Message(""))
        self._drawings = DrawingPool(draw or Drawing(), on_event, clocks.pool)
        self._files = FileSharing(
            self._delivery, self._drawings, self._lanes.put, self._show_again, on_event
        )
        self._known = KnownMessages()
        self._homes = HomeViews(calls, on_event, self._lanes.put)

    def refusal(self, channel: str) -> str:
        """Why the bot may not post in a channel, by Slack's error name; empty where it may, or
        where Slack does not say. Asks Slack where nothing was posted there lately."""
        return self._places.refusal(channel)

    def recorded_in(self, record: DeliveryRecord | None, copies: CopyWords) -> Self:
        """Go by what all bots know of their messages.

        What is older than a state that was sent is not sent, and the last state of each message is
        kept until Slack has it. `copies`: what is said where Slack has a message twice.
        """
        self._tracking, self._copies = Tracking(record), copies
        return self

    def refused(self, channels: Iterable[str]) -> Mapping[str, str]:
        """Those of the channels that took no message when that was last seen, with Slack's error
        names."""
        return self._places.known(channels)

    def post(  # noqa: PLR0913 - each has a default, and is given by name
        self,
        channel: str,
        message: Message,
        thread: str = "",
        then: Then | None = None,
        shared: Shared | None = None,
        *,
        elsewhere: Elsewhere | None = None,
    ) -> Handle:
        """Post a message to a channel or into a thread, and `elsewhere` where that is refused.

        `then` is called with its place, and again when it has to be posted anew; `shared` with each
        of its files once Slack has that.
        """
        handle = Handle(channel, channel, message, then)
        handle.thread, handle.on_shared, handle.elsewhere = thread, shared, elsewhere
        return self._post(handle)

    def direct(self, user_id: str, message: Message, then: Then | None = None) -> Handle:
        """Post a direct message to a user."""
        return self._post(Handle(user_id, user_id, message, then))

    def reply(
        self, handle: Handle | MessageRef, message: Message, *, aloud: bool = False
    ) -> Handle:
        """Post into the thread of a message, after that message itself.

        `aloud`: it is shown in the channel as well.
        """
        parent = self._known.handle(handle)
        reply = Handle(parent.lane, parent.channel, message)
        reply.parent, reply.aloud, reply.elsewhere = parent, aloud, parent.elsewhere
        return self._post(reply)

    def edit(  # noqa: PLR0913 - each has a default, and is given by name
        self,
        handle: Handle | MessageRef,
        message: Message,
        final: bool = False,
        then: Then | None = None,
        shared: Shared | None = None,
        *,
        elsewhere: Elsewhere | None = None,
    ) -> Handle:
        """Show a newer state of a message. After a `final` state only another final one is shown.

        Where its channel takes nothing any more, it is posted `elsewhere`. `then` matters for a
        `MessageRef`: it is called with the new place where the message is posted anew, as after it
        was deleted. `shared` is called with each file once Slack has it.
        """
        known = self._known.handle(handle, then)
        known.on_shared = shared or known.on_shared
        known.elsewhere = elsewhere or known.elsewhere
        changed = known.want(message, final=final)
        if known.wanted is message:
            self._tracking.keep(known)
        if changed:
            self._lanes.put(known.lane, self._edit_call(known, urgent=final))
        else:
            self._context.on_event("coalesced")
        return known

    def deliver(self, pending: PendingMessage) -> None:
        """Bring a message up to date that another bot left behind."""
        if pending.ref:
            self.edit(pending.ref, pending.message, final=True)
        else:
            self.post(pending.channel, pending.message, pending.thread)

    def catch_up(self) -> None:
        """Tell the record what it could not be told; raises StoreUnavailableError where it still
        cannot."""
        self._tracking.catch_up()

    def answer(
        self, place: Place, actor_id: str, message: Message, unshared: Unshared = _named
    ) -> None:
        """Answer so that only this user sees it; files are sent as direct messages, and `unshared`
        makes what is said where Slack refuses one."""
        lane = f"private:{actor_id}"
        self._lanes.put(
            lane, Call("answer", "answer", lambda: self._delivery.answer(place, actor_id, message))
        )
        for file in message.files:
            self._files.answer(lane, place, actor_id, file, unshared)

    def publish(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Show a user's Home tab; of several views that wait only the newest is shown."""
        self._homes.publish(user_id, view)

    def flush(self, timeout: float) -> bool:
        """Wait until all has arrived or failed; False where `timeout` seconds were too few."""
        deadline = time.monotonic() + timeout
        if not self._drawings.drained(timeout):
            return False
        while lanes := self._lanes.busy():
            if not all(lane.drained(deadline - time.monotonic()) for lane in lanes):
                return False
            # What was just posted may have brought a picture along, which is posted next.
            if not self._drawings.drained(deadline - time.monotonic()):
                return False
        return True

    def send_due(self) -> None:
        """Make every call that is due now, where nobody started threads that would."""
        self._lanes.send_due()

    def stop(self, timeout: float = 2.0) -> None:
        """End the threads after their current calls; what waits is not sent.

        `flush` before it, so that nothing is lost.
        """
        self._drawings.stop()
        self._lanes.stop(timeout)

    # ---- what the lanes run

    def _post(self, handle: Handle) -> Handle:
        self._tracking.keep(handle)

        def dropped() -> None:
            handle.drop()
            self._tracking.given_up(handle.wanted.state)

        self._lanes.put(
            handle.lane, Call("chat.postMessage", "post", lambda: self._send(handle), dropped)
        )
        return handle

    def _show_again(self, handle: Handle) -> None:
        self._lanes.put(handle.lane, self._edit_call(handle, urgent=handle.final))

    def _edit_call(self, handle: Handle, *, urgent: bool) -> Call:
        gap = 0.0 if urgent else self._context.pace.edit_gap
        return Call(
            "chat.update",
            handle,
            lambda: self._show(handle),
            lambda: self._tracking.given_up(handle.wanted.state),
            edit=True,
            urgent=urgent,
            not_before=lambda: handle.changed_at + gap if gap and handle.changed_at else 0.0,
        )

    def _send(self, handle: Handle, *, anew: bool = False) -> None:
        if handle.parent and not self._joins_thread(handle, handle.parent):
            return
        message = handle.begin()
        try:
            clearance = self._tracking.clearance(message.state)
            if not clearance.granted:
                self._outdated(handle, message)
                return
            if clearance.ref and not anew:
                self._take_over(handle, clearance.ref)
                return
            if clearance.doubtful:
                handle.says_also("perhaps twice", self._copies.perhaps)
            ref = self._delivery.plainly(
                handle.complete(message),
                lambda version: self._calls.post(
                    handle.channel, version, handle.thread, aloud=handle.aloud
                ),
            )
        except Exception as error:
            handle.not_posted()
            if not self._moves(handle, error):
                self._tracking.failed(message.state, error)
                raise
            self._send(handle, anew=True)
            return
        self._places.took(handle.channel)
        self._context.on_event("posted")
        earlier = self._tracking.sent(message.state, ref, first=not anew)
        if earlier:
            self.edit(ref, self._copies.outdated, final=True)
            self._take_over(handle, earlier)
        else:
            self._stands(handle, ref, message)

    def _joins_thread(self, reply: Handle, parent: Handle) -> bool:
        reply.channel, reply.thread = parent.place()
        if not reply.thread:
            self._context.on_event("dropped")
            reply.drop()
        return bool(reply.thread)

    def _stands(self, handle: Handle, ref: MessageRef, message: Message) -> None:
        handle.posted(ref, message, self._context.clock())
        self._known.remember(ref, handle)
        self._files.share(handle, message)

    def _show(self, handle: Handle) -> None:
        message, ref = handle.wanted, handle.ref
        if ref is None or message is handle.shown:
            return
        if not self._tracking.may_edit(message.state):
            self._outdated(handle, message)
            return
        try:
            self._delivery.plainly(
                handle.complete(message), lambda version: self._calls.update(ref, version)
            )
        except SlackApiError as error:
            again = must_post_anew(error, final=handle.final)
            if not (again or self._moves(handle, error)):
                handle.failed = verdict_of(error) is Verdict.NOT_HERE
                self._tracking.failed(message.state, error)
                raise
            self._context.on_event("posted_anew")
            self._send(handle, anew=True)
            return
        handle.edited(message, self._context.clock())
        self._tracking.sent(message.state, ref)
        self._context.on_event("edited")
        self._files.share(handle, message)

    def _moves(self, handle: Handle, error: Exception) -> bool:
        """Whether a message that was refused goes elsewhere, where it is said why."""
        if verdict_of(error) is not Verdict.NOT_HERE or not isinstance(error, SlackApiError):
            return False
        channel, word, elsewhere = handle.channel, word_of(error), handle.elsewhere
        is_reply = handle.parent is not None
        if word in WHAT_FOLLOWS and not is_reply:
            # A thread may be locked, and a new name may be about this one message.
            self._places.refused(channel, word)
        if not (elsewhere and handle.moves()):
            return False
        log.warning("%s takes no messages (%s): said in %s", channel, word, handle.channel)
        self._context.on_event("moved" if word in WHAT_FOLLOWS else "unknown_error")
        if not is_reply:
            self.reply(handle, elsewhere.why(channel, word))
        return True

    def leave(self, handle: Handle) -> None:
        """Another bot goes on in this message: let it know where that stands. Where it has posted
        the message anew, this copy says so."""
        if handle.ref and self._tracking.stands(handle.wanted.state, handle.ref):
            self.edit(handle.ref, self._copies.outdated, final=True)

    def _outdated(self, handle: Handle, message: Message) -> None:
        """Leave out what somebody else has said more recently."""
        self._context.on_event("outdated")
        self._tracking.given_up(message.state)
        handle.drop()

    def _take_over(self, handle: Handle, ref: MessageRef) -> None:
        """Go on in the message that another bot has posted meanwhile."""
        handle.posted(ref, Message(""), 0.0)
        self._known.remember(ref, handle)
        self._show(handle)
