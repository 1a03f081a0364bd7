"""Log streams as engines send them."""

import struct
from datetime import UTC, datetime

from bot.model.cluster import LogLine
from bot.swarm.objects.logs import parse

FIRST = datetime(2026, 11, 23, 7, 47, 22, 194775, UTC)
LATER = datetime(2026, 11, 23, 7, 47, 23, tzinfo=UTC)
ORIGIN = (
    "com.docker.swarm.node.id=n{0},com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t{0}"
)
SILENCE = (
    "Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream. "
    "some logs could not be "
    "retrieved for the following reasons: node n3 is not available, node n4 is not available\n"
)


def frame(kind: int, text: str) -> bytes:
    content = text.encode()
    return struct.pack(">BxxxL", kind, len(content)) + content


def test_lines_of_all_tasks_come_in_the_order_of_time() -> None:
    stream = frame(2, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} second line\n")
    stream += frame(1, f"2026-11-23T07:47:22.194775661Z {ORIGIN.format(1)} first  line\n")
    log = parse(stream)
    assert log.lines == (
        LogLine(FIRST, "t1", "n1", "first  line"),
        LogLine(LATER, "t2", "n2", "second line"),
    )
    assert (log.silent, log.cut) == ((), False)


def test_nodes_that_did_not_answer_are_named() -> None:
    log = parse(frame(1, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} here\n") + frame(3, SILENCE))
    assert log.silent == ("n3", "n4")
    assert [line.text for line in log.lines] == ["here"]


def test_a_program_may_write_about_nodes_as_well() -> None:
    log = parse(frame(1, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} node n9 is not available\n"))
    assert (log.silent, log.lines[0].text) == ((), "node n9 is not available")


def test_the_log_of_a_terminal_has_no_frames() -> None:
    log = parse(
        (
            f"2026-11-23T07:47:23Z {ORIGIN.format(2)} one\r\n2026-11-23T07:47:23Z "
            f"{ORIGIN.format(2)} two\r\n"
        ).encode()
    )
    assert [line.text for line in log.lines] == ["one", "two"]


def test_a_stream_that_breaks_off_keeps_what_came() -> None:
    stream = frame(1, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} whole\n")
    log = parse(stream + stream[:5], cut=True)
    assert ([line.text for line in log.lines], log.cut) == (["whole"], True)


def test_an_empty_line_and_no_lines_at_all() -> None:
    assert parse(b"").lines == ()
    assert parse(frame(1, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} \n")).lines[0].text == ""


def test_text_that_is_no_utf8_is_kept_as_far_as_it_goes() -> None:
    content = f"2026-11-23T07:47:23Z {ORIGIN.format(2)} ".encode() + b"\xff\xfe!\n"
    log = parse(struct.pack(">BxxxL", 1, len(content)) + content)
    assert log.lines[0].text == "��!"


def test_a_progress_bar_stays_one_line() -> None:
    log = parse(frame(1, f"2026-11-23T07:47:23Z {ORIGIN.format(2)} 10 %\r50 %\r100 %\n"))
    assert [line.text for line in log.lines] == ["10 %\r50 %\r100 %"]
