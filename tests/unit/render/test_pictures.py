"""Values become sheets, sheets become PNGs: whatever comes in, legible, small, and told in words as
well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import (
    Availability,
    Ending,
    File,
    Image,
    ManagerStatus,
    Node,
    NodeRole,
    NodeState,
    Outcome,
    Phase,
    Progress,
    Reachability,
    Revision,
    Rollout,
    Service,
    Step,
    Task,
    TaskState,
)
from bot.model.picture import Box, Label, Mark, Sheet, Sign
from bot.render.picture import deploys, node_tasks, swarm_map, timeline
from bot.render.slack.text import shortened
from tests.unit.render import values as v

MOST_ALT = 1000
STATES = [
    "new",
    "pending",
    "preparing",
    "starting",
    "running",
    "complete",
    "failed",
    "rejected",
    "shutdown",
    "odd",
]
NASTY = "日本語 данные مرحبا $x^2$ \\frac{ <b> \x1b[31m \n \u202e 😀"


def nodes(count: int) -> list[Node]:
    """The first leads, the fourth is down, the sixth is drained."""
    made = [
        Node(f"n{n}", f"node{n}", NodeRole.WORKER, Availability.ACTIVE, NodeState.READY)
        for n in range(1, count + 1)
    ]
    made[0] = replace(
        made[0], role=NodeRole.MANAGER, manager=ManagerStatus(True, Reachability.REACHABLE, "a")
    )
    if count > 5:
        made[3], made[5] = (
            replace(made[3], state=NodeState.DOWN),
            replace(made[5], availability=Availability.DRAIN),
        )
    return made


def states(fields: dict[str, str]) -> dict[str, Any]:
    """The fields of a task, with Swarm's words as the states that they stand for."""
    return {
        name: TaskState(text) if name in ("state", "desired") else text
        for name, text in fields.items()
    }


def tasks(count: int, on: int, states: tuple[str, ...] = ("running",)) -> list[Task]:
    return [
        Task(
            f"t{n}",
            f"s{n % 7}",
            n + 1,
            f"n{n % on + 1}",
            TaskState(states[n % len(states)]),
            TaskState.RUNNING,
            Image("shop/web", "2.0"),
        )
        for n in range(count)
    ]


SERVICES = {
    f"s{n}": replace(v.WEB, id=f"s{n}", name=name)
    for n, name in enumerate(["web", "api", "db", "mail", "x", "y", "z"])
}


def mapped(of: list[Node], placed: list[Task], services: dict[str, Service] | None = None) -> File:
    return swarm_map.picture(
        of, node_tasks.placed(of, placed, SERVICES if services is None else services)
    )


def steps(count: int, back: bool = False) -> tuple[Step, ...]:
    def made() -> Iterator[Step]:
        for n in range(1, count + 1):
            for after, state, image in (
                (0, "running", "1.1"),
                (n, "starting", "2.0"),
                (n + 3, "running", "2.0"),
            ):
                yield Step(
                    v.START + timedelta(seconds=after),
                    str(n),
                    f"node{n % 4 + 1}",
                    TaskState(state),
                    image,
                )
            if back:
                yield Step(
                    v.START + timedelta(seconds=n + 5), str(n), "node1", TaskState.RUNNING, "1.1"
                )

    return tuple(made())


def ended(taken: tuple[Step, ...], ending: Ending = Ending.DONE, **rollout: Any) -> File:
    outcome = replace(v.outcome(Phase.COMPLETED, ending, 31.0), steps=taken)
    assert outcome.rollout is not None
    drawn = timeline.picture(replace(outcome, rollout=replace(outcome.rollout, **rollout)))
    assert drawn is not None
    return drawn


def charted(service: Service, revisions: list[Revision]) -> File:
    drawn = deploys.picture(service, revisions, v.NOW)
    assert drawn is not None
    return drawn


MANY = [
    replace(v.REVISIONS[0], number=n, at=v.NOW - timedelta(days=100 - n), ending="rolled back")
    for n in range(1, 51)
]
MIXED = ("running", "running", "running", "starting", "failed", "pending", "complete")
PICTURES = {
    "map of one": mapped(nodes(1), []),
    "map of four": mapped(nodes(4), tasks(12, 4)),
    "map of twelve": mapped(nodes(12), tasks(90, 12, MIXED)),
    "map of thirty": mapped(nodes(30), tasks(150, 30, MIXED)),
    "map of a hundred": mapped(nodes(100), tasks(500, 100, MIXED)),
    "map of six hundred": mapped(nodes(600), tasks(4000, 600, MIXED)),
    "hostile map": mapped(
        [replace(node, name=f"{NASTY} {v.LONG}") for node in nodes(6)],
        tasks(30, 6, MIXED),
        {"s0": replace(v.WEB, name=v.LONG), "s1": replace(v.WEB, name=NASTY)},
    ),
    "timeline of four": ended(steps(4)),
    "timeline of three hundred": ended(steps(300)),
    "timeline back": ended(steps(4, back=True), Ending.ROLLED_BACK),
    "hostile timeline": ended(
        tuple(replace(s, node=v.LONG, error=NASTY) for s in steps(4)), service=NASTY * 20
    ),
    "deploys": charted(v.WEB, list(v.REVISIONS)),
    "fifty deploys": charted(v.WEB, MANY),
    "hostile deploys": charted(
        replace(v.WEB, name=NASTY), [replace(MANY[0], by=v.LONG, ending=NASTY, image=Image(v.LONG))]
    ),
}


def sheet_of(file: File) -> Sheet:
    assert isinstance(file.content, Sheet)
    return file.content


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_a_png_twice_as_fine_and_small(name: str) -> None:
    # Loaded by the process that draws alone.
    from PIL import Image as Pixels

    from bot.render.picture.draw import MOST_BYTES, SCALE, draw

    sheet = sheet_of(PICTURES[name])

    png = draw(Sheet.from_json(sheet.to_json()))

    pixels = Pixels.open(BytesIO(png))
    assert pixels.format == "PNG"
    assert pixels.size == (int(sheet.width * SCALE), int(sheet.height * SCALE))
    assert len(png) < 100_000 < MOST_BYTES
    assert sheet.width <= 960


@pytest.mark.parametrize("name", PICTURES)
def test_every_word_stands_out_from_what_lies_under_it(name: str) -> None:
    sheet = sheet_of(PICTURES[name])
    under: list[Box] = []
    for shape in sheet.shapes:
        if isinstance(shape, Box):
            under.append(shape)
        elif isinstance(shape, Label):
            boxes = [box.fill for box in under if box.fill and inside(shape, box)]
            assert contrast(shape.colour, boxes[-1] if boxes else sheet.ground) >= 4.5, shape


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_stands_outside_the_card(name: str) -> None:
    sheet = sheet_of(PICTURES[name])
    for shape in sheet.shapes:
        assert 0 <= shape.x <= sheet.width, shape
        assert 0 <= shape.y <= sheet.height, shape
        if isinstance(shape, Box):
            assert shape.x + shape.width <= sheet.width + 0.01, shape
            assert shape.y + shape.height <= sheet.height + 0.01, shape


@pytest.mark.parametrize("name", PICTURES)
def test_words_are_large_enough_and_say_the_same_as_the_description(name: str) -> None:
    file = PICTURES[name]
    labels = [shape for shape in sheet_of(file).shapes if isinstance(shape, Label)]

    assert min(label.size for label in labels) >= (9 if "map" in name else 12)
    assert 20 < len(file.alt) <= MOST_ALT
    assert file.alt.isprintable()
    assert file.title
    assert len(file.title) < 120


def inside(label: Label, box: Box) -> bool:
    return box.x <= label.x <= box.x + box.width and box.y <= label.y <= box.y + box.height


def contrast(ink: str, ground: str) -> float:
    """By the formula of the WCAG."""
    lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# ---- the map


def test_the_map_names_each_node_and_what_it_runs() -> None:
    file = mapped(nodes(4), tasks(8, 4))
    shown = [shape.text for shape in sheet_of(file).shapes if isinstance(shape, Label)]

    assert "Swarm · 4 nodes · 8 tasks" in shown
    assert {"node1", "node2", "node3", "node4", "web 2.0", "Leader · Ready · Active"} <= set(shown)
    assert "node1 (Leader, Ready, Active): " in file.alt
    assert "web 2.0 1 running" in file.alt


@pytest.mark.parametrize(
    ("task", "state"),
    [
        ({}, "running"),
        ({"state": "starting"}, "starting"),
        ({"state": "failed"}, "failing"),
        ({"state": "pending", "node_id": ""}, "waiting for a node"),
        ({"node_id": "n4"}, "lost with node"),
        ({"state": "complete", "desired": "complete"}, "complete"),
        ({"desired": "shutdown"}, ""),
        ({"service_id": "gone", "state": "failed", "desired": "complete"}, ""),
        ({"service_id": "gone"}, "running"),
    ],
)
def test_how_a_task_shows(task: dict[str, str], state: str) -> None:
    file = mapped(nodes(6), [replace(tasks(1, 1)[0], **states(task))])

    assert (f"1 {state}" in file.alt) if state else ("0 tasks" in file.alt)


def test_a_task_that_begins_again_and_again_fails() -> None:
    (new,) = tasks(1, 1, ("starting",))
    old = replace(new, id="old", state=TaskState.FAILED, desired=TaskState.SHUTDOWN)

    assert "1 failing" in mapped(nodes(2), [old, new]).alt


def test_states_have_shapes_of_their_own() -> None:
    signs = {
        shape.mark: shape.colour
        for shape in sheet_of(PICTURES["map of twelve"]).shapes
        if isinstance(shape, Sign)
    }

    assert {Mark.DISC, Mark.RING, Mark.CROSS, Mark.DIAMOND, Mark.TICK, Mark.SQUARE} <= set(signs)


def test_nodes_stand_as_people_count() -> None:
    labels = [
        shape.text for shape in sheet_of(mapped(nodes(11), [])).shapes if isinstance(shape, Label)
    ]
    names = [text for text in labels if text.startswith("node") and " " not in text]

    assert names == [f"node{n}" for n in range(1, 12)]


# ---- the timeline


def test_the_timeline_tells_when_each_place_stopped_and_was_up() -> None:
    alt = ended(steps(2)).alt

    assert alt.startswith("Timeline of web: done after 31 s, 2 places.")
    assert "1 on node2: old task gone after 1 s, up after 4 s." in alt
    assert "2 on node3: old task gone after 2 s, up after 5 s." in alt


def test_what_went_back_and_what_failed_is_said() -> None:
    failed = Step(v.START + timedelta(seconds=2), "1", "node2", TaskState.FAILED, "2.0", "exit 3")

    assert "back on the old image after 6 s" in ended(steps(1, back=True), Ending.ROLLED_BACK).alt
    file = ended((*steps(1)[:2], failed))
    assert "failed once, not up, exit 3" in file.alt
    assert sum(isinstance(s, Sign) and s.mark is Mark.CROSS for s in sheet_of(file).shapes) == 2, (
        "one, and its key"
    )


def test_what_swarm_began_before_the_first_look_had_an_old_task_too() -> None:
    begun, up = (
        replace(step, at=v.START + timedelta(seconds=at))
        for step, at in zip(steps(1)[1:], (0.4, 3), strict=True)
    )

    assert "1 on node2: old task gone after 0 s, up after 3 s." in ended((begun, up)).alt
    assert "old task" not in ended((begun, up), verb="service create").alt, (
        "there was nothing before"
    )
    late = [replace(step, at=step.at + timedelta(seconds=60)) for step in (begun, up)]
    assert "old task" not in ended(tuple(late)).alt, (
        "the bot was started anew, and knows nothing of before"
    )


def test_a_failure_that_shows_between_two_tasks_is_marked() -> None:
    """As the steps of a rollout tell it: at one look the task had failed, and the next one was
    there already."""
    failed = Step(v.START + timedelta(seconds=6), "1", "node2", TaskState.FAILED, "2.0", "exit 3")
    file = ended((*steps(1), failed, replace(failed, state=TaskState.PREPARING, error="")))

    assert "failed once, not up, exit 3" in file.alt
    assert sum(isinstance(s, Sign) and s.mark is Mark.CROSS for s in sheet_of(file).shapes) == 2, (
        "one, and its key"
    )


def test_what_a_scale_adds_is_new_and_the_rest_unchanged() -> None:
    first, *_ = steps(1)
    added = replace(first, key="2", at=v.START + timedelta(seconds=3))
    file = timeline.picture(
        replace(v.outcome(Phase.COMPLETED, Ending.DONE, 6.0, v.SCALE), steps=(first, added))
    )

    assert file is not None
    assert "1 on node2: unchanged. 2 on node2: up after 3 s." in file.alt


def test_no_steps_no_timeline() -> None:
    assert timeline.picture(replace(v.outcome(Phase.COMPLETED, Ending.DONE, 6.0), steps=())) is None


# ---- the chart


def test_the_chart_tells_what_runs_and_what_did_not_stay() -> None:
    alt = charted(v.WEB, list(v.REVISIONS)).alt

    assert "7: web:2.0, runs now" in alt
    assert "6: web:1.1, done" in alt
    assert deploys.picture(v.WEB, (), v.NOW) is None


def test_only_the_newest_are_drawn() -> None:
    file = PICTURES["fifty deploys"]

    assert file.title == "web · last 12 of 50 deploys"
    assert "38: " not in file.alt


# ---- whatever comes in

NAMES = st.one_of(st.text(max_size=40), st.sampled_from(["", NASTY, v.LONG, "$", "node1"]))
IMAGES = st.builds(Image, NAMES, NAMES, st.sampled_from(["", "sha256:" + "0" * 64]))
NODES = st.builds(
    Node, st.sampled_from(["n1", "n2", "n3"]), NAMES, st.sampled_from(NodeRole),
    st.sampled_from(Availability), st.sampled_from(NodeState),
    manager=st.one_of(
        st.none(), st.builds(ManagerStatus, st.booleans(), st.sampled_from(Reachability), NAMES)
    ),
)  # fmt: skip
TASKS = st.builds(
    Task, NAMES, st.sampled_from(["s0", "s1", "s9"]), st.integers(0, 3),
    st.sampled_from(["n1", "n2", "n9", ""]),
    st.sampled_from(TaskState), st.sampled_from(TaskState), IMAGES,
)  # fmt: skip
STEPS = st.builds(
    Step, st.floats(-50, 500).map(lambda after: v.START + timedelta(seconds=after)),
    st.sampled_from(["1", "2", "x"]), NAMES, st.sampled_from(TaskState),
    st.sampled_from(["1.1", "2.0", ""]), NAMES,
)  # fmt: skip
REVISIONS = st.builds(
    Revision, st.integers(1, 60), IMAGES,
    st.floats(-1e8, 1e3).map(lambda s: v.NOW + timedelta(seconds=s)), NAMES, NAMES,
    st.sampled_from([*map(str, Ending), "", "odd"]),
)  # fmt: skip
QUICKLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(file: File) -> None:
    """The sheet goes over to the drawing process as it is, and the description stays within its
    limit."""
    sheet = sheet_of(file)
    assert Sheet.from_json(sheet.to_json()) == sheet
    assert 0 < sheet.height < 4000
    assert 0 < len(file.alt) <= MOST_ALT


@QUICKLY
@given(st.lists(NODES, max_size=6), st.lists(TASKS, max_size=20), st.sampled_from([1, 20, 100]))
def test_any_swarm_has_a_map(some: list[Node], placed: list[Task], times: int) -> None:
    crowd = [replace(node, id=f"{node.id}{n or ''}") for n in range(times) for node in some]
    check(mapped(crowd, placed))


@QUICKLY
@given(
    st.lists(STEPS, min_size=1, max_size=60),
    st.floats(0, 1e6),
    st.sampled_from([v.DEPLOY, v.SCALE]),
    NAMES,
)
def test_any_rollout_has_a_timeline(
    taken: list[Step], took: float, rollout: Rollout, name: str
) -> None:
    outcome = Outcome(
        ending=Ending.DONE,
        title="",
        seconds=took,
        rollout=replace(rollout, service=name),
        progress=Progress(Phase.COMPLETED, 0, 0),
        steps=tuple(taken),
    )
    drawn = timeline.picture(outcome)
    assert drawn is not None
    check(drawn)


@QUICKLY
@given(st.lists(REVISIONS, min_size=1, max_size=20), NAMES)
def test_any_history_has_a_chart(revisions: list[Revision], name: str) -> None:
    check(charted(replace(v.WEB, name=name), revisions))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, st.floats(1, 40), st.floats(0, 300), st.booleans()), max_size=5))
def test_any_text_can_be_drawn(labels: list[tuple[str, float, float, bool]]) -> None:
    from bot.render.picture.draw import draw

    shapes = tuple(
        Label(10, 10, shortened(text, 200), size, "#000000", bold, most=m)
        for text, size, m, bold in labels
    )

    assert draw(Sheet(100, 50, "#ffffff", shapes)).startswith(b"\x89PNG")
