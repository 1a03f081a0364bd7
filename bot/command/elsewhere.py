"""What Docker's own command line has and the bot has not: commands and flags, each with the reason.

Nothing of `docker … --help` is unknown here: it is understood, or answered with why not and what is
right instead. A command that the bot has counts before this table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FILE = "it names a file of your machine, which a line in Slack cannot carry"
"""The reason of a flag, as the following are."""
OTHER_ORCHESTRATOR = "it chose between Swarm and Kubernetes, and Docker dropped it; leave it out"
ENGINES_CONTAINERS = "it is for the containers of one engine; `ps` lists the tasks of services"

_CONTAINERS = "is about the containers of one engine, and here the Swarm is asked"
_IMAGES = "is about the images of one engine; Swarm pulls on each node what a service needs there"
_ENGINE = "is about one engine, and here the Swarm is asked"
_FILE = "reads a file of your machine, which a line in Slack cannot carry; send it from a manager"
_CONTENT = "would have its content stand in Slack; send it from a manager"
_STORED = "is left to who sits at a manager; `stack rm` removes what belongs to a stack"


@dataclass(frozen=True, slots=True)
class NotHere:
    """Why the bot does not take a command of Docker's (completes "`docker …` …"), and a line to
    send instead; empty where there is none."""

    why: str
    right: str = ""


_TABLE: tuple[tuple[str, str, str], ...] = (
    (
        "ps, container ls, container list, container ps",
        "lists the containers of one engine; a Swarm has tasks, and `ps SERVICE` lists them",
        "node ps",
    ),
    ("run, container run, container create", _CONTAINERS, "service create --name NAME IMAGE"),
    ("restart, container restart", _CONTAINERS, "service update --force SERVICE"),
    ("stop, kill, container stop, container kill", _CONTAINERS, "service scale SERVICE=0"),
    ("start, container start", _CONTAINERS, "service scale SERVICE=1"),
    ("container rm", _CONTAINERS, "service rm SERVICE"),
    ("container logs", _CONTAINERS, "service logs SERVICE"),
    ("container inspect", _CONTAINERS, "inspect TASK"),
    ("container, attach, commit, cp, diff, exec, export, pause, port", _CONTAINERS, "node ps"),
    ("rename, stats, top, unpause, wait", _CONTAINERS, "node ps"),
    ("images, image ls, image list, image inspect, image history", _IMAGES, "service ls"),
    ("pull, image pull", _IMAGES, "deploy SERVICE IMAGE"),
    ("build, import, load, push, rmi, save, search, tag, buildx, builder", _IMAGES, ""),
    ("manifest, trust, image build, image import, image load, image prune", _IMAGES, ""),
    ("image push, image rm, image remove, image save, image tag", _IMAGES, ""),
    ("checkpoint, compose, context, plugin, volume, system df, system prune", _ENGINE, "doctor"),
    ("completion", "is for your own shell", "help"),
    ("version", _ENGINE, "node ls"),
    ("login, logout", "belongs into the bot's configuration file", "doctor"),
    ("events, system events", "has no end; what matters of it is posted as alerts", "alerts"),
    ("stack deploy, stack up, stack config", _FILE, "stack services STACK"),
    ("secret create", _CONTENT, "secret ls"),
    ("config create", _CONTENT, "config ls"),
    ("secret rm, secret remove", _STORED, "secret ls"),
    ("config rm, config remove", _STORED, "config ls"),
    ("network connect", _CONTAINERS, "service update --network-add NETWORK SERVICE"),
    ("network disconnect", _CONTAINERS, "service update --network-rm NETWORK SERVICE"),
    ("network prune", "would remove what nobody has named", "network rm NETWORK"),
)

COMMANDS: Mapping[str, NotHere] = {
    name: NotHere(why, right) for names, why, right in _TABLE for name in names.split(", ")
}
"""Commands of Docker's by their names."""


def named(words: Sequence[str]) -> tuple[str, NotHere] | None:
    """The command of Docker's that the words begin with, and why it is not here.

    None for what Docker has not either.
    """
    for count in (2, 1):
        name = " ".join(words[:count]).lower()
        if name in COMMANDS:
            return name, COMMANDS[name]
    return None
