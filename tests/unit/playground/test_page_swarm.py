"""What the panel makes of what engines say, and what ticks the tour off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playground.page.seen import Listed, Machine, Versions, drawn, version_of
from playground.page.tour import Mark, Step, Tour, steps, steps_elsewhere
from playground.workspace.model import BOT_USER, Limits
from playground.workspace.state import State

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)


def node(
    number: int, *, state: str = "ready", leader: bool = False, role: str = "manager", **spec: str
) -> dict[str, Any]:
    made = {
        "ID": f"n{number}",
        "Description": {"Hostname": f"node{number}"},
        "Spec": {"Role": role, "Availability": "active", **spec},
        "Status": {"State": state},
    }
    status = {"Leader": leader, "Reachability": "reachable" if state == "ready" else "unreachable"}
    return made | ({"ManagerStatus": status} if role == "manager" else {})


def task(
    id_: str,
    on: str,
    state: str = "running",
    wanted: str = "running",
    image: str = "reg:5000/web:v1",
    **status: str,
) -> Any:
    at = (NOW - timedelta(seconds=3)).isoformat()
    return {
        "ID": id_,
        "ServiceID": "s1",
        "NodeID": on,
        "Slot": 1,
        "DesiredState": wanted,
        "Status": {"State": state, "Timestamp": at, **status},
        "Spec": {"ContainerSpec": {"Image": image}},
    }


WEB = {"ID": "s1", "Spec": {"Name": "web"}}
NODES = (node(1, leader=True), node(2), node(3), node(4, role="worker"))


def picture(
    *tasks: Any, nodes: Any = NODES, machines: Any = (), answers: bool = True
) -> dict[str, Any]:
    return drawn(Listed(nodes, (WEB,), tasks, answers), machines, Versions(), NOW)


def box(shown: dict[str, Any], name: str) -> dict[str, Any]:
    return next(node for node in shown["nodes"] if node["name"] == name)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("10.99.0.254:5000/web:v2@sha256:4f2a91c0", "v2"),
        ("10.99.0.254:5000/web@sha256:4f2a91c0d1", "4f2a91c"),
        ("reg:5000/web", "latest"),
        ("shop/web:2.0", "2.0"),
        ("", "latest"),
    ],
)
def test_the_version_of_an_image(image: str, version: str) -> None:
    assert version_of(image) == version


@pytest.mark.parametrize(
    ("state", "wanted", "look"),
    [
        ("running", "running", "running"),
        ("running", "shutdown", "stopping"),
        ("preparing", "running", "starting"),
        ("ready", "ready", "starting"),
        ("failed", "shutdown", "failed"),
        ("shutdown", "shutdown", None),
        ("complete", "shutdown", None),
    ],
)
def test_how_a_task_looks(state: str, wanted: str, look: str | None) -> None:
    shown = box(picture(task("t", "n1", state, wanted)), "node1")["tasks"]
    assert [message["look"] for message in shown] == ([look] if look else [])


def test_a_failure_goes_away_after_a_while() -> None:
    old = (NOW - timedelta(seconds=30)).isoformat()
    assert (
        box(picture(task("t", "n1", "failed", "shutdown", Timestamp=old)), "node1")["tasks"] == []
    )


def test_versions_keep_their_colours() -> None:
    versions = Versions()
    first = drawn(Listed(NODES, (WEB,), (task("a", "n1"),)), (), versions, NOW)
    both = (task("b", "n1", image="web:v2"), task("a", "n2"))
    second = drawn(Listed(NODES, (WEB,), both), (), versions, NOW)
    assert first["versions"] == [{"version": "v1", "short": "v1", "color": 0}]
    assert {version["version"]: version["color"] for version in second["versions"]} == {
        "v1": 0,
        "v2": 1,
    }


def test_what_a_switch_has_done_is_said_before_the_swarm_notices() -> None:
    off = Machine("node4", running=False)
    shown = box(picture(task("t", "n4"), machines=(off,)), "node4")
    assert (shown["state"], shown["look"], shown["switches"]) == (
        "Off, not noticed yet",
        "bad",
        ["start"],
    )
    assert shown["tasks"][0]["look"] == "unknown"
    later = box(picture(nodes=(node(4, state="down", role="worker"),), machines=(off,)), "node4")
    assert (later["state"], later["down"]) == ("Off · Down", True)


def test_switches_fit_the_machine() -> None:
    assert Machine("node1", manager=True).switches == ["stop", "cut off", "lock"]
    assert Machine("node4").switches == ["stop", "cut off"]
    assert Machine("node4", linked=False).switches == ["link up", "stop"]
    assert Machine("node3", locked=True, manager=True).switches == ["stop"]


def test_a_swarm_without_managers_keeps_its_last_picture_and_says_so() -> None:
    shown = picture(task("t", "n4"), answers=False)
    assert shown["summary"] == "no manager answers"
    assert shown["notice"]
    assert [node["state"] for node in shown["nodes"]] == ["Unknown"] * 4
    assert not any(node["leader"] for node in shown["nodes"])


def test_the_summary_counts_what_may_fail_and_what_waits() -> None:
    assert picture()["summary"] == "1 manager may fail"
    lost = (node(1, leader=True), node(2), node(3, state="down"))
    assert (
        picture(task("t", "", "pending"), nodes=lost)["summary"]
        == "0 managers may fail · 1 waiting for a node"
    )


# ---- the tour


def toured(*marks: Mark) -> Tour:
    return Tour((Step("one", "One", "", marks),), State(lambda: 1_700_000_000.0, Limits()))


def done(tour: Tour) -> list[bool]:
    return [mark["done"] for mark in tour.shown()["steps"][0]["marks"]]


def hears(tour: Tour, text: str, user: str = BOT_USER) -> None:
    tour.state.post("C0OPS00001", user, text)
    tour.hears(tour.state.feed.after(tour.state.feed.seq - 1)[0])


def test_a_mark_is_ticked_by_what_the_bot_says_and_by_nobody_else() -> None:
    tour = toured(Mark("said", says="^✅ web"))
    hears(tour, "✅ web is on v2", user="U0DEV00001")
    hears(tour, "later\n✅ web is on v2")
    assert done(tour) == [False]
    hears(tour, "✅ web is on v2")
    assert done(tour) == [True]


def test_a_mark_waits_for_the_one_before() -> None:
    tour = toured(
        Mark("down", looks=lambda p: not p["up"]),
        Mark("back", looks=lambda p: bool(p["up"]), after=0),
    )
    tour.sees({"up": True})
    assert done(tour) == [False, False]
    tour.sees({"up": False})
    tour.sees({"up": True})
    assert done(tour) == [True, True]
    assert tour.shown()["steps"][0]["done"]


def test_the_tour_survives_every_picture() -> None:
    for steps_of_tour in (steps(str), steps_elsewhere()):
        tour = Tour(steps_of_tour, State(lambda: 1_700_000_000.0, Limits()))
        for shown in (picture(), picture(nodes=()), picture(answers=False)):
            tour.sees(shown)
        assert not any(step["done"] for step in tour.shown()["steps"])
