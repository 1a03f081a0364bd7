"""The subcommand `demo`: Swarm, workspace and bot on this machine, a deploy that ends well and one that does not.

It stays up for more until Ctrl-C, and takes all of it down again.
"""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import click

from playground.bot import CHECKOUT, Bot
from playground.cluster import Cluster
from playground.errors import PlaygroundError
from playground.processes import wait_until
from playground.say import Terminal, readable
from playground.workspace import Workspace
from playground.workspace.control import DEFAULT_PORT

NEEDED = ("dockerd", "docker", "docker-registry", "redis-server", "ip", "iptables")
BOT_PORT = 8090
SEED_SECONDS = 60.0
SHOW_SECONDS = 120.0
GOOD_DEPLOY = "/swarm deploy web {image} --parallelism 2 --delay 1s"
BAD_DEPLOY = "/swarm deploy api {image}"


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
        return ("--detach", "--quiet", "--name", self.name, "--replicas", str(self.replicas), *short, *stack)


SEEDS = (Seed("web", 4), Seed("api", 2), Seed("shop_front", 2, "shop"), Seed("shop_db", 1, "shop"))


@dataclass(eq=False)
class PortTakenError(PlaygroundError):
    """Somebody listens already where the demo wants to; `option` chooses another port."""

    port: int
    option: str

    def __str__(self) -> str:
        return (
            f"port {self.port} of this machine is taken: end what listens there, or choose another with {self.option}"
        )


@dataclass(eq=False)
class MachineLacksError(PlaygroundError):
    """What the demo needs from the machine and does not have."""

    what: str

    def __str__(self) -> str:
        return f"the demo needs {self.what}"


class Steps:
    """Says each step with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, step: str) -> None:
        click.echo(f"{time.monotonic() - self._started:5.1f} s  {step}")


@click.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Where the Slack workspace listens.")
@click.option("--bot-port", default=BOT_PORT, show_default=True, help="Where the bot answers /healthz and /readyz.")
@click.pass_obj
def demo(number: int, port: int, bot_port: int) -> None:
    """Show a deploy from Slack on a Swarm of this machine, and stay up until Ctrl-C."""
    _check_machine()
    _check_port(port, "--port")
    _check_port(bot_port, "--bot-port")
    with _until_told_to_end(), ExitStack() as undo:
        _run(number, port, bot_port, undo)


def _run(number: int, port: int, bot_port: int, undo: ExitStack) -> None:
    say, cluster = Steps(), Cluster(number)
    undo.callback(cluster.down)
    undo.callback(say, "Swarm: removing it")
    cluster.up(say=say)
    cluster.reset()
    workspace = Workspace(port).start()
    undo.callback(workspace.stop)
    say(f"Slack: a workspace on port {port}, with dev, lead, guest and ops in #ops")
    bot = Bot(CHECKOUT / ".dev" / f"demo-{number}", bot_port)
    undo.callback(bot.stop)
    undo.callback(say, "bot: stopping it")
    bot.start(workspace, [node for node in cluster.nodes.values() if node.is_manager])
    say(f"bot: {bot.url}/readyz says ready, log in {bot.log.relative_to(CHECKOUT)}")
    _seed(cluster, say)
    _show(Terminal(port, "dev"), cluster, say)
    click.echo(_how_to_go_on(cluster, port))
    while True:
        bot.check()
        time.sleep(1)


def _check_machine() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise MachineLacksError("root on Linux, to make network namespaces and to run Docker engines in them")
    missing = [
        program for program in NEEDED if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None
    ]
    if missing:
        raise MachineLacksError(f"{', '.join(missing)} on this machine: `make machine` installs what is missing")


def _check_port(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(port, option) from error


@contextmanager
def _until_told_to_end() -> Iterator[None]:
    """Ctrl-C, a closed terminal and SIGTERM end what is within; a second one cannot break off the tidying up."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(_number: int, _frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, end)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("all of it is gone")


def _seed(cluster: Cluster, say: Steps) -> None:
    for seed in SEEDS:
        cluster.docker("service", "create", *seed.flags, cluster.image("web:v1"))

    def all_run() -> bool:
        listed = cluster.docker("service", "ls", "--format", "{{.Name}} {{.Replicas}}").splitlines()
        return set(listed) == {f"{seed.name} {seed.replicas}/{seed.replicas}" for seed in SEEDS}

    wait_until(all_run, "the services run", SEED_SECONDS, lambda: cluster.docker("service", "ls"))
    say(f"services: {', '.join(seed.name for seed in SEEDS)}, with the image web:v1")


def _show(dev: Terminal, cluster: Cluster, say: Steps) -> None:
    say("a deploy that goes well")
    _type(dev, GOOD_DEPLOY.format(image=cluster.image("web:v2")), "is on")
    say("a deploy that does not, and is rolled back")
    _type(dev, BAD_DEPLOY.format(image=cluster.image("web:broken")), "rolled back")
    say("the demo is up")


def _type(person: Terminal, line: str, ending: str) -> None:
    """Type a line in #ops and print all that shows up, until one says `ending`."""
    click.echo(f"\n#ops dev\n  {line}")
    for change in person.reads(person.say(line, "ops"), SHOW_SECONDS):
        click.echo(readable(change))
        if ending in change["text"]:
            break
    click.echo()


def _how_to_go_on(cluster: Cluster, port: int) -> str:
    at = "" if port == DEFAULT_PORT else f" --port {port}"
    type_ = f"  .venv/bin/python -m playground say{at}"
    return f"""
Go on in another terminal:
{type_} "/swarm status"
{type_} "/swarm service ps web"
{type_} "/swarm rollback web"
{type_} --follow 30 "/swarm deploy web {cluster.image("web:sick")} --failure-action pause"
  .venv/bin/python -m playground click{at} "Roll back"
  DOCKER_HOST={cluster.nodes["node1"].url} docker service ls
Images: {cluster.image("web:")}v1, v2, plain, slow, sick, broken, arm. Ctrl-C here ends all of it."""


COMMANDS = (demo,)
