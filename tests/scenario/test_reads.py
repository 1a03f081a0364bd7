"""What people look at: the texts, that only who asked sees them, and what each costs the Swarm."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.store.connection import connect
from bot.store.leader import Leader
from playground.cluster import Cluster
from playground.workspace import Message, Workspace
from playground.workspace.person import Person
from tests.scenario.conftest import People
from tests.scenario.counting import counted
from tests.scenario.running import bot_for
from tests.scenario.swarm import Site
from tests.store.conftest import Server

MANAGERS = 3


@dataclass(frozen=True)
class Reader:
    """Somebody who reads, and the requests that reach the engines meanwhile."""

    person: Person
    requests: list[tuple[str, str]]

    def reads(self, line: str, said: str, calls: int) -> Message:
        """The private answer to a line, which writes nothing and costs so many calls to engines.

        On a busy machine the bot asks a second manager after half a second: then twice as many are
        no fault.
        """
        self.requests.clear()
        asked = self.person.types(f"/swarm {line}".strip())
        answer = self.person.sees(said, after=asked)
        assert answer.ephemeral, line
        assert {method for method, _ in self.requests} <= {"GET"}, line
        assert len(self.requests) <= 2 * calls, (line, self.requests)
        return answer


@pytest.fixture
def reader(
    cluster: Cluster,
    workspace: Workspace,
    people: People,
    redis: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """Of a bot that does not lead: whoever leads looks at the Swarm on its own account as well."""
    with connect(redis.url) as connection:
        assert Leader(connection, "another", lease_seconds=600).campaign()
    folder = tmp_path_factory.mktemp("e")
    managers = {name: node.socket for name, node in cluster.nodes.items() if node.is_manager}
    with counted(managers, folder) as (urls, requests):
        bot = bot_for(cluster, workspace, folder / "bot", REDIS_URL=redis.url)
        for name, url in urls.items():
            bot.config = bot.config.replace(cluster.nodes[name].url, url)
        bot.start()
        yield Reader(people.guest, requests)
        bot.stop()


def test_what_one_sees_of_an_empty_swarm(reader: Reader) -> None:
    hello = reader.reads("", "Swarm is healthy", 2 + MANAGERS)
    assert hello.text.splitlines()[0] == "🟢 Swarm is healthy"
    assert "3 managers, 1 may fail · 4 nodes Ready · no services yet" in hello.text
    assert "/swarm deploy SERVICE IMAGE" in hello.text, "an empty line gets help along"
    assert (
        "/swarm deploy SERVICE IMAGE"
        not in reader.reads("status", "Swarm is healthy", 2 + MANAGERS).text
    )
    assert (
        "service create --name web IMAGE"
        in reader.reads("service ls", "🟢 No services yet", 1).text
    )

    nodes = reader.reads("node ls", "Ready", 2).text
    assert nodes.splitlines()[0] == "🟢 4 nodes Ready"
    header, *rows = nodes.splitlines()[1:]
    assert header.split() == ["NODE", "STATUS", "AVAILABILITY", "MANAGER", "TASKS", "ENGINE"]
    assert sorted(row.split()[0] for row in rows) == ["node1", "node2", "node3", "node4"]
    assert sum("Leader" in row for row in rows) == 1


LINES = (
    "service ls --format '{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}} {{.Ports}}'",
    "service ls --filter name=we --format '{{json .Name}} {{json .Mode}}'",
    "service ls -q",
    r"node ls --format 'table {{.Hostname}}\t{{.Status}}\t{{.ManagerStatus}}'",
    "node ls --filter role=manager -q",
    "service ps --no-trunc --format '{{.ID}} {{.Name}} {{.Node}} {{.DesiredState}} {{.Image}}' web",
    "service ps --filter name=web.2 --format '{{.Name}} {{.Image}}' web",
    "network ls --filter driver=overlay --format '{{.Name}} {{.Driver}} {{.Scope}}'",
    "service inspect --format '{{.Spec.Name}} {{json .Spec.Labels}} {{len .Spec.Labels}}' web db",
    "node inspect node1 --format '{{.ID}} {{.Description.Hostname}} {{.Spec.Role}}'",
)


def _prints_what_the_cli_prints(reader: Reader, site: Site) -> None:
    """Line by line what the real command line says of the same Swarm."""
    for line in LINES:
        said = site.cluster.docker(*shlex.split(line)).strip()
        answer = reader.reads(line, "line", 4).text
        shown = [text.split() for text in answer.splitlines()[1:]]
        assert sorted(shown) == sorted(text.split() for text in said.splitlines()), line
    task = site.cluster.docker("service", "ps", "-q", "--no-trunc", "web").split()[0]
    assert task in reader.reads(f"inspect {task[:12]}", "desired state", 5).text
    raw = reader.reads(f"logs --raw --tail 1 {task}", "web · last", 6).text
    assert (
        raw.splitlines()[1:]
        == site.cluster.docker("service", "logs", "--raw", "--tail", "1", task).splitlines()
    )


@pytest.mark.costs(20)
def test_what_one_sees_of_a_service(reader: Reader, people: People, site: Site) -> None:
    site.runs(
        "web",
        "web:v1",
        "--replicas",
        "2",
        "--label",
        "team=shop",
        "--env",
        "PASSWORD=secret",
        "-p",
        "8081:8080",
        health_checked=True,
    )
    site.runs("db", "web:plain", "--label", "com.docker.stack.namespace=shop")

    listed = reader.reads("services", "🟢 2 services, all at their count", 1).text
    assert "2/2" in listed
    assert "8081->8080/tcp" in listed
    assert "shop" in listed
    tasks = reader.reads("docker service ps web", "🟢 web · 2/2 running", 3).text
    assert "web.1" in tasks
    assert "Running" in tasks
    assert "ERROR" not in tasks, "no column for what did not happen"
    both = reader.reads("ps web db", "db · 1/1 running", 5).text
    assert "web · 2/2 running" in both
    inspected = reader.reads("service inspect web", "team=shop", 3).text
    assert "PASSWORD" in inspected
    assert "secret" not in inspected
    logs = reader.reads("logs web -n 5", "listening on port 8080", 3).text
    assert logs.splitlines()[0].startswith("web · last")
    _prints_what_the_cli_prints(reader, site)
    history = reader.reads("history web", "web", 1).text
    assert re.search("web has no revisions yet|runs now · first seen", history), (
        "the watch may have seen"
    )

    people.dev.types(f"/swarm deploy web {site.image('web:broken')}")
    people.dev.sees("↩️ web rolled back", timeout=90)
    tasks = reader.reads("ps web", "web · 2/2 running", 3).text
    assert tasks.startswith("🟢"), "what went wrong is over"
    assert "non-zero exit (3)" in tasks
    history = reader.reads("history web", "runs", 1).text
    assert "web:broken" in history
    assert "rolled back" in history


def test_help_and_what_is_mistyped_cost_no_call(reader: Reader, people: People) -> None:
    reader = Reader(people.dev, reader.requests)
    overview = reader.reads("help", "what you can type", 0).text
    for command in ("deploy SERVICE IMAGE", "service ls", "node ls", "rollback SERVICE", "status"):
        assert command in overview
    pages = [
        reader.reads(line, "--parallelism", 0).text
        for line in ("help deploy", "deploy --help", "deploy -h")
    ]
    assert len(set(pages)) == 1
    assert pages[0].splitlines()[0] == "/swarm deploy [OPTIONS] SERVICE IMAGE"
    assert "/swarm deploy web shop/web:2.0" in pages[0]
    for line, right in {
        "statsu": "status",
        "service lss": "service ls",
        "node": "node ls",
        "help deplyo": "deploy",
        "service logs web --tial 5": "--tail",
        "logs web --tail many": "expected",
        "ps": "SERVICE",
    }.items():
        answer = reader.reads(line, right, 0)
        assert answer.text.startswith("❌"), line
        assert len(answer.text.splitlines()) <= 3, "a sentence, what would be right, an example"


def test_forty_services_are_a_table_with_pages_and_a_file(reader: Reader, site: Site) -> None:
    site.many("shop", 40)
    site.runs("late", "web:v1", "--detach", "--constraint", "node.labels.zone==moon")

    listed = reader.reads("service ls", "services below", 1)
    assert listed.text.splitlines()[0] == "🟠 1 of 41 services below its count"
    assert "late" in listed.text
    assert "without a stack" not in listed.text, "no word about stacks where there are none"
    assert "shop-39" in listed.text, "on a page of the table"
    assert "all 41 in services.txt" in listed.text
    whole = reader.person.sees("services.txt", channel="dm")
    assert whole.text == "📎 services.txt, all 41 rows"
    content = whole.files[0].content
    assert content is not None
    assert len(content.decode().splitlines()) == 42
    assert "shop-39" in content.decode()
