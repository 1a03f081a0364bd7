"""The command line of the playground: `python -m playground …`.

A subcommand is a click command in a module of its own; it is added here, in one line.
"""

import click

from playground import demo, say, swarm_commands
from playground.errors import PlaygroundError


@click.group()
@click.option(
    "--number",
    type=click.IntRange(1, 254),
    default=99,
    show_default=True,
    envvar="PLAYGROUND_NUMBER",
    show_envvar=True,
    help="Which cluster; the third machine of number 99 is 10.99.0.3.",
)
@click.pass_context
def cli(context: click.Context, number: int) -> None:
    """A Docker Swarm and a Slack workspace on this machine, to try the bot and to test it."""
    context.obj = number


for command in (*swarm_commands.COMMANDS, *say.COMMANDS, *demo.COMMANDS):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an error of the playground is one line on stderr and status 1."""
    try:
        cli(prog_name="python -m playground")
    except PlaygroundError as error:
        raise SystemExit(f"playground: {error}") from error


if __name__ == "__main__":
    main()
