"""Lines as people type them for Docker's own command line: looks, ids of tasks, and what the bot
has not."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def _task_id(dev: MemoryPerson, service: str) -> str:
    answer = dev.asks(f"service ps --no-trunc --format '{{{{.ID}}}}' {service}", "service ps")
    return answer.text.splitlines()[1]


@pytest.fixture(autouse=True)
def web(world: World) -> None:
    world.registry.push("shop/web:1.0", log="listening on port 8080")
    world.runs("web")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("service inspect --format '{{.Spec.Name}}' web db", ("2 lines", "web\ndb")),
        ("docker inspect -f '{{json .Spec.Labels}}' web", ("{",)),
        ("service inspect --format pretty web", ("shop/web", "mode")),
        ("service inspect --format json web", ('"Spec":{', '"Name":"web"')),
        ("node inspect self -f '{{.Description.Hostname}}'", ("node inspect · 1 line", "node")),
        ("network inspect -v ingress --format '{{.Driver}}'", ("overlay",)),
        ("info -f '{{.Swarm.LocalNodeState}}'", ("active",)),
        ("inspect --type service web", ("shop/web",)),
        ("service inspect web db", ("web", "db")),
        ("logs --raw web", ("listening",)),
        ("logs -t web", ("T", "Z ")),
        ("service logs --details --no-trunc --no-resolve --no-task-ids --tail all web", ("last",)),
        ("logs --until 1s web", ("web",)),
        ("logs web --since 2020-01-02T13:23:37Z", ("last",)),
    ],
)
def test_looks_take_the_flags_of_the_cli(
    dev: MemoryPerson, world: World, line: str, parts: tuple[str, ...]
) -> None:
    world.runs("db", replicas=1)

    answer = dev.asks(line, parts[0])

    assert answer.ephemeral
    assert all(part in answer.text for part in parts), answer.text
    assert "❌" not in answer.text


def test_a_task_is_found_by_its_id(dev: MemoryPerson) -> None:
    task = _task_id(dev, "web")

    assert "desired state" in dev.asks(f"inspect {task}", "web.1 · Running").text
    begin = dev.asks(f"inspect --type task --format '{{{{.ID}}}}' {task[:12]}", "1 line").text
    assert task in begin
    assert "web" in dev.asks(f"logs {task[:12]}", "web · last").text


def test_what_there_is_not_gets_the_nearest_service(dev: MemoryPerson) -> None:
    assert "Did you mean web?" in dev.asks("inspect webb", "No service").text
    assert "No task" in dev.asks("inspect --type task 0123456789ab", "No task").text
    assert "node inspect node1" in dev.asks("inspect --type node node1", "a line of its own").text


def test_a_log_is_followed_by_a_button(dev: MemoryPerson) -> None:
    answer = dev.asks("logs -f --raw web", "Slack is no terminal")
    clicked = dev.clicks("Newer lines", on=answer)

    assert "Newer lines" in dev.sees("Slack is no terminal", after=clicked).text


@pytest.mark.parametrize(
    ("line", "said", "right"),
    [
        ("docker ps", "containers of one engine", "/swarm node ps"),
        ("docker ps -a", "containers of one engine", "/swarm node ps"),
        ("service ps -a web", "takes no -a here", "/swarm help service ps"),
        ("docker container ls", "containers of one engine", "/swarm node ps"),
        ("docker run -it ubuntu bash", "containers of one engine", "service create --name"),
        ("docker exec -it web sh", "containers of one engine", "/swarm node ps"),
        ("docker images", "Swarm pulls on each node", "/swarm service ls"),
        ("docker stack deploy -c compose.yaml shop", "a file of your machine", "stack services"),
        ("docker secret create key key.txt", "stand in Slack", "/swarm secret ls"),
        ("docker network prune", "nobody has named", "/swarm network rm NETWORK"),
        ("node rm -rm node4", "node rm has no -rm", "/swarm node rm node4"),
        ("node rm -rm", "node rm has no -rm", "/swarm node rm NODE"),
        ("service scale=5", "No command", "/swarm service scale SERVICE=5"),
        ("service scale=5 web", "No command", "/swarm service scale web=5"),
        ("service create --env-file web.env --name web shop/web:1.0", "--env KEY=VALUE", "help"),
        ("swarm ca --rotate --ca-cert root.pem", "a file of your machine", "/swarm help swarm ca"),
        ("swarm join --token x 10.0.0.1:2377", "leave it out", "/swarm help swarm join"),
        ("stack ls --orchestrator swarm", "leave it out", "/swarm help stack ls"),
        ("network create --config-only x", "networks of one engine", "help network create"),
    ],
)
def test_what_docker_has_and_the_bot_has_not_gets_a_reason_and_the_right_line(
    dev: MemoryPerson, line: str, said: str, right: str
) -> None:
    answer = dev.asks(line, "❌").text
    assert said in answer
    assert right in answer


def test_secrets_stay_in_dots_in_what_the_engine_says(dev: MemoryPerson) -> None:
    dev.asks("service update --env-add PASSWORD=hunter2 web", "✅ web")

    shown = dev.asks("service inspect --format json web", "service inspect").text
    variables = dev.asks(
        "inspect -f '{{range .Spec.TaskTemplate.ContainerSpec.Env}}{{println .}}{{end}}' web",
        "PASSWORD",
    ).text
    assert "hunter2" not in shown + variables
    task = _task_id(dev, "web")
    assert "hunter2" not in dev.asks(f"inspect --format json {task}", "service inspect").text


def test_newer_flags_are_refused_where_the_engines_are_too_old(dev: MemoryPerson) -> None:
    for flag in ("--memory-swap -1", "--memory-swappiness 20"):
        assert "needs API 1.52" in dev.asks(f"service update {flag} web", "❌").text


def test_a_credential_specification_takes_a_rule_that_grants_it(dev: MemoryPerson) -> None:
    answer = dev.asks("service update --credential-spec file://web.json web", "✋").text
    assert "an account of the domain" in answer
    assert "No config" in dev.asks("service update --credential-spec config://x web", "❌").text
    assert "config://NAME" in dev.asks("service update --credential-spec x web", "❌").text
