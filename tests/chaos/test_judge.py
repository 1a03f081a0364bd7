"""The judge of a round finds what must not be: deeds made by hand, without any Swarm."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from tests.chaos.ground import Ground
from tests.chaos.invariants import Round
from tests.chaos.people import Asked
from tests.chaos.wire import Deed, Json

NOWHERE: Any = None


def spec(image: str, replicas: int = 2) -> Json:
    container = {"Image": f"10.61.0.254:5000/web:{image}@sha256:{'1' * 64}"}
    return {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": container},
        "Mode": {"Replicated": {"Replicas": replicas}},
    }


def deed(before: Json, after: Json, **more: Any) -> Deed:
    made = Deed(1.0, "bot1", "web", before, after, "completed", False, "owner1", 200)
    return replace(made, **more)


def judged(asked: Asked, *deeds: Deed) -> Round:
    ground = Ground(NOWHERE, NOWHERE, NOWHERE, [], NOWHERE, NOWHERE)
    return Round(ground, asked, list(deeds), 0, {"web": "v1", "api": "v1"})


DEPLOY = deed(spec("v1"), spec("t1-good"))


def test_what_was_asked_for_is_well() -> None:
    round_ = judged(Asked(deploys=_counted("web:t1-good")), DEPLOY)
    assert not [*round_.two_writers(), *round_.unapproved(), *round_.doubled()]


def test_a_change_without_the_lock_is_found() -> None:
    assert list(judged(Asked(), replace(DEPLOY, owner="")).two_writers())


def test_a_change_under_the_lock_of_the_other_bot_is_found() -> None:
    late = deed(spec("t1-good"), spec("t2-good"), bot="bot2")
    assert list(judged(Asked(), DEPLOY, late).two_writers())


def test_a_change_without_approval_is_found() -> None:
    asked = Asked(deploys=_counted("web:t1-good"))
    needs = replace(DEPLOY, service="api")
    assert list(judged(asked, needs).unapproved())
    assert list(judged(asked, deed(spec("v1"), spec("v1", 5))).unapproved())
    asked.approved.append("🟡 api → 10.61.0.254:5000/web:t1-good · needs approval")
    assert not list(judged(asked, needs).unapproved())


def test_a_change_that_is_made_twice_is_found() -> None:
    asked = Asked(deploys=_counted("web:t1-good"), scales=_counted("web"))
    again = deed(spec("t1-good"), spec("t1-good"))
    assert list(judged(asked, DEPLOY, again).doubled())
    up, down = deed(spec("v1"), spec("v1", 3)), deed(spec("v1", 3), spec("v1"))
    assert list(judged(asked, up, down).doubled())


def _counted(name: str) -> Counter[str]:
    return Counter([name])
