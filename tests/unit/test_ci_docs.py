"""What docs/ci tells people to write into their pipelines does what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import CiSettings, PolicyRule, Role, Settings
from tests import ci_docs
from tests.ci_docs import Step
from tests.unit.ci_door import CiDoor

UPDATE = "service update --image {image} --update-parallelism 2 --update-delay 2s web"
JENKINS = {"BUILD_NUMBER": "418", "BUILD_URL": "https://jenkins/418", "BUILD_TAG": "jenkins-418"}
GITHUB = {
    "GITHUB_SHA": "c0ffee",
    "GITHUB_RUN_NUMBER": "418",
    "GITHUB_RUN_ID": "99",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "shop/web",
}
GITLAB = {
    "CI_COMMIT_SHORT_SHA": "c0ffee",
    "CI_JOB_URL": "https://gitlab/418",
    "CI_PIPELINE_IID": "418",
    "CI_JOB_ID": "77",
    "GITLAB_USER_EMAIL": "ann@example.com",
}
DOCKER = '#!/bin/sh\necho "docker $*" >>docker.log\n'


@pytest.fixture
def door() -> Iterator[CiDoor]:
    door = CiDoor().start()
    yield door
    door.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return ci_docs.checkout(tmp_path / "shop")


@pytest.mark.parametrize(
    ("step", "given", "tag", "link", "key"),
    [
        (ci_docs.jenkins("Roll out"), JENKINS, "418", "https://jenkins/418", "jenkins-418"),
        (
            ci_docs.github("Roll out"),
            GITHUB,
            "c0ffee",
            "https://github.com/shop/web/actions/runs/99",
            "99-1",
        ),
        (ci_docs.gitlab("roll-out"), GITLAB, "c0ffee", "https://gitlab/418", "77"),
    ],
    ids=["jenkins", "github", "gitlab"],
)
def test_the_step_sends_the_line_and_ends_with_its_status(
    door: CiDoor, project: Path, step: Step, given: dict[str, str], tag: str, link: str, key: str
) -> None:
    here = step.at(door.url, "r:5000/shop")
    door.tells("waiting", "web 417 → 418 · waits for lead")
    door.ends("rolled_back", "web rolled back to 417 · 418 does not start")

    done = here.run(project, {**given, "SWARMBOT_TOKEN": "swb_1_secret"})

    assert done.returncode == 1, done.stderr
    assert "waits for lead" in done.stdout
    assert door.by_key == {
        key: {
            "line": UPDATE.format(image=f"r:5000/shop/web:{tag}"),
            "link": link,
            "build": "418",
            "by": "ann@example.com",
        }
    }


def test_a_jenkins_script_may_judge_the_status(door: CiDoor, project: Path) -> None:
    step = ci_docs.jenkins_choice().at(door.url, "r:5000/shop")
    door.ends("superseded", "web 419 took over")

    done = step.run(project, {**JENKINS, "SWARMBOT_TOKEN": "swb_1_secret"})

    assert done.returncode == 5, done.stderr


def test_the_shell_page_reads_the_token_of_a_file(door: CiDoor, project: Path) -> None:
    secret = project / "token"
    secret.write_text("swb_1_secret\n")
    step = ci_docs.shell(0).at(door.url, "r:5000/shop")
    script = step.script.replace("/run/secrets/swarmbot", str(secret))
    door.ends("completed", "done")

    done = Step(script).run(project, {"IMAGE": "shop/web:2"})

    assert done.returncode == 0, done.stderr
    assert [body["line"] for body in door.by_key.values()] == [UPDATE.format(image="shop/web:2")]


@pytest.mark.parametrize("page", ["github-actions.md", "gitlab-ci.md"])
def test_the_entry_lets_the_job_in(page: str) -> None:
    entry = tomllib.loads(ci_docs.fences(page, "toml")[0])["ci"][0]
    role = Role(name=entry["role"], ci=True)
    rule = PolicyRule(commands=("service update",), services=("web*",), ask=("ci",))

    settings = Settings(roles=(role,), rules=(rule,), ci=(CiSettings(**entry),))

    assert settings.ci[0].audience == ci_docs.BOT
    workflow = "\n".join(ci_docs.fences(page, "yaml"))
    assert ci_docs.BOT in workflow


@pytest.mark.parametrize(
    ("step", "given"),
    [
        (ci_docs.jenkins("Build"), JENKINS),
        (ci_docs.github("Build"), GITHUB),
        (ci_docs.gitlab("build"), GITLAB),
    ],
    ids=["jenkins", "github", "gitlab"],
)
def test_the_step_before_builds_and_pushes_the_same_image(
    project: Path, tmp_path: Path, step: Step, given: dict[str, str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)

    done = step.at("", "r:5000/shop").run(project, {**given, "PATH": f"{programs}:/usr/bin:/bin"})

    assert done.returncode == 0, done.stderr
    log = (project / "docker.log").read_text()
    assert re.fullmatch(r"docker build --tag (r:5000/shop/web:\w+) \.\ndocker push \1\n", log), log
