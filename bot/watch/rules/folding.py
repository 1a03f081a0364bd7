"""Services that something changes all the time: people are told of the first changes at once, and
of what follows in sum. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.alert_facts import ChangedOutside, ServiceChanges
from bot.model.incident import Note, OutsideNews

AT_ONCE = 2
"""So many notes of one service within `FOLD` are told at once."""
FOLD = timedelta(minutes=10)
LONG_FOLD = timedelta(hours=1)
"""For so long nothing more is told of a service that was told of in sum."""
NOTHING = OutsideNews()


def is_folded(news: OutsideNews, at: datetime) -> bool:
    """Whether what changes a service now is kept, to be told of in sum later."""
    if len(news.told) < AT_ONCE:
        return False
    until = news.told[-1] + LONG_FOLD if news.in_sum else news.told[-AT_ONCE] + FOLD
    return at < until


def folded(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Of each service a single note, however many there were; it takes no more room than one."""
    by_service: defaultdict[str, list[Note]] = defaultdict(list)
    for note in notes:
        by_service[note.service_id].append(note)
    return tuple(_in_sum(its) if len(its) > 1 else its[0] for its in by_service.values())


def told(
    news: Mapping[str, OutsideNews], notes: Iterable[Note], at: datetime
) -> Mapping[str, OutsideNews]:
    """What is known of who was told what, after these notes; without what is long ago."""
    in_sum: dict[str, bool] = {}
    for note in notes:
        in_sum[note.service_id] = in_sum.get(note.service_id, False) or _is_in_sum(note)
    after = dict(news)
    for service_id, was_in_sum in in_sum.items():
        times = (*after.get(service_id, NOTHING).told, at)[-AT_ONCE:]
        after[service_id] = OutsideNews(times, in_sum=was_in_sum)
    return {
        service_id: service_news
        for service_id, service_news in after.items()
        if is_folded(service_news, at) or at - service_news.told[-1] < FOLD
    }


def of_one_service(changes: Sequence[ServiceChanges]) -> ServiceChanges:
    """All changes of one service, the oldest first; in sum where some of them are."""
    if all(change.times == 1 for change in changes):
        made = tuple(each for change in changes for each in change.changes)
        return replace(changes[0], changes=made)
    times = [change.since for change in changes if change.since]
    return ServiceChanges(
        service=changes[0].service,
        changes=changes[-1].changes[-1:],
        times=sum(change.times for change in changes),
        since=min(times, default=None),
    )


def _in_sum(notes: Sequence[Note]) -> Note:
    ordered = sorted(notes, key=lambda note: note.at)
    changes = [
        replace(service, since=service.since or note.at, times=service.times)
        for note in ordered
        for service in _services(note)
    ]
    last = changes[-1]
    facts = ServiceChanges(
        service=last.service,
        changes=last.changes[-1:],
        times=sum(change.times for change in changes),
        since=changes[0].since,
    )
    return replace(ordered[-1], facts=ChangedOutside(services=(facts,)))


def _is_in_sum(note: Note) -> bool:
    return any(service.times > 1 for service in _services(note))


def _services(note: Note) -> tuple[ServiceChanges, ...]:
    return note.facts.services if isinstance(note.facts, ChangedOutside) else ()
