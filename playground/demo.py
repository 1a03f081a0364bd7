"""The subcommand `demo`: Swarm, workspace and bot on this machine, with a page in the browser to
try it all.

It stays up until Ctrl-C, and takes all of it down again.
"""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from docker import APIClient
from docker.errors import DockerException
from requests import RequestException

from playground.bot import CHECKOUT, Bot, Engine
from playground.cluster import Cluster
from playground.errors import PlaygroundError
from playground.page import Page
from playground.page.swarm import Panel
from playground.page.tour import Step, Tour, steps, steps_elsewhere
from playground.processes import wait_until
from playground.say import keep_key
from playground.workspace import Workspace
from playground.workspace.control import DEFAULT_PORT
from playground.workspace.model import Change

NEEDED = ("dockerd", "docker", "docker-registry", "redis-server", "ip", "iptables")
BOT_PORT = 8090
SEED_SECONDS = 60.0
ENGINE_SECONDS = 5


@dataclass(frozen=True)
class Seed:
    """A service that is there from the start; `stack` is the stack that it belongs to."""

    name: str
    replicas: int
    stack: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Short times, so that a rollout takes seconds."""
        stack = ("--label", f"com.docker.stack.namespace={self.stack}") if self.stack else ()
        short = ("--stop-grace-period", "1s", "--update-monitor", "2s")
        return (
            "--detach",
            "--quiet",
            "--name",
            self.name,
            "--replicas",
            str(self.replicas),
            *short,
            *stack,
        )


SEEDS = (Seed("web", 4), Seed("api", 2), Seed("shop_front", 2, "shop"), Seed("shop_db", 1, "shop"))


@dataclass(eq=False)
class PortTakenError(PlaygroundError):
    """Somebody listens already where the demo wants to; `option` chooses another port."""

    port: int
    option: str

    def __str__(self) -> str:
        return (
            f"port {self.port} of this machine is taken: end what listens there, or choose "
            f"another with {self.option}"
        )


@dataclass(eq=False)
class MachineLacksError(PlaygroundError):
    """What the demo needs from the machine and does not have."""

    missing: str

    def __str__(self) -> str:
        return f"the demo needs {self.missing}"


@dataclass(eq=False)
class NoSwarmError(PlaygroundError):
    """The engine that was named is of no use here; `why` is what is the matter with it."""

    url: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.url} {self.why}: name a manager of your Swarm, or leave ENGINE out for a "
            "Swarm of the demo's own"
        )


@dataclass(frozen=True)
class Existing:
    """A manager of a Swarm that was there before."""

    url: str
    name: str


class Steps:
    """Says each step with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, step: str) -> None:
        click.echo(f"{time.monotonic() - self._started:5.1f} s  {step}")


@click.command()
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    help="Where the page and the Slack workspace listen.",
)
@click.option(
    "--bot-port",
    default=BOT_PORT,
    show_default=True,
    help="Where the bot answers /healthz and /readyz.",
)
@click.option(
    "--engine", default="", metavar="URL", help="A manager of a Swarm that is there already."
)
@click.pass_obj
def demo(number: int, port: int, bot_port: int, engine: str) -> None:
    """Show the bot at work in a browser, on a Swarm of this machine, and stay up until Ctrl-C."""
    if not engine:
        check_machine(os.geteuid())
    existing = _existing(engine) if engine else None
    _check_port(port, "--port")
    _check_port(bot_port, "--bot-port")
    with _until_told_to_end(), ExitStack() as undo:
        say = Steps()
        if existing:
            say(f"Swarm: the one of {existing.name}, as it is")
            shown = _Shown([existing], Panel([existing.url]), steps_elsewhere())
        else:
            shown = _own_swarm(number, say, undo)
        _serve(number, (port, bot_port), shown, say, undo)


@dataclass(frozen=True)
class _Shown:
    """What the page shows beside the chat, and the managers that the bot is told of."""

    managers: Sequence[Engine]
    panel: Panel
    steps: Sequence[Step]


def _own_swarm(number: int, say: Steps, undo: ExitStack) -> _Shown:
    cluster = Cluster(number)
    undo.callback(cluster.down)
    undo.callback(say, "Swarm: removing it")
    cluster.up(say=say)
    cluster.reset()
    _seed(cluster, say)
    managers = [node for node in cluster.nodes.values() if node.is_manager]
    return _Shown(managers, Panel.of(cluster), steps(cluster.image))


def _serve(number: int, ports: tuple[int, int], shown: _Shown, say: Steps, undo: ExitStack) -> None:
    port, bot_port = ports
    workspace = Workspace(port)
    _open_page(workspace, shown)
    undo.callback(workspace.start().stop)
    keep_key(port, workspace.key)
    say(f"Slack: a workspace on port {port}, with #ops, #alerts, and four people")
    bot = Bot(CHECKOUT / ".dev" / f"demo-{number}", bot_port)
    undo.callback(bot.stop)
    undo.callback(say, "bot: stopping it")
    bot.start(workspace, shown.managers)
    say(f"bot: ready, log in {bot.log.relative_to(CHECKOUT)}")
    click.echo(
        f"\nThe demo is up. Open this in a browser:\n\n    {workspace.page_url}\n\nCtrl-C here "
        "ends all of it."
    )
    while True:
        bot.check()
        time.sleep(1)


def _open_page(workspace: Workspace, shown: _Shown) -> None:
    """The chat, and beside it the Swarm and the tour, which follows both."""
    tour = Tour(shown.steps, workspace.state)
    page = Page(workspace, shown.panel)

    def heard(change: Change) -> None:
        tour.hears(change)
        page.tell("tour", tour.shown())

    def seen(picture: dict[str, Any]) -> None:
        tour.sees(picture)
        page.tell("swarm", picture)
        page.tell("tour", tour.shown())

    page.mount(heard)
    page.tell("tour", tour.shown())
    shown.panel.watch(page.viewers.any, seen)


def _existing(url: str) -> Existing:
    """A manager that was there before; raises NoSwarmError."""
    try:
        with APIClient(url, version="auto", timeout=ENGINE_SECONDS) as api:
            info = api.info()
    except (DockerException, RequestException) as error:
        raise NoSwarmError(url, "does not answer") from error
    if not info.get("Swarm", {}).get("ControlAvailable"):
        state = str(info.get("Swarm", {}).get("LocalNodeState", "inactive"))
        raise NoSwarmError(
            url, "is a worker" if state == "active" else f"is no manager (its Swarm is {state})"
        )
    return Existing(url, str(info.get("Name") or "engine"))


def check_machine(user: int, needed: Sequence[str] = NEEDED) -> None:
    """Raise MachineLacksError where `user` or this machine cannot have a Swarm of the demo's
    own."""
    if sys.platform != "linux" or user != 0:
        raise MachineLacksError(
            "root on Linux, to make network namespaces and to run Docker engines in them"
        )
    missing = [
        program
        for program in needed
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None
    ]
    if missing:
        raise MachineLacksError(
            f"{', '.join(missing)} on this machine: `make machine` installs what is missing"
        )


def _check_port(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(port, option) from error


@contextmanager
def _until_told_to_end() -> Iterator[None]:
    """Ctrl-C, a closed terminal and SIGTERM end what is within; a second one cannot break off the
    tidying up."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(_number: int, _frame: object) -> None:
        for signal_number in signals:
            signal.signal(signal_number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for signal_number in signals:
        signal.signal(signal_number, end)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("all of it is gone")


def _seed(cluster: Cluster, say: Callable[[str], None]) -> None:
    for seed in SEEDS:
        cluster.docker("service", "create", *seed.flags, cluster.image("web:v1"))
    wait_until(
        partial(_all_run, cluster),
        "the services run",
        SEED_SECONDS,
        lambda: cluster.docker("service", "ls"),
    )
    say(f"services: {', '.join(seed.name for seed in SEEDS)}, with the image web:v1")


def _all_run(cluster: Cluster) -> bool:
    listed = cluster.docker("service", "ls", "--format", "{{.Name}} {{.Replicas}}").splitlines()
    return set(listed) == {f"{seed.name} {seed.replicas}/{seed.replicas}" for seed in SEEDS}


COMMANDS = (demo,)
