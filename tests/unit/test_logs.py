"""Nothing that looks like a secret is logged, whichever logger says it, and at whatever level."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.logs import MaskingFormatter, OwnRecords

SECRET = "SWMKEY-1-q7Gm0xvYcE2wq1Zk"


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


def test_what_is_written_has_dots() -> None:
    hook = "https://hooks.slack.com/commands/T1/123/abcdef"
    line = MaskingFormatter("%(message)s").format(
        record("slack_sdk", logging.WARNING, f"{SECRET} to {hook}")
    )
    assert SECRET[-10:] not in line
    assert "abcdef" not in line


def test_a_traceback_has_dots_too() -> None:
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        failed = logging.LogRecord("bot", logging.ERROR, "", 1, "failed", (), sys.exc_info())
    line = MaskingFormatter("%(message)s").format(failed)
    assert "Traceback" in line
    assert SECRET[-10:] not in line


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
    assert "WARNING bot.app: key" in written
    assert SECRET not in written
