"""Which hold decides on a service, and whom it keeps out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import OnHoldError
from bot.model import Actor, Plan
from bot.model.hold import Hold, covering
from bot.policy.holds import holding, refuse_held

NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
DEV, LEAD, OPS = Actor("U1", "dev"), Actor("U2", "lead"), Actor("U3", "ops")


def hold(pattern: str = "web", owner: Actor = LEAD, **fields: Any) -> Hold:
    return Hold(pattern=pattern, owner=owner, reason="incident 42", since=NOW, **fields)


FREEZE = hold("*", OPS, freeze=True)


@pytest.mark.parametrize(
    ("holds", "service", "decides"),
    [
        ((), "web", None),
        ((hold(),), "web", 0),
        ((hold(),), "webapp", None),
        ((hold("shop_*"),), "shop_web", 0),
        ((hold("shop_*"),), "shop", None),
        ((hold("*"),), "web", 0),
        ((hold("*"), hold("web", DEV)), "web", 1),
        ((hold("shop_*"), hold("shop_w*", DEV), hold("*", OPS)), "shop_web", 1),
        ((hold("shop_web"), hold("shop_web*", DEV)), "shop_web", 0),
        ((hold("web", DEV), FREEZE), "web", 1),
        ((hold(until=NOW), hold("*", OPS)), "web", 1),
        ((hold(until=NOW + timedelta(seconds=1)), hold("*", OPS)), "web", 0),
    ],
)
def test_the_most_specific_hold_decides(
    holds: tuple[Hold, ...], service: str, decides: int | None
) -> None:
    assert covering(holds, service, NOW) == (None if decides is None else holds[decides])


@pytest.mark.parametrize(
    ("holds", "actor", "bound"),
    [
        ((hold(),), DEV, True),
        ((hold(),), LEAD, False),
        ((hold(), hold("*", DEV)), LEAD, False),
        ((hold("*", LEAD), hold("web", DEV)), LEAD, True),
        ((hold(), FREEZE), LEAD, True),
        ((FREEZE,), OPS, True),
        ((hold(until=NOW - timedelta(seconds=1)),), DEV, False),
    ],
)
def test_it_keeps_everybody_out_but_its_owner_and_a_freeze_everybody(
    holds: tuple[Hold, ...], actor: Actor, bound: bool
) -> None:
    assert (holding(holds, "web", actor, NOW) is not None) is bound


@pytest.mark.parametrize(
    ("pattern", "narrower", "covers"),
    [
        ("*", "shop_*", True),
        ("shop_*", "shop_w*", True),
        ("shop_w*", "shop_*", False),
        ("web", "*", False),
    ],
)
def test_patterns_cover_narrower_ones(pattern: str, narrower: str, covers: bool) -> None:
    assert hold(pattern).covers(narrower) is covers


def test_a_plan_is_refused_for_the_first_service_that_is_held() -> None:
    plan = Plan(title="rebalance web", targets=("service:s1",), fingerprint="", services=("web",))
    with pytest.raises(OnHoldError) as refused:
        refuse_held((hold(),), plan, DEV, NOW)
    assert refused.value.name == "web"
    refuse_held((hold(),), plan, LEAD, NOW)


def test_what_names_no_service_is_kept_by_a_freeze_alone() -> None:
    plan = Plan(title="create network uber-net", targets=("network:uber-net",), fingerprint="")
    refuse_held((hold(),), plan, DEV, NOW)
    with pytest.raises(OnHoldError) as refused:
        refuse_held((FREEZE,), plan, LEAD, NOW)
    assert refused.value.name == "create network uber-net"
