"""A new image of a service: the question whether it is to be deployed, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model import Message
from bot.model.english import span
from bot.model.image_version import VersionPart
from bot.model.new_image import NewImage, OfferState, OfferSurroundings
from bot.render.slack.blocks import Block, actions, button, context, familiar, message, tag, when
from bot.render.slack.text import code, escape, prose

_NEWS = timedelta(minutes=1)
_ENDS = {
    OfferState.DEPLOYED: ("✅", "deployed"),
    OfferState.TURNED_BACK: ("↩️", "deployed, and turned back"),
    OfferState.WITHDRAWN: ("🟠", "no longer offered"),
}


def offer(offered: NewImage, surroundings: OfferSurroundings, now: datetime) -> Message:
    """The message as it is now."""
    if offered.state is not OfferState.OPEN:
        return _ended(offered)
    state, keeps = _kept(surroundings)
    head = (
        f"{'⏸' if keeps else '🟡'} {_title(offered)} · {_newness(offered)} · {_age(offered, now)}"
    )
    free = not (surroundings.changing or surroundings.waiting)
    why = f"Not deployed by itself: {prose(offered.why)}" if offered.why else ""
    return message(head, [state, why], [*(_buttons(offered) if free else ()), *_small(offered)])


def skipped(service: str, image: str) -> Message:
    """Somebody wants to hear no more of it."""
    return message(f"↩️ {escape(service)} · {escape(image)} is skipped")


def _ended(offered: NewImage) -> Message:
    if offered.state is OfferState.SKIPPED:
        head = f"↩️ {_title(offered)} · skipped by {escape(offered.by)}"
        return message(head, ["A newer one is offered again."], _small(offered))
    mark, word = _ENDS[offered.state]
    return message(f"{mark} {_title(offered)} · {word}", [], _small(offered))


def _title(offered: NewImage) -> str:
    """`api 1.4.2 → 1.4.3`; where the tag is the same, the builds are told apart."""
    name, before, after = escape(offered.service), offered.before, offered.after
    if offered.part is VersionPart.DIGEST:
        return f"{name} {tag(after)} @{before.short_digest} → @{after.short_digest}"
    return f"{name} {tag(before)} → {tag(after)}"


def _newness(offered: NewImage) -> str:
    return "new build" if offered.part is VersionPart.DIGEST else str(offered.part)


def _age(offered: NewImage, now: datetime) -> str:
    word = "pushed" if offered.pushed else "found"
    since = now - offered.at
    return f"{word} just now" if since < _NEWS else f"{word} {span(coarse(since))} ago"


def coarse(since: timedelta) -> timedelta:
    """An age in steps that grow with it, so that a message that is old is seldom edited."""
    minutes = int(since.total_seconds() // 60)
    step = 1 if minutes < 10 else 10 if minutes < 60 else 60
    return timedelta(minutes=minutes // step * step)


def _kept(surroundings: OfferSurroundings) -> tuple[str, bool]:
    """What keeps it from being deployed, and whether something does."""
    hold = surroundings.hold
    if surroundings.waiting:
        return "It waits for approval.", True
    if surroundings.changing:
        return "The service is being changed.", True
    if hold is None:
        return "", False
    until = f" until {when(hold.until)}" if hold.until else ""
    what = "Everything is frozen" if hold.freeze else "It is held"
    return f'{what} by {escape(hold.owner.name)}{until}: "{escape(hold.reason)}"', True


def _buttons(offered: NewImage) -> list[Block]:
    service, image = offered.service_id, offered.deployable
    return [
        *actions(
            button("Deploy", f"deploy {service} {image}", "primary"),
            button("Skip this version", f"image skip {service} {image}"),
            button("Hold", f"hold {service} not {offered.after.tag or 'this image'} yet"),
        )
    ]


def _small(offered: NewImage) -> list[Block]:
    return [*context(code(familiar(offered.after)) + f" @{offered.after.short_digest}")]
