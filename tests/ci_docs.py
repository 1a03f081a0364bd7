"""The shell of docs/ci, as the CI systems take it out of what stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "ci"
BOT = "https://swarmbot.example.com"
REGISTRY = "images.example.com/shop"
"""What stands in the pages for what a site has."""


@dataclass(frozen=True)
class Step:
    """The shell of one step, with the variables that the file sets for it."""

    script: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def at(self, bot: str, registry: str) -> Step:
        """The same at another site."""

        def moved(text: str) -> str:
            return text.replace(BOT, bot).replace(REGISTRY, registry)

        values = {name: moved(value) for name, value in self.variables.items()}
        return Step(moved(self.script), values)

    def run(
        self, checkout: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end in a checkout of the project; variables that name others are filled
        in, as the CI system does."""
        known = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment}
        values = {
            name: re.sub(r"\$\{?([A-Z_]+)\}?", lambda match: known.get(match[1], ""), value)
            for name, value in self.variables.items()
        }
        return subprocess.run(
            ["sh", "-e", "-c", self.script],
            cwd=checkout,
            env={**values, **known},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def fences(page: str, language: str) -> list[str]:
    """The fenced blocks of a page that are in this language."""
    text = (PAGES / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def jenkins(stage: str) -> Step:
    """The shell of a stage of the Jenkinsfile; credentials are what the CI system fills in."""
    pipeline = fences("jenkins.md", "groovy")[0]
    assignments = re.findall(r"^\s+([A-Z_]+) = ['\"](.*)['\"]$", pipeline, re.MULTILINE)
    variables = {name: value.replace("${env.", "${") for name, value in assignments}
    part = pipeline.partition(f"stage('{stage}')")[2]
    return Step(_groovy(part), variables)


def jenkins_choice() -> Step:
    """The shell whose status the script of a Jenkinsfile judges by itself."""
    return Step(_groovy(fences("jenkins.md", "groovy")[1]), jenkins("Build").variables)


def _groovy(text: str) -> str:
    """The first string in ''', in which a backslash joins lines."""
    return text.split("'''")[1].replace("\\\n", "")


def github(step: str) -> Step:
    """A named step of the workflow."""
    workflow = yaml.safe_load(fences("github-actions.md", "yaml")[0])
    (job,) = workflow["jobs"].values()
    script = next(entry["run"] for entry in job["steps"] if entry.get("name") == step)
    variables = {
        name: value.replace("${{ github.sha }}", "$GITHUB_SHA")
        for name, value in workflow["env"].items()
    }
    return Step(script, variables)


def gitlab(job: str) -> Step:
    """A job of the pipeline."""
    pipeline = yaml.safe_load(fences("gitlab-ci.md", "yaml")[0])
    return Step("\n".join(pipeline[job]["script"]), pipeline["variables"])


def shell(number: int) -> Step:
    """A block of the page for any shell."""
    return Step(fences("shell.md", "sh")[number])


def checkout(folder: Path) -> Path:
    """A project with `send.py` in it, and one commit of Ann's."""
    (folder / "ci").mkdir(parents=True)
    shutil.copy(ROOT / "bot" / "send.py", folder / "ci" / "send.py")
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "A shop")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder
