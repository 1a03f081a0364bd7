"""How people learn of an incident: who is called and who is not, over a real Redis and a workspace
that takes the messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.model.alert_facts import NodeDown
from bot.model.incident import AlertState, Incident, Problem, Severity, Silence
from bot.poster import Calls, Poster
from bot.settings import Settings, WatchSettings
from bot.store.store import Store
from jobs.notifier import CALLS_AGAIN, Notifier
from playground.workspace import Message, Workspace
from tests.store.conftest import ANN, NOW, Server

MINUTE = timedelta(minutes=1)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


@dataclass
class Watcher:
    """The part of the watch that speaks; each look is a minute after the one before."""

    notifier: Notifier
    workspace: Workspace
    now: datetime = NOW
    before: dict[str, Incident] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()

    def sees(self, incident: Incident) -> None:
        self.now += MINUTE
        self.notifier.tell(self.before, [incident], self.silences, self.now)
        self.before = {incident.subject: incident}
        assert self.notifier.poster.flush(10)

    def messages(self, channel: str) -> list[Message]:
        return self.workspace.person("dev").messages(channel)

    def called(self, channel: str = "alerts") -> list[str]:
        """What people were notified of: messages of the channel, and replies that stand in it."""
        return [
            heading(message)
            for message in self.messages(channel)
            if message.aloud or not message.in_thread
        ]

    def thread(self, channel: str = "alerts") -> list[str]:
        return [heading(message) for message in self.messages(channel) if message.in_thread]


def heading(message: Message) -> str:
    return message.text.splitlines()[0]


@pytest.fixture
def watcher(server: Server, redis: object, workspace: Workspace) -> Iterator[Watcher]:
    yield from _watcher(server, workspace, dict.fromkeys(Severity, "alerts"))


@pytest.fixture
def with_two_channels(server: Server, redis: object, workspace: Workspace) -> Iterator[Watcher]:
    yield from _watcher(server, workspace, {Severity.WARNING: "ops", Severity.CRITICAL: "alerts"})


def _watcher(
    server: Server, workspace: Workspace, channels: dict[Severity, str]
) -> Iterator[Watcher]:
    poster = Poster(Calls(WebClient(token=workspace.bot_token, base_url=workspace.api_url)))
    store = Store.connect(server.url)
    ids = {severity: workspace.channel_id(name) for severity, name in channels.items()}
    settings = Settings(channel=workspace.channel_id("ops"), watch=WatchSettings(channels=ids))
    yield Watcher(Notifier(poster, store, settings), workspace)
    poster.stop()
    store.close()


def problem(severity: Severity = Severity.CRITICAL) -> Problem:
    return Problem(subject="node:n2", facts=NodeDown(), severity=severity, name="node2", since=NOW)


def incident(severity: Severity = Severity.CRITICAL, **fields: Any) -> Incident:
    values: dict[str, Any] = {
        "since": NOW,
        "changed": NOW,
        "opened": NOW,
        "state": AlertState.FIRING,
        **fields,
    }
    return Incident(
        id="i1", subject="node:n2", name="node2", problems=(problem(severity),), **values
    )


def over(incident: Incident) -> Incident:
    return replace(incident, state=AlertState.RESOLVED, resolved=NOW + MINUTE)


def again(incident: Incident) -> Incident:
    return replace(incident, state=AlertState.FIRING, resolved=None, times=incident.times + 1)


def test_bad_news_is_said_aloud_and_good_news_only_shown(watcher: Watcher) -> None:
    alert = incident(Severity.WARNING)
    watcher.sees(alert)
    assert watcher.called() == ["🟠 node2 is Down"]

    watcher.sees(incident())
    assert watcher.called() == ["🔴 node2 is Down", "🔴 node2 is Down · now critical, was warning"]
    watcher.sees(incident(acknowledged_by=ANN, acknowledged=NOW))
    watcher.sees(over(incident()))
    assert len(watcher.called()) == 2
    assert len(watcher.thread()) == 4, "all of it is in the thread"


def test_what_comes_back_calls_people_until_it_flaps(watcher: Watcher) -> None:
    alert = incident()
    watcher.sees(alert)
    for _ in range(CALLS_AGAIN + 2):
        watcher.sees(over(alert))
        alert = again(alert)
        watcher.sees(alert)
    message, *replies = watcher.called()
    assert f"flapping, {alert.times} times" in message
    assert [reply.rpartition(" · ")[2] for reply in replies] == [
        f"flapping, {times} times" for times in range(2, CALLS_AGAIN + 1)
    ]


def test_what_becomes_critical_goes_on_where_critical_things_are_told(
    with_two_channels: Watcher,
) -> None:
    watcher = with_two_channels
    watcher.sees(incident(Severity.WARNING))
    assert watcher.called("ops") == ["🟠 node2 is Down"]
    assert watcher.called("alerts") == []

    watcher.sees(incident())
    assert watcher.called("ops") == ["🟠 node2 is Down · it goes on in #alerts"]
    assert watcher.called("alerts") == ["🔴 node2 is Down"]
    assert watcher.thread("alerts") == ["🔴 node2 is Down · now critical, was warning"]

    # Another bot goes on with the message in the channel of now.
    watcher.notifier.forget()
    watcher.sees(over(incident()))
    assert watcher.called("ops") == ["🟠 node2 is Down · it goes on in #alerts"]
    assert watcher.called("alerts")[0].startswith("🟢 node2 is back")


def test_who_silenced_it_is_called_when_the_silence_is_over(watcher: Watcher) -> None:
    silence = Silence(pattern="node2", by=ANN, since=NOW)
    watcher.sees(incident(Severity.WARNING))
    watcher.silences = (silence,)
    watcher.sees(incident())
    watcher.sees(over(incident()))
    watcher.sees(again(incident()))
    assert len(watcher.called()) == 1

    watcher.silences = ()
    watcher.sees(again(incident()))
    assert watcher.called()[1:] == ["🔴 node2 is Down · no longer silenced"]
    watcher.silences = (silence,)
    watcher.sees(again(incident()))
    watcher.sees(over(incident()))
    watcher.silences = ()
    watcher.sees(over(incident()))
    assert len(watcher.called()) == 2, "what is over is no news"


def test_what_became_critical_in_silence_goes_where_it_belongs_afterwards(
    with_two_channels: Watcher,
) -> None:
    watcher = with_two_channels
    watcher.sees(incident(Severity.WARNING))
    watcher.silences = (Silence(pattern="node2", by=ANN, since=NOW),)
    watcher.sees(incident())
    assert watcher.called("alerts") == []
    watcher.silences = ()
    watcher.sees(incident())
    assert watcher.called("alerts") == ["🔴 node2 is Down"]
