"""The console script `swarmbot`."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from bot import __version__, logs
from bot.errors import InvalidSettingError, StoreUnavailableError, SwarmbotError
from bot.model import Actor
from bot.settings import Settings, load
from bot.signals import StopSignal

if TYPE_CHECKING:
    from bot.store.store import Store


END_WITHIN = 60.0
"""Seconds that a bot which gives up has to end in good order."""


@click.group()
@click.version_option(__version__, prog_name="swarmbot")
def main() -> None:
    """ChatOps for Docker Swarm. Configuration: environment and swarmbot.toml, see
    swarmbot.example.toml."""


@main.command()
def run() -> None:
    """Run the bot until it is told to end (SIGTERM, Ctrl-C)."""
    settings = _settings()
    logs.configure(settings.log_level)
    ending = StopSignal()
    from bot.app import build  # noqa: PLC0415 - `check` and `--help` answer without loading all of it

    try:
        bot = build(settings, ending.give_up)
    except InvalidSettingError as error:
        _refuse(error)
    bot.start()
    logging.getLogger("swarmbot").info("ready on http://%s", settings.http)
    ending.wait()
    if ending.given_up:
        # What holds the bot may hold its end as well.
        timer = threading.Timer(END_WITHIN, os._exit, (1,))
        timer.daemon = True
        timer.start()
    bot.stop()
    sys.exit(1 if ending.given_up else 0)


@main.command()
def check() -> None:
    """Say what of the configuration works and what does not; exits with 1 where something is
    wrong."""
    from bot.check import print_findings  # noqa: PLC0415 - as above

    sys.exit(0 if print_findings(_settings()) else 1)


@main.command()
@click.option("--http", "url", metavar="URL", default="", help="Slack posts to this address")
def manifest(url: str) -> None:
    """Print the app's manifest for Slack, with the configured name of the command: for Socket Mode,
    or for HTTP."""
    from handlers.slack.manifest import app_manifest  # noqa: PLC0415 - as above

    if url and not url.startswith("https://"):
        _refuse(InvalidSettingError("--http", "Slack posts to https:// addresses only"))
    print(json.dumps(app_manifest(_settings().command, url), indent=2))


@main.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def send(arguments: tuple[str, ...]) -> None:
    """Send a running bot a line from CI, and end with the status of what became of it."""
    from bot.send import send_line  # noqa: PLC0415 - as above

    sys.exit(send_line(list(arguments)))


@main.group()
def rules() -> None:
    """Look at the rules of the configuration."""


@rules.command("explain")
@click.argument("user")
@click.argument("line")
@click.option("--group", "groups", multiple=True, help="id of a user group that they are in")
def explain_line(user: str, line: str, groups: tuple[str, ...]) -> None:
    """Say which rule decides about LINE of USER (an id), and why."""
    from bot.check import explain_rules  # noqa: PLC0415 - as above
    from bot.render.errors.explain import explain  # noqa: PLC0415 - as above

    try:
        print("\n".join(explain_rules(_settings(), Actor(user, user, frozenset(groups)), line)))
    except InvalidSettingError as error:
        _refuse(error)
    except SwarmbotError as error:
        print(explain(error).text, file=sys.stderr)
        sys.exit(2)


@main.group()
def audit() -> None:
    """Prove and export the audit. With the bot's own Redis it works while the bot runs, and while
    it does not."""


@audit.command()
def verify() -> None:
    """Say whether any entry was changed, added or removed; exits with 1 where one was."""
    with _store() as store:
        verdict = store.audit.checker.verify()
        missing = store.audit.checker.missing()
    if missing:
        print(
            f"entry {missing.entries} with the hash {missing.hash}, which the bot had noted, is "
            "gone: the audit was cut, rewritten or emptied"
        )
    bare = verdict.unsigned == verdict.entries > 0 and not verdict.anchored
    if verdict.unsigned:
        print(
            f"the first {verdict.unsigned} are not signed with this key: they were written before "
            "entries were signed, or before the key was changed"
            + ("; nothing but their hashes speaks for them" if bare else "")
        )
    if verdict.ok:
        print(
            f"{verdict.entries} entries, none was changed; the newest has the hash "
            f"{verdict.head or 'none'}"
        )
    else:
        print(
            f"entry {verdict.broken} was changed, added or removed; the {verdict.entries} before "
            "it are whole"
        )
    sys.exit(0 if verdict.ok and not missing and not bare else 1)


@audit.command()
def export() -> None:
    """Write every entry as a line of JSON, the oldest first, each with its hash and the one
    before."""
    with _store() as store:
        for line in store.audit.export():
            print(line)


@contextmanager
def _store() -> Iterator[Store]:
    """The configured Redis for as long as the block runs; ends the program in words where it is
    away."""
    from bot.store.anchor import AnchorFile  # noqa: PLC0415 - as above
    from bot.store.embedded import Embedded  # noqa: PLC0415 - `run` decides for itself when to load what
    from bot.store.keys import Keys  # noqa: PLC0415 - as above
    from bot.store.store import Store  # noqa: PLC0415 - as above

    settings = _settings()
    redis = Embedded(settings.data / "redis")
    try:
        store = Store.connect(
            settings.redis_url.get_secret_value() if settings.redis_url else redis.start(),
            Keys.load(settings.key_file, settings.data),
            anchor=AnchorFile.under(settings.data),
        )
        yield store
        store.close()
    except InvalidSettingError as error:
        _refuse(error)
    except StoreUnavailableError as away:
        _refuse(InvalidSettingError("REDIS_URL", f"Redis does not answer: {away.reason}"))
    finally:
        redis.stop()


def _settings() -> Settings:
    try:
        return load()
    except InvalidSettingError as error:
        _refuse(error)


def _refuse(error: InvalidSettingError) -> NoReturn:
    print(f"swarmbot: {error.where}: {error.problem}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
