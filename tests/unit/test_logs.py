"""Nothing that looks like a secret is logged, whichever logger says it, and at whatever level."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.log_ids import bound, handed_on, log_ids
from bot.logs import LogFormat, OwnRecords, formatter
from bot.workers import LoggingPool

SECRET = "SWMKEY-1-q7Gm0xvYcE2wq1Zk"
FORMS: tuple[LogFormat, ...] = ("console", "json")


def record(name: str, level: int, text: str) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, text, (), None)


@pytest.mark.parametrize("name", ["swarmbot:App", "slack_bolt.App", "slack_sdk.web", "urllib3"])
def test_libraries_are_not_heard_below_a_warning(name: str) -> None:
    assert not OwnRecords().filter(record(name, logging.DEBUG, "body"))
    assert not OwnRecords().filter(record(name, logging.INFO, "body"))
    assert OwnRecords().filter(record(name, logging.WARNING, "body"))


@pytest.mark.parametrize("name", ["bot.app", "handlers.slack.socket", "jobs.watch", "swarmbot"])
def test_the_bot_itself_is_heard(name: str) -> None:
    assert OwnRecords().filter(record(name, logging.DEBUG, "ready"))


def test_the_logger_of_bolts_app_is_none_of_the_bots_own() -> None:
    app = App(
        name="swarmbot",
        client=WebClient(token="xoxb-none"),
        signing_secret="none",
        token_verification_enabled=False,
    )
    assert not OwnRecords().filter(record(app.logger.name, logging.DEBUG, "modal"))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_has_dots(form: LogFormat) -> None:
    hook = "https://hooks.slack.com/commands/T1/123/abcdef"
    with bound(command="password=hunter2222222"):
        line = formatter(form).format(record("slack_sdk", logging.WARNING, f"{SECRET} to {hook}"))
    assert SECRET[-10:] not in line
    assert "abcdef" not in line
    assert "hunter" not in line


@pytest.mark.parametrize("form", FORMS)
def test_a_traceback_has_dots_too(form: LogFormat) -> None:
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        failed = logging.LogRecord("bot", logging.ERROR, "", 1, "failed", (), sys.exc_info())
    line = formatter(form).format(failed)
    assert "Traceback" in line
    assert SECRET[-10:] not in line


def test_a_line_of_json_is_one_event_with_all_of_it() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        failed = logging.LogRecord("bot.app", logging.ERROR, "", 1, "%s ✗", ("a",), sys.exc_info())
    with bound(actor="U1", audit="17", rollout=""):
        line = formatter("json").format(failed)
    event = json.loads(line)
    assert "\n" not in line
    assert event.pop("timestamp").endswith("Z")
    assert event.pop("exception").endswith("ValueError: two\nlines")
    assert event == {
        "event": "a ✗",
        "level": "error",
        "logger": "bot.app",
        "actor": "U1",
        "audit": "17",
    }


def test_a_line_for_people_has_the_ids_and_nobody_else_s_line() -> None:
    with bound(actor="U1", approval="ab12"):
        line = formatter("console").format(
            record("bot.app", logging.INFO, "an engine says: no\n2026-01-01 [error] all is lost")
        )
    assert len(line.splitlines()) == 1
    assert "[info] an engine says: no\\n2026-01-01" in line
    assert line.endswith("[bot.app] actor=U1 approval=ab12")


def test_ids_are_of_what_is_being_done_and_of_nothing_later() -> None:
    with bound(actor="U1"):
        with bound(audit="17", approval=""):
            assert log_ids() == {"actor": "U1", "audit": "17"}
        assert log_ids() == {"actor": "U1"}
    assert log_ids() == {}


def test_the_threads_that_go_on_have_the_ids() -> None:
    seen: list[dict[str, str]] = []
    with LoggingPool(1) as pool:
        with bound(actor="U1"):
            pool.submit(lambda: seen.append(dict(log_ids()))).result()
        pool.submit(lambda: seen.append(dict(log_ids()))).result()
    with bound(actor="U2"):
        work = handed_on(lambda: seen.append(dict(log_ids())))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [{"actor": "U1"}, {}, {"actor": "U2"}]


def test_the_program_logs_in_this_way_at_every_level() -> None:
    program = (
        "import logging; from bot import logs; logs.configure('debug');"
        f"logging.getLogger('slack_sdk.web').debug('body {SECRET}');"
        f"logging.getLogger('bot.app').warning('key {SECRET}')"
    )

    written = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stderr

    assert "body" not in written
    assert "[warning] key" in written
    assert "[bot.app]" in written
    assert SECRET not in written
