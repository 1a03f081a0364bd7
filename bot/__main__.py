"""The console script `swarmbot`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import NoReturn

import click

from bot.errors import InvalidSetting
from bot.settings import Settings, load


@click.group()
def main() -> None:
    """ChatOps for Docker Swarm. Configuration: environment and swarmbot.toml, see swarmbot.example.toml."""


@main.command()
def run() -> None:
    """Run the bot until it is told to end (SIGTERM, Ctrl-C)."""
    settings = _settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("slack_bolt").setLevel(logging.WARNING)
    from bot.app import build  # noqa: PLC0415 - `check` and `--help` answer without loading all of it

    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        bot = build(settings)
    except InvalidSetting as error:
        _refuse(error)
    except OSError as error:
        _refuse(InvalidSetting("SWARMBOT_HTTP", f"{settings.http} cannot be listened on: {error.strerror}"))
    bot.start()
    logging.getLogger("swarmbot").info("ready on http://%s", settings.http)
    ending.wait()
    bot.stop()


@main.command()
def check() -> None:
    """Say what of the configuration works and what does not; exits with 1 where something is wrong."""
    from bot.check import check as run_checks  # noqa: PLC0415 - as above

    sys.exit(0 if run_checks(_settings()) else 1)


def _settings() -> Settings:
    try:
        return load()
    except InvalidSetting as error:
        _refuse(error)


def _refuse(error: InvalidSetting) -> NoReturn:
    print(f"swarmbot: {error.where}: {error.problem}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
