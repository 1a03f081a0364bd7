"""The subcommands for the workspace: run it, type a line as a person, click a button, and read what
Slack would show.

`say` and `click` talk to a workspace that runs in another process, over its control routes on
loopback.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import click
import httpx

from bot.signals import StopSignal
from playground.bot import CHECKOUT
from playground.errors import PlaygroundError
from playground.workspace import Workspace
from playground.workspace.control import DEFAULT_PORT
from playground.workspace.guard import KEY_HEADER

FIRST_ANSWER_SECONDS = 10.0
QUIET_SECONDS = 2.5
POLL_SECONDS = 20.0
KEYS = CHECKOUT / ".dev"
"""Where terminals of the same user find the key of a running workspace."""

as_person = click.option(
    "--as", "person", default="dev", show_default=True, help="Who: dev, lead, guest or ops."
)
at_port = click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    envvar="PLAYGROUND_SLACK_PORT",
    help="Where the workspace listens.",
)
following = click.option(
    "--follow",
    type=float,
    default=0.0,
    metavar="SECONDS",
    help="Go on reading for so long, also when it is quiet.",
)


@dataclass(eq=False)
class WorkspaceAwayError(PlaygroundError):
    """No workspace answers at this address."""

    address: str
    cause: Exception

    def __str__(self) -> str:
        return f"no workspace at {self.address} ({self.cause}): run `python -m playground slack`"


@dataclass(eq=False)
class WorkspaceRefusedError(PlaygroundError):
    """The workspace does not do what was asked; `said` is why."""

    said: str

    def __str__(self) -> str:
        return self.said


class Terminal:
    """A person at a terminal, connected to a running workspace."""

    def __init__(self, port: int, person: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={KEY_HEADER: _key(port)},
            trust_env=False,
            timeout=60,
        )
        self._person = person

    def say(self, line: str, channel: str) -> int:
        """Type a line; returns the moment before it."""
        return int(
            self._ask(
                "POST", "say", json={"person": self._person, "line": line, "channel": channel}
            )["moment"]
        )

    def click(self, label: str, *, confirm: bool) -> int:
        """Click a button; returns the moment before it."""
        asked = {"person": self._person, "label": label, "confirm": confirm}
        return int(self._ask("POST", "click", json=asked)["moment"])

    def screen(self) -> str:
        """All that the person sees now."""
        return str(self._ask("GET", "screen", params={"person_name": self._person})["text"])

    def reads(self, moment: int, seconds: float) -> Iterator[dict[str, Any]]:
        """What shows up after a moment, until it is quiet; for `seconds` at least."""
        end = time.monotonic() + max(seconds, FIRST_ANSWER_SECONDS)
        while (left := end - time.monotonic()) > 0:
            asked = {"person_name": self._person, "after": moment, "wait": min(left, POLL_SECONDS)}
            answer = self._ask("GET", "changes", params=asked)
            moment = answer["seq"]
            answers = [
                change for change in answer["changes"] if change.get("author") != self._person
            ]
            yield from answers
            if answers and not seconds:
                end = time.monotonic() + QUIET_SECONDS

    def _ask(self, verb: str, route: str, **asked: Any) -> dict[str, Any]:
        try:
            response = self._client.request(verb, f"/playground/{route}", **asked)
        except httpx.HTTPError as error:
            raise WorkspaceAwayError(str(self._client.base_url), error) from error
        if response.status_code == HTTPStatus.FORBIDDEN:
            raise WorkspaceRefusedError(response.text.strip())
        body: dict[str, Any] = response.json()
        if response.is_error:
            raise WorkspaceRefusedError(body.get("error") or str(body))
        return body


def keep_key(port: int, key: str) -> None:
    """Leave the key of a run for terminals of the same user."""
    KEYS.mkdir(exist_ok=True)
    path = KEYS / f"workspace-{port}.key"
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(key)


def _key(port: int) -> str:
    path = KEYS / f"workspace-{port}.key"
    return path.read_text() if path.exists() else ""


def readable(change: dict[str, Any]) -> str:
    """A change as it is printed: where, who, how, and below it what is shown."""
    if change["what"] != "message":
        return (
            f"┌ {change['what']}\n{_indented(change['text'])}"
            if change["text"]
            else f"└ {change['what']} closed"
        )
    marks = [
        name
        for name, on in (
            ("only you", change["ephemeral"]),
            ("in thread", change["thread"]),
            ("edited", change["edited"]),
            ("deleted", change["deleted"]),
        )
        if on
    ]
    note = f" ({', '.join(marks)})" if marks else ""
    head = f"#{change['channel']} {change['author']}{note}"
    return head if change["deleted"] else f"{head}\n{_indented(change['text'])}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _print(terminal: Terminal, moment: int, seconds: float) -> None:
    for change in terminal.reads(moment, seconds):
        click.echo(readable(change))


@click.command()
@click.argument("line")
@as_person
@click.option("--channel", default="ops", show_default=True, help="A channel's name, or dm.")
@following
@at_port
def say(line: str, person: str, channel: str, follow: float, port: int) -> None:
    """Type LINE ("/swarm status", "@swarmbot help"), and print what Slack shows."""
    terminal = Terminal(port, person)
    _print(terminal, terminal.say(line, channel), follow)


@click.command("click")
@click.argument("label")
@as_person
@click.option("--cancel", is_flag=True, help="Press Cancel in the confirm dialog.")
@following
@at_port
def click_button(label: str, person: str, *, cancel: bool, follow: float, port: int) -> None:
    """Click the button LABEL on the newest message that has one, and print what Slack shows."""
    terminal = Terminal(port, person)
    _print(terminal, terminal.click(label, confirm=not cancel), follow)


@click.command()
@as_person
@at_port
def screen(person: str, port: int) -> None:
    """Print what a person sees now: messages, the open modal, the Home tab."""
    click.echo(Terminal(port, person).screen())


@click.command()
@at_port
def slack(port: int) -> None:
    """Run the workspace here until Ctrl-C; prints the environment that the bot needs."""
    ending = StopSignal()
    with Workspace(port) as workspace:
        click.echo(f"SLACK_API_URL={workspace.api_url}")
        click.echo(f"SLACK_BOT_TOKEN={workspace.bot_token}")
        click.echo(f"SLACK_APP_TOKEN={workspace.app_token}")
        keep_key(port, workspace.key)
        ending.wait()
    click.echo("the workspace is closed")


COMMANDS = (slack, say, click_button, screen)
