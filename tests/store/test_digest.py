"""The daily digest over a real Redis: once a day, whichever bots run; and what it finds there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.model import Message
from bot.model.alert_facts import AlertKind
from bot.model.hold import Hold
from bot.model.incident import Entry, Happened, Severity
from bot.poster import Poster
from bot.render.slack.plain_text import plain
from bot.settings import Settings, WatchSettings
from bot.store.store import Store
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.swarm import Swarm
from jobs.digest import Digest
from tests.store.conftest import ANN, NOW, Server


@dataclass
class Posts:
    """What was posted, in the place of Slack."""

    said: list[tuple[str, Message]] = field(default_factory=list)

    def post(self, channel: str, message: Message, **_: Any) -> None:
        self.said.append((channel, message))


@dataclass
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def store(server: Server, redis: object) -> Store:
    return Store.connect(server.url)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def bot(
    store: Store, posts: Posts, clock: Clock, at: str = "08:30", channel: str = "C0DAY"
) -> Digest:
    settings = Settings(channel="C0OPS", watch=WatchSettings(digest=at, digest_channel=channel))
    return Digest(Swarm(FailoverPool(())), store, cast(Poster, posts), settings, clock.now)


def test_once_a_day_across_bots_and_restarts(store: Store, clock: Clock) -> None:
    posts = Posts()
    bots = [bot(store, posts, clock), bot(store, posts, clock)]
    for minute in range(0, 2 * 24 * 60, 10):
        clock.at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
        for sender in (*bots, bot(store, posts, clock)):
            sender.run()
    assert [channel for channel, _ in posts.said] == ["C0DAY"] * 2


def test_not_before_its_time_nor_long_after_nor_where_nobody_wants_it(
    store: Store, clock: Clock
) -> None:
    posts = Posts()
    bot(store, posts, clock, at="08:31").run()
    bot(store, posts, clock, at="07:30").run()
    bot(store, posts, clock, at="").run()
    assert posts.said == []
    bot(store, posts, clock, at="07:31", channel="").run()
    assert [channel for channel, _ in posts.said] == ["C0OPS"]


def test_it_tells_what_redis_knows(store: Store, clock: Clock) -> None:
    down = Entry(
        at=NOW - timedelta(hours=3),
        happened=Happened.RESOLVED,
        id="i1",
        kind=AlertKind.NODE_DOWN,
        severity=Severity.CRITICAL,
        name="node4",
        lasted=timedelta(seconds=192),
    )
    store.alerts.remember(down)
    plan = {"title": "deploy web shop/web:2.0", "services": ["web"], "targets": []}
    store.audit.intend(
        ANN, {"command": "deploy"}, {**plan, "title": "of old"}, "C1", NOW - timedelta(days=2)
    )
    intent = store.audit.intend(ANN, {"command": "deploy"}, plan, "C1", NOW - timedelta(hours=2))
    store.audit.conclude(intent, {"ending": "rolled back"}, 18.0, NOW)
    store.holds.put(
        Hold(
            pattern="web",
            owner=ANN,
            reason="incident 42",
            since=NOW,
            until=NOW + timedelta(hours=1),
        ),
        NOW,
    )
    store.holds.put(
        Hold(pattern="api", owner=ANN, reason="for long", since=NOW, until=NOW + timedelta(days=9)),
        NOW,
    )

    posts = Posts()
    bot(store, posts, clock).run()
    text = plain(posts.said[0][1])
    assert "node4 is Down · for 3 m 12 s · over" in text
    assert "deploy web shop/web:2.0 by ann · rolled back" in text
    assert 'web is held by ann ("incident 42"), until' in text
    assert "of old" not in text
    assert "for long" not in text
    assert "could not be read: certificates" in text, "no engine answers here"


def test_with_redis_away_it_says_so_and_is_posted_anyway(mortal: Server, clock: Clock) -> None:
    posts, store = Posts(), Store.connect(mortal.url)
    mortal.kill()
    notifier = bot(store, posts, clock)
    notifier.run()
    notifier.run()
    assert len(posts.said) == 1
    assert "Redis is away" in plain(posts.said[0][1])
