"""Whether what a bot recorded before its death was sent, by what Swarm says of the service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Image, Service
from bot.model.swarm import Mode, UpdateStatus
from bot.rollout.left import was_changed
from bot.swarm.spec.edit import fingerprint
from tests.store.conftest import rollout

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEFORE: dict[str, object] = {"Name": "web"}
WANTED: dict[str, object] = {"Name": "web", "Labels": {"by": "us"}}
RECORDED = replace(rollout(), version=7, before_hash=fingerprint(BEFORE), engine_time=AT)


@pytest.mark.parametrize(
    ("previous_before", "changed"),
    [({"Name": "web", "Labels": {"by": "x"}}, True), (WANTED, False)],
)
def test_what_swarm_had_meanwhile_was_sent_and_taken_back(
    previous_before: dict[str, object], changed: bool
) -> None:
    recorded = replace(
        RECORDED, wanted_hash=fingerprint(WANTED), previous_hash=fingerprint(previous_before)
    )
    taken_back = replace(service(9, BEFORE, None), previous=WANTED)

    assert was_changed(recorded, taken_back) is changed


def service(version: int, spec: dict[str, object], began: datetime | None) -> Service:
    update = UpdateStatus("rollback_completed", started=began) if began else None
    image = Image.parse("shop/web:1.0")
    return Service("s1", "web", version, Mode.REPLICATED, image, spec, update=update)


@pytest.mark.parametrize(
    ("version", "spec", "began", "changed"),
    [
        (7, BEFORE, None, False),
        (9, WANTED, None, True),
        # Swarm's updater moved the version, with what it had begun before the record was written.
        (9, BEFORE, AT - timedelta(seconds=3), False),
        # That moment is the one at which the service was changed last before.
        (9, BEFORE, AT, False),
        # It was posted, and Swarm has rolled it back.
        (9, BEFORE, AT + timedelta(milliseconds=1), True),
        (9, BEFORE, None, False),
    ],
)
def test_what_was_recorded_counts_as_sent_where_swarm_says_so(
    version: int, spec: dict[str, object], began: datetime | None, changed: bool
) -> None:
    assert was_changed(RECORDED, service(version, spec, began)) is changed
