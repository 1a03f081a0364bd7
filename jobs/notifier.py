"""How people learn of an incident: one message from its beginning to its end, edited in place, its
history in its thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.errors import StoreUnavailableError
from bot.model import Message, MessageRef, MessageState
from bot.model.incident import (
    AlertState,
    Entry,
    Happened,
    Incident,
    Note,
    Severity,
    Silence,
    silencing,
    worsened,
)
from bot.poster import Handle, Poster
from bot.render.alerts import alert_message, alert_notes
from bot.settings import Settings
from bot.store.store import Store
from jobs.recipients import other_places

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(minutes=1)
"""After this time an alert that no place took is tried again, while it is open."""
CALLS_AGAIN = 3
"""So often an incident that comes back calls people; after that its message says that it flaps, and
the thread when."""


@dataclass
class PostedAlert:
    """The message of one incident, what was sent to it last, and the incident as it was then.

    `called`: the worst of which people were notified. `silenced`: nobody wanted to hear of it then.
    """

    message: Handle | MessageRef
    shown: Message
    incident: Incident
    called: Severity
    silenced: bool = False

    @property
    def untold(self) -> bool:
        """Whether no place took the message."""
        return isinstance(self.message, Handle) and self.message.failed


@dataclass
class Notifier:
    """Posts and edits. Where each message stands is in Redis, for the next bot; here only what
    saves needless edits.

    What its channel does not take goes to another one, or to the people whom it would have called;
    what nobody takes stays untold, and is tried again while it is open.
    """

    poster: Poster
    store: Store
    settings: Settings
    fence: Callable[[], int] = lambda: 0
    _number: int = 0
    _told: dict[str, PostedAlert] = field(default_factory=dict)
    _unremembered: dict[str, MessageRef] = field(default_factory=dict)
    _try_again: dict[str, datetime] = field(default_factory=dict)
    _unsaid: dict[str, tuple[Note, Handle]] = field(default_factory=dict)

    def problem(self) -> str:
        """Which alerts nobody was told of, and why; empty where there are none, or where the file
        names no place for them."""
        untold = [told.incident.name for told in tuple(self._told.values()) if told.untold]
        if not untold or not other_places(self.settings).places:
            return ""
        refused = self.poster.refused(self.settings.channels)
        why = ", ".join(f"{channel} says {word}" for channel, word in refused.items())
        return f"nobody could be told of {', '.join(sorted(untold))[:200]}: {why}"

    def forget(self) -> None:
        """Another bot led: what it has told meanwhile is not known here."""
        self._told.clear()

    def leave(self) -> None:
        """End the messages of which Redis, and so the next bot, does not know: nobody else would.
        The bot ends after this."""
        for incident_id, ref in tuple(self._unremembered.items()):
            self._posted(incident_id, ref)
        for incident_id in self._unremembered.keys() & self._told.keys():
            told = self._told[incident_id]
            if told.incident.state is not AlertState.RESOLVED:
                self.poster.edit(told.message, alert_message.left(told.incident), final=True)

    def tell(
        self,
        before: Mapping[str, Incident],
        incidents: Iterable[Incident],
        silences: Sequence[Silence],
        now: datetime,
    ) -> None:
        """Let every message say how its incident is now; `before` has them by subject as they
        were."""
        for incident_id, ref in tuple(self._unremembered.items()):
            self._posted(incident_id, ref)
        told = [incident for incident in incidents if incident.state is not AlertState.PENDING]
        for incident in told:
            earlier = before.get(incident.subject)
            self._record(earlier, incident, now)
            self._show(earlier, incident, silencing(silences, incident, now), now)
        for over in self._told.keys() - {incident.id for incident in told}:
            del self._told[over]
            self._try_again.pop(over, None)
        self._say_again()

    def note(self, note: Note, silences: Sequence[Silence] = ()) -> None:
        """Say something once, whichever bots notice it; what is silenced is only remembered."""
        if self.store.alerts.claim_note(note.id):
            self._remember(_entry(note, Happened.NOTED, note.at))
            if not any(silence.covers_note(note, note.at) for silence in silences):
                self._say(note)

    def _say(self, note: Note) -> None:
        handle = self.poster.post(
            self._channel(Severity.NOTE),
            alert_notes.note(note),
            elsewhere=other_places(self.settings, Severity.NOTE),
        )
        self._unsaid[note.id] = note, handle

    def _say_again(self) -> None:
        """Notes that no place took: at the pace at which the places are looked at anew."""
        for note_id, (note, handle) in tuple(self._unsaid.items()):
            if handle.ref:
                del self._unsaid[note_id]
            elif handle.failed and not self.poster.refusal(self._channel(Severity.NOTE)):
                self._say(note)

    # ---- one incident

    def _show(
        self, before: Incident | None, incident: Incident, silence: Silence | None, now: datetime
    ) -> None:
        message = alert_message.alert(incident, silence, now, self._called(incident.severity))
        told = self._told.get(incident.id) or self._recalled(before, incident)
        if told and told.untold:
            if now < self._try_again.setdefault(incident.id, now + TRY_AGAIN):
                return
            del self._try_again[incident.id], self._told[incident.id]
            told = None
        if told is None:
            is_news = silence is None and incident.state is AlertState.FIRING
            if is_news or self._may_stand(incident):
                self._post(incident, message, now)
        elif silence is None and self._belongs_elsewhere(told, incident):
            self.poster.edit(
                told.message,
                alert_message.moved(incident, self._channel(incident.severity)),
                final=True,
            )
            self._post(incident, message, now, told.incident)
        elif message != told.shown:
            told.message = self.poster.edit(
                told.message,
                self._numbered(message, incident, told.message.channel),
                then=lambda ref: self._posted(incident.id, ref),
                elsewhere=other_places(self.settings, incident.severity),
            )
            self._log_step(told, incident, now, silenced=silence is not None)
            told.shown, told.incident, told.silenced = message, incident, silence is not None

    def _numbered(self, message: Message, incident: Incident, channel: str) -> Message:
        """The message as the newest state of the alert in this channel, so that what a leader of
        before slept over does not replace it."""
        self._number += 1
        state = MessageState(_about(incident, channel), self.fence(), self._number, urgent=True)
        return replace(message, state=state)

    def _may_stand(self, incident: Incident) -> bool:
        """Whether a bot began to post it and could not write down where: it may have died then."""
        try:
            return self.store.deliveries.may_stand(
                _about(incident, self._channel(incident.severity))
            )
        except StoreUnavailableError:
            return False

    def _belongs_elsewhere(self, told: PostedAlert, now: Incident) -> bool:
        """Whether it has become so bad that others are to hear of it."""
        worse = now.state is AlertState.FIRING and now.severity.rank > told.called.rank
        return worse and self._channel(told.called) != self._channel(now.severity)

    def _post(
        self, incident: Incident, message: Message, now: datetime, before: Incident | None = None
    ) -> None:
        channel = self._channel(incident.severity)
        handle = self.poster.post(
            channel,
            self._numbered(message, incident, channel),
            then=lambda ref: self._posted(incident.id, ref),
            elsewhere=other_places(self.settings, incident.severity),
        )
        if line := alert_message.history(before, incident, now):
            self.poster.reply(handle, line)
        self._told[incident.id] = PostedAlert(handle, message, incident, incident.severity)

    def _log_step(
        self, told: PostedAlert, after: Incident, now: datetime, *, silenced: bool
    ) -> None:
        """Into its thread; bad news aloud, since an edit notifies nobody."""
        aloud = not silenced and _is_bad_news(told.incident, after)
        people = self._called(after.severity) if aloud else ()
        line = alert_message.history(told.incident, after, now, people)
        if told.silenced and not silenced and after.state is AlertState.FIRING:
            people, aloud = self._called(after.severity), True
            line = alert_message.unsilenced(after, now, people)
        if line:
            self.poster.reply(told.message, line, aloud=aloud)
        if aloud:
            told.called = max(told.called, after.severity, key=lambda severity: severity.rank)

    def _recalled(self, before: Incident | None, incident: Incident) -> PostedAlert | None:
        """What another bot, or this one before its restart, has posted."""
        try:
            ref = self.store.alerts.message(incident.id)
        except StoreUnavailableError:
            return None
        if ref:
            known = before or incident
            self._told[incident.id] = PostedAlert(ref, Message(""), known, known.severity)
        return self._told.get(incident.id)

    def _posted(self, incident_id: str, ref: MessageRef) -> None:
        """Remember where it stands, as soon as Redis takes it: the next bot edits the same
        message."""
        try:
            self.store.alerts.posted(incident_id, ref)
        except StoreUnavailableError:
            self._unremembered[incident_id] = ref
        else:
            self._unremembered.pop(incident_id, None)

    # ---- the history of the Swarm

    def _record(self, before: Incident | None, after: Incident, now: datetime) -> None:
        was = before.state if before and before.id == after.id else AlertState.PENDING
        if was is not AlertState.FIRING and after.state is AlertState.FIRING:
            self._remember(_entry(after, Happened.OPENED, now))
        elif was is AlertState.FIRING and after.state is AlertState.RESOLVED:
            self._remember(_entry(after, Happened.RESOLVED, now))

    def _remember(self, entry: Entry) -> None:
        try:
            self.store.alerts.remember(entry)
        except StoreUnavailableError:
            log.warning("%s is missing from the history: Redis is away", entry.id)

    def _called(self, severity: Severity) -> tuple[str, ...]:
        return self.settings.watch.call.get(severity, ())

    def _channel(self, severity: Severity) -> str:
        """The channel; where the file names none, whoever is called."""
        channel = self.settings.watch.channels.get(severity) or self.settings.channel
        return channel or next(iter(other_places(self.settings, severity).places), "")


def _about(incident: Incident, channel: str) -> str:
    """What the message of an incident in a channel is called among all bots."""
    return f"{incident.id}:{channel}"


def _is_bad_news(before: Incident, after: Incident) -> bool:
    """Whether it has become worse, or is there again."""
    again = before.state is AlertState.RESOLVED and after.state is AlertState.FIRING
    return worsened(before, after) or (again and after.times <= CALLS_AGAIN)


def _entry(news: Incident | Note, happened: Happened, at: datetime) -> Entry:
    incident = news if isinstance(news, Incident) else None
    begun = incident.opened if incident and happened is Happened.RESOLVED else None
    return Entry(
        at=at,
        happened=happened,
        id=news.id,
        kind=news.kind,
        severity=incident.severity if incident else Severity.NOTE,
        name=news.name,
        lasted=at - begun if begun else None,
    )
