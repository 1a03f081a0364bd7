"""Pictures on their way out: drawn after the message was said, in a process of their own, and never
in its way."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from bot.model import File, Message, Place
from bot.model.picture import Align, Box, Label, Line, Mark, Sheet, Sign
from bot.poster import Calls, Drawing, DrawingError, Pace, Poster
from tests.unit.slack_stub import Events, SlackStub

SHEET = Sheet(
    120,
    60,
    "#ffffff",
    (
        Box(1, 1, 50, 20, "#f6f8fa", "#d0d7de", 4, dashed=True),
        *(Sign(10 + 12 * n, 40, 5, mark, "#1a7f37") for n, mark in enumerate(Mark)),
        Line(0, 55, 120, 55, "#59636e", dashed=True),
        Label(60, 10, "node1", 12, "#1d2530", align=Align.CENTER, most=40),
    ),
)
PICTURE = File("map.png", SHEET, "Swarm", "one node")
PACE = Pace(first_retry=0.02, last_retry=0.1, idle=0.2)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackStub]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with SlackStub() as stub:
        yield stub


class Brush:
    """Draws when it is let, as often as it is asked, and fails on demand."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.fails = False

    def __call__(self, sheet: Sheet) -> bytes:
        assert sheet == SHEET
        assert self.may.wait(5)
        if self.fails:
            raise DrawingError("status 1: no colours left")
        return b"\x89PNG of a node"


@pytest.fixture
def brush() -> Iterator[Brush]:
    brush = Brush()
    yield brush
    brush.may.set()


def poster_for(slack: SlackStub, brush: Brush, events: Events) -> Poster:
    client = WebClient(token="xoxb-secret-token", base_url=slack.url, timeout=1, retry_handlers=[])
    return Poster(Calls(client), pace=PACE, on_event=events, draw=brush)


def test_the_message_and_what_comes_after_do_not_wait_for_the_picture(
    slack: SlackStub, brush: Brush
) -> None:
    poster = poster_for(slack, brush, Events())
    first = poster.post("C1", Message("end", (), (PICTURE,)))
    assert first.wait(5)
    assert poster.post("C1", Message("next")).wait(5)
    poster.answer(Place("C1", response_url=slack.respond_url), "U1", Message("map", (), (PICTURE,)))
    assert not poster.flush(0.3), "pictures are still to be drawn"
    assert slack.files == []

    brush.may.set()
    assert poster.flush(5)
    poster.stop()
    shared = {
        heard.args["channel_id"]: heard.args.get("thread_ts")
        for heard in slack.calls("files.completeUploadExternal")
    }
    assert shared.pop("C1") == "1.0", "into the message's thread"
    assert list(shared.values()) == [None], "to who asked, directly"
    assert [heard.args["alt_txt"] for heard in slack.calls("files.getUploadURLExternal")] == [
        "one node"
    ] * 2
    assert all(b"\x89PNG of a node" in raw for raw in slack.files)


def test_a_picture_that_cannot_be_drawn_is_logged_and_that_is_all(
    slack: SlackStub, brush: Brush, caplog: pytest.LogCaptureFixture
) -> None:
    events = Events()
    poster = poster_for(slack, brush, events)
    brush.fails = True
    brush.may.set()
    with caplog.at_level(logging.ERROR):
        poster.post("C1", Message("end", (), (PICTURE,)))
        assert poster.flush(5)
    poster.stop()

    assert "map.png could not be drawn" in caplog.text
    assert slack.files == []
    assert [heard.args["text"] for heard in slack.calls("chat.postMessage")] == ["end"]


def test_after_the_end_nothing_is_drawn(slack: SlackStub, brush: Brush) -> None:
    poster = poster_for(slack, brush, Events())
    brush.may.set()
    poster.stop()
    poster.answer(Place("C1"), "U1", Message("map", (), (PICTURE,)))

    assert poster.flush(2)
    assert slack.files == []


# ---- the process


def test_a_sheet_becomes_a_png() -> None:
    assert Drawing()(SHEET).startswith(b"\x89PNG\r\n\x1a\n")


def test_the_process_knows_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret-token")

    assert "SLACK_BOT_TOKEN" not in Drawing().environment()
    assert "xoxb-secret-token" not in Drawing().environment().values()


def test_what_cannot_be_drawn_says_why() -> None:
    with pytest.raises(DrawingError, match="status 1"):
        Drawing()(Sheet(10, 10, "no colour", ()))


def test_the_bot_loads_what_makes_pictures_with_the_first_one() -> None:
    ask = (
        "import sys, bot.app; print([name for name in sys.modules if "
        "name.startswith('bot.render.picture')])"
    )

    process = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    )

    assert process.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["bot.app", "bot.render.map_message", "handlers.commands"])
def test_the_bot_itself_never_loads_what_draws(module: str) -> None:
    ask = f"import sys, {module}; print(sorted({{'PIL'}} & set(sys.modules)))"

    process = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    )

    assert process.stdout.strip() == "[]"
