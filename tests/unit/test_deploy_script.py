"""`deploy.sh`, with a program in the place of Docker's CLI that says what it was given."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKER = '#!/bin/sh\necho "$@"\nenv | grep -E "^(SWARMBOT_|REDIS_|SLACK_|DOCKER_GID)" | sort\n'


@dataclass(frozen=True)
class Operator:
    """Somebody with a folder."""

    folder: Path

    def writes(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def runs(self, *arguments: str) -> tuple[int, str]:
        programs = f"{self.folder}/bin:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", str(self.folder / "deploy.sh"), *arguments],
            env={"PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout or done.stderr

    def deploys(self, files: str = "-c compose.yaml") -> dict[str, str]:
        """The variables that `docker stack deploy` got, with these files."""
        status, said = self.runs()
        assert status == 0, said
        line, *variables = said.splitlines()
        assert line == f"stack deploy --with-registry-auth {files} swarmbot"
        return dict(variable.split("=", 1) for variable in variables)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    shutil.copy(ROOT / "deploy.sh", tmp_path)
    operator = Operator(tmp_path)
    operator.writes("bin/docker", DOCKER)
    (tmp_path / "bin/docker").chmod(0o700)
    return operator


@pytest.fixture
def ready(operator: Operator) -> Operator:
    operator.writes("secrets/slack_bot_token", "xoxb-1\n")
    operator.writes("secrets/slack_app_token", "xapp-1\n")
    operator.writes("swarmbot.toml", 'channel = "C1"\n')
    operator.writes(".env", "SWARMBOT_IMAGE=registry/swarmbot:1\nDOCKER_GID=998\n")
    return operator


def test_what_is_missing_is_said_with_what_to_do(operator: Operator) -> None:
    for text, name, content in (
        ("secrets/slack_bot_token", "secrets/slack_bot_token", "xoxb-1"),
        ("secrets/slack_app_token", "secrets/slack_app_token", "xapp-1"),
        ("swarmbot.example.toml", "swarmbot.toml", "# nothing"),
        ("SWARMBOT_IMAGE=", ".env", "SWARMBOT_IMAGE=registry/swarmbot:1\n"),
        ("DOCKER_GID=", ".env", "SWARMBOT_IMAGE=registry/swarmbot:1\nDOCKER_GID=998\n"),
    ):
        status, said = operator.runs()
        assert status == 1
        assert text in said
        operator.writes(name, content)
    assert operator.runs()[0] == 0


def test_whatever_changed_has_another_name_and_nothing_else_has(ready: Operator) -> None:
    first = ready.deploys()
    assert first["SWARMBOT_IMAGE"] == "registry/swarmbot:1"
    assert first["DOCKER_GID"] == "998"
    assert ready.deploys() == first, "the same again changes nothing"

    ready.writes("swarmbot.toml", 'channel = "C2"\n')
    ready.writes("secrets/slack_bot_token", "xoxb-2\n")

    second = ready.deploys()
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"SWARMBOT_TOML", "SLACK_BOT_TOKEN_SECRET"}


def test_secrets_are_made_once_and_redis_gets_the_hash_of_its_password(ready: Operator) -> None:
    assert ready.runs("secrets") == (0, "")
    folder = ready.folder / "secrets"
    url = (folder / "redis_url").read_text().strip()
    password = url.removeprefix("redis://swarmbot:").removesuffix("@redis:6379/0")
    users = (folder / "redis_users").read_text()

    assert len(password) == 64
    assert hashlib.sha256(password.encode()).hexdigest() in users
    assert password not in users
    assert len((folder / "swarmbot_key").read_text()) == 64
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    ready.runs("secrets")
    assert (folder / "redis_url").read_text().strip() == url


def test_the_users_of_an_older_installation_lose_no_transaction_any_more(ready: Operator) -> None:
    assert ready.runs("secrets") == (0, "")
    users = ready.folder / "secrets/redis_users"
    of_today = users.read_text()
    users.write_text(of_today.replace("user default off ~* &* +@all", "user default off"))

    ready.deploys()

    assert users.read_text() == of_today


def test_what_an_installation_has_of_its_own_is_deployed_with_the_rest(ready: Operator) -> None:
    ready.deploys()
    ready.writes("compose.override.yaml", "services: {}\n")
    ready.deploys(files="-c compose.yaml -c compose.override.yaml")


def test_who_has_slack_post_to_the_bot_needs_no_app_token(operator: Operator) -> None:
    operator.writes("secrets/slack_bot_token", "xoxb-1\n")
    operator.writes("secrets/slack_signing_secret", "signing\n")
    operator.writes("swarmbot.toml", 'channel = "C1"\n')
    operator.writes(".env", "SWARMBOT_IMAGE=registry/swarmbot:1\nDOCKER_GID=998\n")

    first = operator.deploys()

    assert (operator.folder / "secrets/slack_app_token").read_text(), "Swarm takes no empty secret"
    operator.writes("secrets/slack_signing_secret", "another\n")
    changed = operator.deploys().items() ^ first.items()
    assert {name for name, _ in changed} == {"SLACK_SIGNING_SECRET_SECRET"}
