"""CI of the stories: a role for it, a token, and a build machine whose shell runs what docs/ci
says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground.node import Node
from tests import ci_docs
from tests.ci_docs import Step
from tests.scenario.prefork import ran
from tests.scenario.running import RunningBot

Done = subprocess.CompletedProcess[str]

CI = """
[[roles]]
name = "ci"
ci = true
"""
RULE = """
[[rules]]
commands = ["service update", "service ls"]
services = [{services}]
ask = ["operator", "ci"]
{approval}
"""
LEAD = """
[[roles]]
name = "lead"
users = ["{lead}"]
"""


def lets_ci_in(bot: RunningBot, *services: str, lead: str = "") -> RunningBot:
    """The same bot, not started yet, with rules that let CI change these services: at once, or
    once the person with the id `lead` approved."""
    approval = 'approve = ["lead"]' if lead else ""
    names = ", ".join(f'"{name}"' for name in services)
    head, first, rest = bot.config.partition("\n[[rules]]")
    roles = CI if 'name = "ci"' not in head else ""
    roles += LEAD.format(lead=lead) if lead else ""
    bot.config = head + roles + RULE.format(services=names, approval=approval) + first + rest
    return bot


def token_of(bot: RunningBot, name: str, services: str) -> str:
    """A new token, as `swarmbot token create` prints it."""
    words = ("token", "create", name, "--role", "ci", "--services", services, "--expires", "1d")
    ended, said = ran(words, bot.variables(), seconds=60)
    assert ended == 0, said
    shown = re.search(r"\bswb_\S+", said)
    assert shown, said
    return shown[0]


@dataclass(frozen=True)
class BuildMachine:
    """A machine with Docker, a checkout of the shop, and a token."""

    bot: RunningBot
    engine: Node
    folder: Path
    token: str

    @classmethod
    def new(cls, bot: RunningBot, engine: Node, folder: Path, services: str) -> BuildMachine:
        """One whose token is for these services."""
        return cls(bot, engine, ci_docs.checkout(folder), token_of(bot, "jenkins-shop", services))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.bot.port}"

    def runs(self, step: Step, **variables: str) -> Done:
        """Run a step to its end."""
        return step.at(self.url, self.engine.registry).run(
            self.folder, {**self._environment, **variables}
        )

    @contextmanager
    def running(self, step: Step, **variables: str) -> Iterator[Future[Done]]:
        """A step that runs meanwhile; it has ended at the end of the block."""
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(lambda: self.runs(step, **variables))

    def writes_dockerfile(self, base: str, version: str) -> None:
        """That of the shop: the playground's web server with another version."""
        (self.folder / "Dockerfile").write_text(f"FROM {base}\nENV VERSION={version}\n")

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "DOCKER_HOST": self.engine.url,
            "DOCKER_BUILDKIT": "0",
            "BUILD_NUMBER": "418",
            "BUILD_URL": "https://jenkins.example.com/job/shop/418/",
            "BUILD_TAG": "jenkins-shop-418",
            "SWARMBOT_URL": self.url,
            "SWARMBOT_TOKEN": self.token,
        }
