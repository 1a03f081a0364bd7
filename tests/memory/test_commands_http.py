"""What goes wrong with a call of CI is a problem document: nothing is changed, nothing is told that
the caller may not know."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.settings import PolicyRule
from handlers.http.commands_api import MOST_OF_ONE
from tests.memory.test_commands_api import DEPLOY, FREELY, ROLES, runs_freely
from tests.memory.twin.ci import Json, Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World
from tests.store.test_commands import COMMAND

PATH = "/v1/commands"
WEB_ALONE = (PolicyRule(commands=("*",), services=("web",), ask=("operator", "ci")),)
LEADS_ALONE = PolicyRule(commands=("*",), ask=("lead",))


@pytest.fixture
def ci(world: World) -> Pipeline:
    """A pipeline whose token is good."""
    return Pipeline.named(world.bot, "jenkins-shop")


def problem(answer: object, status: int) -> Json:
    """The problem document of an answer."""
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    document: Json = answer.json()  # type: ignore[attr-defined]
    assert document["status"] == status
    assert document["title"]
    assert document["type"] == "about:blank"
    return document


# ---- once


@runs_freely
def test_the_same_key_with_the_same_body_is_the_same_command(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web")
    first = ci.post(DEPLOY, key="build-418")
    again = ci.post(DEPLOY, key="build-418")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert ci.ends(first.json()["id"])["ending"] == "completed"
    dev.sees("✅ web")
    assert len(world.bot.store.audit.entries()) == 1


@runs_freely
def test_the_same_key_with_another_body_is_refused(world: World, ci: Pipeline) -> None:
    world.runs("web")
    first = ci.post("service ls", key="build-418").json()["id"]
    clash = problem(ci.post(DEPLOY, key="build-418"), 422)
    assert clash["command"] == first
    ci.ends(first)
    assert world.image_of("web") == "shop/web:1.0"


@runs_freely
def test_keys_belong_to_their_caller(world: World, ci: Pipeline) -> None:
    other = Pipeline.named(world.bot, "gitlab-blog")
    first = ci.post("service ls", key="build-418")
    second = other.post("service ls", key="build-418")
    assert second.status_code == 202
    assert first.json()["id"] != second.json()["id"]


@runs_freely
def test_one_caller_has_a_hundred_open_commands_at_most(world: World, ci: Pipeline) -> None:
    other = Pipeline.named(world.bot, "gitlab-blog")
    for number in range(MOST_OF_ONE):
        world.bot.store.commands.create(replace(COMMAND, id=f"{number:016x}"))
    answer = ci.post("service ls")
    problem(answer, 429)
    assert answer.headers["retry-after"]
    other.sends("service ls")


# ---- who


@runs_freely
def test_without_a_good_token_nothing_is_told(world: World) -> None:
    stranger = Pipeline(world.bot, "swb_0123456789abcdef_" + "0" * 64)
    for method, path in (
        ("POST", PATH),
        ("GET", f"{PATH}/0123456789abcdef"),
        ("GET", f"{PATH}/0123456789abcdef/events"),
        ("DELETE", f"{PATH}/0123456789abcdef"),
        ("GET", "/v1/whatever"),
    ):
        answer = stranger.call(method, path)
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


@runs_freely
def test_a_command_of_another_caller_is_like_none(world: World, ci: Pipeline) -> None:
    sent = ci.sends("service ls")
    other = Pipeline.named(world.bot, "gitlab-blog")
    none = [
        problem(other.call(method, f"{PATH}/{command_id}{rest}"), 404)
        for command_id in (sent, "0123456789abcdef", "nonsense", f"{sent}:events")
        for method, rest in (("GET", ""), ("GET", "/events"), ("DELETE", ""))
    ]
    assert all(document == none[0] for document in none)


@pytest.mark.world(ROLES, (*WEB_ALONE, LEADS_ALONE))
def test_what_the_rules_do_not_allow_is_told_at_once(world: World, ci: Pipeline) -> None:
    world.runs("web")
    world.runs("db", image="shop/web:1.0")
    allowed = problem(ci.post("node update --availability drain node1"), 403)
    assert "lead" in allowed["detail"]
    there, nowhere = ci.does("deploy db shop/web:2.0"), ci.does("deploy dx shop/web:2.0")
    assert there["ending"] == nowhere["ending"] == "refused"
    assert there["text"].replace("db", "dx") == nowhere["text"]


# ---- what


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deplyo web shop/web:2.0", "deploy"),
        ("deploy web", "IMAGE"),
        ("deploy web shop/web:2.0 --nonsense", "--nonsense"),
        ("deploy 'web shop/web:2.0", "quote"),
        ("scale web=many", "many"),
        ("service create", "IMAGE"),
    ],
)
@runs_freely
def test_a_line_that_cannot_be_read_says_what_is_wrong(line: str, said: str, ci: Pipeline) -> None:
    assert said in problem(ci.post(line), 400)["detail"]


@pytest.mark.parametrize(
    "line",
    [
        "swarm join-token worker",
        "swarm join-token --rotate manager",
        "swarm unlock-key",
        "swarm update --autolock=true",
        "swarm init --autolock",
        'queue "swarm unlock-key"',
    ],
)
@runs_freely
def test_secrets_are_never_answered(line: str, world: World, ci: Pipeline) -> None:
    detail = problem(ci.post(line), 400)["detail"]
    assert "secret" in detail
    assert "Slack" in detail
    assert not world.bot.store.audit.entries()


@runs_freely
def test_a_token_in_the_line_is_not_kept(world: World, ci: Pipeline) -> None:
    token = "SWMTKN-1-abc-geheim"
    answer = ci.post(f"swarm join --token {token} 10.0.0.1:2377")
    assert token not in json.dumps(problem(answer, 400))
    assert token not in repr(world.everything_in_redis())


@runs_freely
def test_values_of_variables_are_dots(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web")
    sent = ci.sends("service update --env-add PASSWORD=geheim web")
    ci.ends(sent)
    assert "geheim" not in json.dumps([event.data for event in ci.events(sent)])
    assert "geheim" not in repr(world.everything_in_redis())
    dev.sees("✅ web")


@runs_freely
def test_a_command_by_its_name_is_the_same_as_its_line(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web")
    flags = {"service": "web", "image": "shop/web:2.0"}
    answer = ci.post(command="service update", flags=flags)
    assert answer.status_code == 202, answer.text
    assert answer.json()["line"] == "service update --image=shop/web:2.0 web"
    assert ci.ends(answer.json()["id"])["ending"] == "completed"
    dev.sees("✅ web")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"line": "service ls", "force": True}, "force"),
        ({}, "body"),
        ({"line": "service ls", "command": "service ls"}, "body"),
        ({"flags": {}, "line": "service ls"}, "body"),
        ({"command": "service update", "flags": {"nonsense": 1}}, "nonsense"),
        ({"command": "scale", "flags": {"targets": 7}}, "targets"),
        ({"line": "service ls", "link": "javascript:alert(1)"}, "link"),
        ({"line": "service ls", "link": "https://ci/" + "x" * 500}, "link"),
        ({"line": "service ls", "build": "x" * 65}, "build"),
        ({"line": "service ls", "by": "a\nb"}, "by"),
        ({"line": 7}, "line"),
        ([], "body"),
    ],
)
@runs_freely
def test_a_body_that_is_not_like_that_is_named(body: Json, place: str, ci: Pipeline) -> None:
    answer = ci.call("POST", PATH, json=body)
    assert place in problem(answer, 422)["detail"]


@runs_freely
def test_a_secret_form_is_refused(ci: Pipeline) -> None:
    body = {"command": "swarm unlock", "flags": {"key": "SWMKEY-1-geheim"}}
    answer = ci.call("POST", PATH, json=body)
    assert answer.status_code in (400, 422)
    assert "geheim" not in answer.text


@runs_freely
def test_what_is_no_json_is_told(ci: Pipeline) -> None:
    headers = {"Content-Type": "application/json"}
    problem(ci.call("POST", PATH, content=b"{", headers=headers), 400)
    problem(ci.call("POST", PATH, content=b"\xff\xfe", headers=headers), 400)


@runs_freely
def test_another_content_type_is_refused(ci: Pipeline) -> None:
    problem(ci.call("POST", PATH, data={"line": "service ls"}), 415)
    problem(ci.call("POST", PATH), 415)


@runs_freely
def test_a_body_that_is_too_large_is_refused_however_it_is_sent(ci: Pipeline) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"line": "service ls", "by": "'
        for _ in range(65):
            yield b"x" * 1024

    headers = {"Content-Type": "application/json"}
    problem(ci.call("POST", PATH, content=b"x" * 65_537, headers=headers), 413)
    problem(ci.call("POST", PATH, content=chunks(), headers=headers), 413)


@runs_freely
def test_a_key_that_is_too_long_is_refused(ci: Pipeline) -> None:
    problem(ci.post("service ls", key="x" * 129), 422)


@runs_freely
def test_other_paths_and_methods(ci: Pipeline) -> None:
    problem(ci.call("GET", "/v1/whatever"), 404)
    problem(ci.call("PUT", PATH, json={}), 405)
    assert ci.call("GET", "/healthz").json() == {"status": "ok"}


@runs_freely
def test_a_number_of_an_event_that_is_none_is_refused(ci: Pipeline) -> None:
    sent = ci.sends("service ls")
    headers = {"Last-Event-ID": "yesterday"}
    problem(ci.call("GET", f"{PATH}/{sent}/events", headers=headers), 422)


@pytest.mark.world(ROLES, FREELY, bots=2)
def test_who_listens_again_hears_the_rest_at_another_bot(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY)
    ci.ends(sent)
    dev.sees("✅ web")
    heard = ci.events(sent)
    rest = ci.at(world.bots[1]).events(sent, after=heard[1].id)
    assert rest == heard[2:]
    assert ci.at(world.bots[1]).events(sent, after=heard[-1].id) == []


@runs_freely
def test_the_schema_tells_what_there_is(ci: Pipeline, world: World) -> None:
    stranger = Pipeline(world.bot, "")
    schema = stranger.call("GET", "/v1/openapi.json").json()
    assert set(schema["paths"]) == {PATH, PATH + "/{command_id}", PATH + "/{command_id}/events"}
    assert schema["components"]["securitySchemes"]
