"""Service lines as operators have them in their notebooks: the bot makes of a service what the
Docker CLI makes of its twin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from bot.command import line
from bot.model import Ending
from handlers.commands import TABLE
from playground.cluster import Cluster
from tests.swarm.acting import Acting, acting, redis
from tests.swarm.support import MANAGERS, store, swarm_over

JOBS = (
    '--name NAME --mode replicated-job IMAGE sh -c "echo hi"',
    (
        "--name NAME --mode replicated-job --replicas 3 --max-concurrent 2 --restart-condition "
        "none IMAGE true"
    ),
    "--mode global-job --name NAME --restart-condition=on-failure IMAGE true",
)
"""What follows `service create` for jobs."""

CREATE = (
    "--name NAME IMAGE",
    "--name NAME -p 8101:8080 --replicas 3 --network uber-net IMAGE",
    "--mode global --name NAME IMAGE",
    (
        "--name NAME -p 8110-8112:8080-8082/udp -p "
        "published=8113,target=8080,mode=host,protocol=tcp -p 8115-8116:80 IMAGE"
    ),
    "--name NAME --network name=uber-net,alias=front,alias=www --endpoint-mode dnsrr IMAGE",
    (
        "--name NAME -e B=2 -e A=1 -eA=3 --env C= -l team=shop --label plain --container-label "
        "inner=1 IMAGE"
    ),
    (
        "--name NAME --constraint node.role==manager --constraint 'node.hostname != node4' "
        "--placement-pref spread=node.labels.zone --replicas-max-per-node 2 IMAGE"
    ),
    (
        "--name NAME --limit-cpu 0.5 --limit-memory 64M --reserve-cpu .05 --reserve-memory 4mb "
        "--limit-pids 100 IMAGE"
    ),
    (
        "--name NAME --health-cmd 'true || false' --health-interval 2s --health-retries 4 "
        "--health-start-period 1m30s "
        "--health-timeout 1s IMAGE"
    ),
    "--name NAME --no-healthcheck IMAGE",
    "--name NAME --restart-delay 2s --restart-max-attempts 0 --restart-window 0 IMAGE",
    (
        "--name NAME --update-parallelism 0 --update-delay 20s --rollback-order start-first "
        "--rollback-monitor 1s IMAGE"
    ),
    (
        "--name NAME --update-failure-action rollback --update-max-failure-ratio 0.25 "
        "--update-monitor 2s "
        "--update-order start-first IMAGE"
    ),
    (
        "--name NAME --mount type=tmpfs,dst=/cache,tmpfs-size=1M,tmpfs-mode=1770 --mount "
        "src=data,dst=/data,ro "
        "--mount type=bind,source=/tmp,target=/host,bind-propagation=rslave,readonly=false "
        "--mount "
        "type=volume,src=more,dst=/more,volume-label=a=1,volume-opt=o=x,"
        "volume-driver=local,volume-nocopy "
        "IMAGE"
    ),
    (
        "--name NAME --secret source=key,target=web.key,mode=0400,uid=7 --secret other --config "
        "conf IMAGE"
    ),
    (
        "--name NAME --user 0:0 -w /tmp --hostname box --entrypoint 'sh -c' --init --read-only -t "
        "IMAGE 'sleep 100'"
    ),
    (
        "--name NAME --cap-add net_admin --cap-add CAP_SYS_TIME --cap-drop all --stop-signal "
        "SIGINT --stop-grace-period 2s IMAGE"
    ),
    (
        "--name NAME --dns 10.0.0.1 --dns 10.0.0.0 --dns-search example.org --dns-option "
        "timeout:2 --host db:10.0.0.7 IMAGE"
    ),
    "--name NAME --log-driver json-file --log-opt max-size=1m --group 20 --group 10 IMAGE",
    (
        "--name NAME --sysctl net.ipv4.ip_unprivileged_port_start=80 --ulimit nofile=10:20 "
        "--ulimit core=5 IMAGE"
    ),
    "--name NAME --generic-resource GPU=2 --replicas 0 IMAGE",
    "--name NAME --no-resolve-image --with-registry-auth -q -d IMAGE",
    "--name NAME --network host IMAGE",
)
"""What follows `service create`."""

BEFORE = (
    "-e B=2 -e Z=9 -l team=shop -l old=1 --container-label inner=1 --constraint "
    "node.role==worker --host db:10.0.0.7 "
    "--mount type=tmpfs,dst=/cache --mount src=data,dst=/data --dns 10.0.0.1 --dns-search "
    "example.org "
    "--secret key --config conf --cap-add NET_ADMIN --cap-drop SYS_TIME --placement-pref "
    "spread=node.labels.zone "
    "--health-cmd true --sysctl net.ipv4.ip_unprivileged_port_start=80 --ulimit nofile=10:20 "
    "--group 10 "
    "--limit-memory 64M --replicas 0 --log-driver json-file --init --tty --generic-resource GPU=2"
)
"""The flags of what is updated."""

UPDATE = (
    "--image OTHER --update-parallelism 2 --update-delay 20s NAME",
    "--env-add A=1 --env-rm B --publish-add 8082:8080 --constraint-add node.labels.zone==a NAME",
    "--force NAME",
    "NAME --env-add Z=8 --env-add Z=7 --env-rm Z",
    (
        "--publish-add 8120:80 --publish-add 8121:81/udp --publish-add "
        "published=8122,target=82,mode=host NAME"
    ),
    "--label-add team=web --label-rm old --container-label-rm inner --container-label-add x=y NAME",
    (
        "--constraint-rm node.role==worker --constraint-add node.role==manager --constraint-add "
        "a.b==c NAME"
    ),
    "--constraint-rm node.role==worker NAME",
    "--mount-add type=bind,src=/tmp,dst=/cache --mount-rm /data NAME",
    "--network-add name=uber-net,alias=front NAME",
    (
        "--secret-rm key --secret-add source=other,target=k --config-add source=conf,target=/c "
        "--config-rm conf NAME"
    ),
    "--host-add web:10.0.0.8 --host-rm db NAME",
    "--host-rm db:10.0.0.9 --host-add db:10.0.0.7 NAME",
    (
        "--dns-add 10.0.0.0 --dns-rm 10.0.0.1 --dns-search-rm example.org --dns-option-add "
        "timeout:2 NAME"
    ),
    "--args 'sh -c \"sleep 10\"' --entrypoint sh --user 0 --workdir / --hostname box NAME",
    "--limit-memory 0 --limit-cpu 1 NAME",
    "--reserve-memory 8M --reserve-cpu 0.1 --limit-pids 5 NAME",
    "--health-interval 3s --health-retries 2 NAME",
    "--no-healthcheck NAME",
    "--health-cmd '' NAME",
    "--restart-condition on-failure NAME",
    "--restart-max-attempts 3 --restart-window 1m --restart-delay 0s NAME",
    "--update-order start-first NAME",
    (
        "--rollback-parallelism 0 --rollback-failure-action continue "
        "--rollback-max-failure-ratio 0.1 NAME"
    ),
    "--replicas 1 --replicas-max-per-node 3 NAME",
    "--cap-add SYS_TIME --cap-drop NET_ADMIN NAME",
    "--cap-add RESET --cap-add CHOWN NAME",
    "--cap-drop ALL NAME",
    "--sysctl-add net.core.somaxconn=128 --sysctl-rm net.ipv4.ip_unprivileged_port_start NAME",
    "--ulimit-add core=5 --ulimit-rm nofile NAME",
    "--group-add 20 --group-rm 10 NAME",
    "--placement-pref-rm spread=node.labels.zone --placement-pref-add spread=node.id NAME",
    "--log-driver local --log-opt max-size=1m NAME",
    "--endpoint-mode dnsrr --stop-signal SIGINT --stop-grace-period 0 NAME",
    "--init=false --tty=false --read-only NAME",
    "--generic-resource-add SSD=1 --generic-resource-rm GPU NAME",
)
"""What follows `service update`."""


@dataclass(frozen=True)
class Result:
    """What the Docker CLI made of the twin, and the bot of its own."""

    theirs: Any
    ours: Any
    ending: str


Results = Mapping[str, Result]


@dataclass
class Bench:
    """Runs all lines at once: first the CLI's, then, when those are gone and their ports free, the
    bot's."""

    cluster: Cluster
    bot: Acting

    def spec(self, name: str) -> dict[str, Any]:
        raw = self.bot.context.swarm.engines.call(lambda client: client.service(name))["Spec"]
        return dict(raw)

    def words(self, text: str, name: str) -> str:
        filled = text.replace("NAME", name).replace("IMAGE", self.cluster.image("web:v1"))
        return filled.replace("OTHER", self.cluster.image("web:v2"))

    def docker(self, lines: Iterable[str]) -> None:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda text: self.cluster.docker(*line.split(text)), lines))

    def both(
        self, verb: str, texts: Iterable[str], twins: Mapping[str, str], own: Mapping[str, str]
    ) -> Results:
        """Every line by the CLI for the twin, whose ports are then free again, and by the bot for
        its own."""
        self.docker(f"service {verb} --detach {self.words(text, twins[text])}" for text in texts)
        theirs = {text: self.spec(twins[text]) for text in texts}
        self.docker([f"service rm {' '.join(twins.values())}"])
        lines = [
            f"docker service {verb} --timeout 1s {self.words(text, own[text])}" for text in texts
        ]
        with ThreadPoolExecutor(6) as pool:
            endings = [outcome.ending for outcome in pool.map(self.bot.does, lines)]
        ours = {text: self.spec(own[text]) for text in texts}
        self.docker([f"service rm {' '.join(own.values())}"])
        return {
            text: Result(theirs[text], ours[text], end)
            for text, end in zip(texts, endings, strict=True)
        }

    def created(self, texts: Sequence[str]) -> Results:
        names = {text: f"web{number}" for number, text in enumerate(texts)}
        return self.both("create", texts, names, names)

    def pause(self) -> None:
        """Nothing needs to run: what counts is the specification."""
        self.docker(f"node update --availability pause {node}" for node in self.cluster.nodes)

    def updated(self) -> Results:
        own = {text: f"web{number}" for number, text in enumerate(UPDATE)}
        twins = {text: f"twin{number}" for number, text in enumerate(UPDATE)}
        image = self.cluster.image("web:v1")
        names = (*own.values(), *twins.values())
        self.docker(f"service create --detach --name {name} {BEFORE} {image}" for name in names)
        return self.both("update", UPDATE, twins, own)


@pytest.fixture(scope="module")
def results(machine: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    machine.reset()
    machine.docker("network", "create", "-d", "overlay", "uber-net")
    for kind, name in (("secret", "key"), ("secret", "other"), ("config", "conf")):
        store(machine, kind, name)
    folder = tmp_path_factory.mktemp("bot")
    server, opened = redis(folder)
    bench = Bench(machine, acting(swarm_over(machine, *MANAGERS), opened, folder))
    try:
        # Tasks of a job that is gone before they ran would stay for ever.
        jobs = bench.created(JOBS)
        bench.pause()
        yield {**jobs, **bench.created(CREATE), **bench.updated()}
    finally:
        opened.close()
        server.stop()


BY_CHANCE = ("Env", "Secrets", "Configs", "Ports", "GenericResources")
"""Lists that the CLI builds from maps, whose order is left to chance."""


def normal(spec: Any, key: str = "") -> Any:
    if isinstance(spec, dict):
        return {name: normal(value, name) for name, value in spec.items()}
    return sorted(spec, key=json.dumps) if key in BY_CHANCE else spec


def same(result: Result) -> bool:
    """Whether both specifications say the same of services that differ by name."""
    ours, theirs = normal(result.ours), normal(result.theirs)
    assert ours | {"Name": ""} == theirs | {"Name": ""}
    return True


@pytest.mark.parametrize("text", [*JOBS, *CREATE])
def test_a_service_is_created_as_by_the_docker_cli(results: Results, text: str) -> None:
    assert same(results[text])


@pytest.mark.parametrize("text", UPDATE)
def test_a_service_is_updated_as_by_the_docker_cli(results: Results, text: str) -> None:
    assert same(results[text])
    assert results[text].ending in (Ending.DONE, Ending.TIMED_OUT)


@pytest.mark.parametrize(
    "text",
    [
        *(f"service create {text}" for text in (*JOBS, *CREATE)),
        *(f"service update {case}" for case in UPDATE),
    ],
)
def test_the_word_docker_may_be_pasted_too(text: str) -> None:
    typed = (
        text.replace("IMAGE", "shop/web:1").replace("OTHER", "shop/web:2").replace("NAME", "web")
    )
    command = line.parse(typed, TABLE)
    assert line.parse(f"docker {typed}", TABLE) == command
    assert line.parse(line.write(command), TABLE) == command
