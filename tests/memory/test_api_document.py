"""The examples of docs/api.md, as whoever copies them sends them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest

from bot.model.sent_command import SentEnding, SentState
from tests.memory.test_commands_api import BY_LEAD, ROLES, settles
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
CALLS = re.findall(r"```sh\n(.*?)\n```", DOCUMENT, re.DOTALL)
ANSWERS = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", DOCUMENT, re.DOTALL)]


def call(ci: Pipeline, example: str, command_id: str = "") -> httpx.Response:
    """What curl would send."""
    words = iter(shlex.split(example.replace("$ID", command_id).replace("$SWARMBOT_URL", "")))
    method, path, headers, content = "GET", "", {}, None
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                method, content = "POST", next(words)
            case _ if word.startswith("/"):
                path = word
    assert headers.pop("Authorization") == "Bearer $SWARMBOT_TOKEN"
    return ci.call(method, path, headers=headers, content=content)


@pytest.mark.world(ROLES, BY_LEAD)
def test_the_examples_do_what_the_document_says(world: World, lead: MemoryPerson) -> None:
    world.runs("web")
    ci = Pipeline.named(world.bot, "jenkins-shop")
    send, follow, follow_on, read, take_back = CALLS

    sent = call(ci, send)
    assert sent.status_code == 202
    shown = ANSWERS[0]
    assert sent.json() == shown | {"id": sent.json()["id"], **times(sent)}
    again = call(ci, send)
    assert (again.status_code, again.json()["id"]) == (200, sent.json()["id"])
    command_id = sent.json()["id"]
    ci.waits(command_id)
    assert call(ci, read, command_id).json()["state"] == "waiting"
    lead.sees("🟡")
    assert call(ci, take_back, command_id).json()["ending"] == "withdrawn"
    assert call(ci, take_back, command_id).status_code == 409
    for example in (follow, follow_on):
        heard = call(ci, example, command_id)
        assert heard.status_code == 200
        assert '"state":"ended"' in heard.text
    settles(world)


def test_a_problem_looks_as_the_document_shows(world: World) -> None:
    ci = Pipeline.named(world.bot, "jenkins-shop")
    problem, shown = ci.post("deplyo web").json(), ANSWERS[1]
    assert problem.keys() == shown.keys()
    beginning = shown["detail"].partition(" …")[0]
    assert problem["detail"].startswith(beginning), problem["detail"]
    assert {key: problem[key] for key in ("type", "title", "status")}.items() <= shown.items()


def test_every_state_and_ending_is_explained() -> None:
    rows = "\n".join(row for row in DOCUMENT.split("\n") if row.startswith("| `"))
    explained = set(re.findall(r"`([a-z_]+)`", rows))
    assert {*SentState, *SentEnding} <= explained


def times(answer: httpx.Response) -> dict[str, str]:
    """When it was created, and changed."""
    return {name: answer.json()[name] for name in ("created", "changed")}
