"""The subcommands for the playground's Swarm: up, down, status, logs."""

import subprocess
import time

import click

from playground import engines
from playground.cluster import MANAGERS, NODES, Cluster

NODE_NAMES = tuple(f"node{position}" for position in range(1, NODES + 1))
in_cluster = click.make_pass_decorator(int)


@click.command()
@click.option(
    "--swarm/--no-swarm", default=True, help="Without a Swarm: four engines that are in none."
)
@click.option(
    "--engine",
    type=click.Choice(engines.CHOICES),
    help="Another engine than the installed one; mixed: two managers of the newest.",
)
@in_cluster
def up(number: int, *, swarm: bool, engine: str | None) -> None:
    """Bring the Swarm up, or what is missing of it."""
    started = time.monotonic()
    cluster = Cluster(number)
    cluster.up(
        swarm=swarm,
        engine=engine or "",
        say=lambda step: click.echo(f"{time.monotonic() - started:5.1f} s  {step}"),
    )
    click.echo(
        f"{time.monotonic() - started:5.1f} s  ready: {MANAGERS} managers, "
        f"{NODES - MANAGERS} worker"
    )
    click.echo(f"DOCKER_HOST={cluster.nodes['node1'].url}")


@click.command()
@in_cluster
def down(number: int) -> None:
    """End and remove everything of the Swarm."""
    Cluster(number).down()
    click.echo(f"cluster {number}: gone")


@click.command()
@in_cluster
def status(number: int) -> None:
    """Show each node as it is now."""
    click.echo(Cluster(number).status())


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Go on as the log grows.")
@click.argument("node", type=click.Choice(NODE_NAMES))
@in_cluster
def logs(number: int, node: str, *, follow: bool) -> None:
    """Show the log of a node's dockerd."""
    log = Cluster(number).nodes[node].log
    if not log.exists():
        raise click.ClickException(
            f"{node} of cluster {number} has never run: `python -m playground up`"
        )
    subprocess.run(["tail", "-n", "+1", *(["-f"] if follow else []), str(log)], check=False)


COMMANDS = (up, down, status, logs)
