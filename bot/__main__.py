"""The console script `swarmbot`."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import threading

import click

from bot import __version__, logs
from bot.console import configured, refuse, stored
from bot.errors import InvalidSettingError, SwarmbotError
from bot.left_out import left_out
from bot.model import Actor
from bot.signals import StopSignal
from bot.token_commands import token_group

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
    # Hardly anything of what is loaded is garbage, and looking for it costs a fifth of the start.
    gc.disable()
    settings = configured()
    logs.configure(settings.log_level, settings.log_format)
    ending = StopSignal()
    # The library of Redis would load most of it for metrics that nobody asks it for.
    with left_out("opentelemetry"):
        from bot.app import build  # noqa: PLC0415 - `check` and `--help` answer without loading all

    try:
        bot = build(settings, ending.give_up)
    except InvalidSettingError as error:
        refuse(error)
    bot.start()
    # What has been loaded stays: nobody needs to look at it again and again.
    gc.freeze()
    gc.enable()
    logging.getLogger("swarmbot").info("listens on http://%s", settings.http)
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

    sys.exit(0 if print_findings(configured()) else 1)


@main.command()
@click.option("--http", "url", metavar="URL", default="", help="Slack posts to this address")
def manifest(url: str) -> None:
    """Print the app's manifest for Slack, with the configured name of the command: for Socket Mode,
    or for HTTP."""
    from handlers.slack.manifest import app_manifest  # noqa: PLC0415 - as above

    if url and not url.startswith("https://"):
        refuse(InvalidSettingError("--http", "Slack posts to https:// addresses only"))
    print(json.dumps(app_manifest(configured().command, url), indent=2))


@main.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def send(arguments: tuple[str, ...]) -> None:
    """Send a running bot a line from CI, and end with the status of what became of it."""
    from bot.send import send_line  # noqa: PLC0415 - as above

    sys.exit(send_line(list(arguments)))


main.add_command(token_group)


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
        print("\n".join(explain_rules(configured(), Actor(user, user, frozenset(groups)), line)))
    except InvalidSettingError as error:
        refuse(error)
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
    with stored(configured()) as store:
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
    with stored(configured()) as store:
        for line in store.audit.export():
            print(line)


if __name__ == "__main__":
    main()
