"""The workflows for GitHub call what the Makefile has, and nothing that can change under them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_target_is_one(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = [step["run"] for step in steps(workflow) if "run" in step]
    called = {target for run in runs for target in re.findall(r"^make (\S+)", run)}
    assert called
    assert called <= targets


def test_check_and_test_are_called() -> None:
    (ci,) = (path for path in WORKFLOWS if path.stem == "ci")
    assert {"make check", "make test"} <= {step.get("run") for step in steps(ci)}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_of_others_is_pinned_by_its_commit(workflow: Path) -> None:
    for step in steps(workflow):
        assert "uses" not in step or re.search(r"@[0-9a-f]{40}$", step["uses"]), step


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_nobody_has_more_rights_than_the_workflow_names(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text())
    wanted = "write" if workflow.stem == "release" else "read"
    assert content["permissions"] == {"contents": wanted}
