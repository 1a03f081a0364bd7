"""What counts as a new image of a service, and what becomes of an offer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.model import Image, Mode, Revision, Service
from bot.model.image_version import VersionPart
from bot.model.new_image import (
    NewImage,
    OfferState,
    allowed_part,
    approves_itself,
    candidate_tag,
    is_news,
    judged,
)

NOW = datetime(2026, 3, 4, 14, tzinfo=UTC)
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
CURRENT = Image("shop/api", "1.4.2", OLD)
PATCH = Image("shop/api", "1.4.3", NEW)
OTHER = Image("shop/api", "1.4.2", f"sha256:{'c' * 64}")
REBUILT = Image("shop/api", "1.4.2", NEW)
SERVICE = Service("s1", "api", 1, Mode.REPLICATED, CURRENT, {}, labels={"swarmbot.auto": "patch"})
OFFER = NewImage(
    id="n1",
    service_id="s1",
    service="api",
    before=CURRENT,
    after=PATCH,
    part=VersionPart.PATCH,
    at=NOW,
)


def ran(*images: Image) -> tuple[Revision, ...]:
    return tuple(Revision(number, image, NOW) for number, image in enumerate(images, 1))


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        ({}, None),
        ({"swarmbot.auto": ""}, None),
        ({"swarmbot.auto": "true"}, None),
        ({"swarmbot.auto": "patch"}, VersionPart.PATCH),
        ({"swarmbot.auto": " Minor "}, VersionPart.MINOR),
        ({"swarmbot.auto.approve": "true"}, None),
    ],
)
def test_the_label(labels: dict[str, str], part: VersionPart | None) -> None:
    assert allowed_part(labels) is part


@pytest.mark.parametrize(
    ("value", "is_so"), [("true", True), ("True", True), ("", False), ("yes", False), ("1", False)]
)
def test_only_true_approves(value: str, is_so: bool) -> None:
    assert approves_itself({"swarmbot.auto.approve": value}) is is_so


def test_where_nothing_is_newer_the_own_tag_is_looked_at() -> None:
    assert candidate_tag(CURRENT, ("1.4.2", "1.5.0"), VersionPart.PATCH) == "1.4.2"
    assert candidate_tag(CURRENT, ("1.4.3",), VersionPart.PATCH) == "1.4.3"


@pytest.mark.parametrize(
    ("current", "found", "known", "is_so"),
    [
        (CURRENT, PATCH, (CURRENT,), True),
        (CURRENT, REBUILT, (CURRENT,), True),
        (CURRENT, CURRENT, (), False),
        (replace(CURRENT, digest=""), REBUILT, (), False),
        (replace(CURRENT, digest=""), PATCH, (), True),
        (CURRENT, PATCH, (CURRENT, PATCH), False),
        (CURRENT, replace(PATCH, digest=OLD), (PATCH,), False),
        (CURRENT, REBUILT, (REBUILT, CURRENT), False),
        (CURRENT, PATCH, (replace(PATCH, name="other/api"),), True),
    ],
)
def test_news_is_what_never_ran(
    current: Image, found: Image, known: tuple[Image, ...], is_so: bool
) -> None:
    assert is_news(current, found, ran(*known)) is is_so


@pytest.mark.parametrize(
    ("service", "known", "state"),
    [
        (SERVICE, (CURRENT,), OfferState.OPEN),
        (None, (CURRENT,), OfferState.WITHDRAWN),
        (replace(SERVICE, labels={}), (CURRENT,), OfferState.WITHDRAWN),
        (replace(SERVICE, image=PATCH), (CURRENT, PATCH), OfferState.DEPLOYED),
        (replace(SERVICE, image=replace(PATCH, digest=OLD)), (CURRENT,), OfferState.DEPLOYED),
        (SERVICE, (CURRENT, PATCH), OfferState.TURNED_BACK),
        (replace(SERVICE, image=OTHER), (CURRENT,), OfferState.WITHDRAWN),
        (replace(SERVICE, image=REBUILT), (CURRENT,), OfferState.DEPLOYED),
    ],
)
def test_what_becomes_of_an_offer(
    service: Service | None, known: tuple[Image, ...], state: OfferState
) -> None:
    assert judged(OFFER, service, ran(*known)) is state


def test_what_is_decided_stays_so() -> None:
    skipped = replace(OFFER, state=OfferState.SKIPPED)
    assert judged(skipped, None, ()) is OfferState.SKIPPED
