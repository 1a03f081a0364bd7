"""Lists are decoded piece by piece, whatever their pieces are, and keep what is judged alone."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.swarm.engine import json_lists
from bot.swarm.engine.json_lists import PIECE_BYTES, ListReader
from bot.swarm.spec import read
from tests.bench.simulation.swarm import SimulatedSwarm

FIELDS = {"ID": None, "Status": {"State": None}}
NAMED = ListReader(FIELDS)


def chunks(text: bytes, size: int) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def test_only_what_is_judged_is_kept() -> None:
    listed = [{"ID": "a", "Secret": [1, {"ID": "b"}], "Status": {"State": "running", "PID": 7}}]
    assert list(NAMED.members([compact(listed)])) == [{"ID": "a", "Status": {"State": "running"}}]


@pytest.mark.parametrize("text", [b"null\n", b"[]\n", b"[ ]"])
def test_an_empty_list(text: bytes) -> None:
    assert list(NAMED.members([text])) == []


def test_what_an_engine_leaves_out_or_writes_otherwise_is_left_to_the_reader() -> None:
    listed = [{"ID": "a", "Status": None}, {}]
    assert list(NAMED.members([compact(listed)])) == listed
    odd = [{"ID": 5, "Status": "well", "More": 1}]
    assert list(NAMED.members([compact(odd)])) == odd


def test_half_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="EOF"):
        list(NAMED.members([compact([{"ID": "a"}])[:-4]]))


@given(st.lists(st.text(max_size=20), max_size=30), st.integers(1, 60), st.integers(1, 90))
def test_wherever_it_is_cut(texts: list[str], size: int, enough: int) -> None:
    """The seam between two objects also stands inside of texts and deeper inside of objects."""
    listed = [
        {"ID": text + '},{"ID":"', "Inner": [{"ID": text}, {"ID": text}], "Status": {"State": "x"}}
        for text in texts
    ]
    wanted = [{"ID": raw["ID"], "Status": raw["Status"]} for raw in listed]
    reader = ListReader(FIELDS, piece=enough)
    assert list(reader.members(chunks(compact(listed), size))) == wanted


def test_reading_all_tasks_holds_a_piece_and_what_is_made_of_it() -> None:
    bodies = list(SimulatedSwarm(100).tasks({}))
    body = b"[" + b",".join(bodies) + b"]\n"
    tracemalloc.start()
    try:
        tasks = tuple(map(read.task, json_lists.TASKS.members(chunks(body, PIECE_BYTES))))
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tasks == tuple(read.task(json.loads(body)) for body in bodies)
    assert kept / len(tasks) < 700, "bytes a task"
    assert peak - kept < 6 * PIECE_BYTES
