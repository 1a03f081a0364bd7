"""Programs that end again and again are seen, though they end with 0 and Swarm keeps no history."""

from datetime import UTC, datetime

from bot.model.alert_facts import AlertKind
from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.swarm.swarm import Swarm
from bot.watch.evaluate import judge
from bot.watch.snapshot import Snapshot
from playground.cluster import Cluster
from tests.swarm.support import eventually


def test_who_ends_with_0_again_and_again_keeps_restarting(swarm: Swarm, cluster: Cluster) -> None:
    memory = Memory()

    def told() -> bool:
        nonlocal memory
        now = datetime.now(UTC)
        services, tasks = swarm.services.list(), swarm.services.tasks_since(now)
        nodes = swarm.nodes.list()
        seen = Snapshot(at=now, nodes=nodes, services=services, tasks=tasks)
        memory = judge(seen, memory, WatchSettings()).memory
        problems = [
            problem for incident in memory.incidents.values() for problem in incident.problems
        ]
        return any(problem.kind is AlertKind.SERVICE_CRASHING for problem in problems)

    cluster.docker("swarm", "update", "--task-history-limit", "0")
    try:
        cluster.docker(
            *("service", "create", "--quiet", "--detach", "--name", "brief"),
            *("--restart-delay", "100ms", "--entrypoint", "sh", cluster.image("web:v1")),
            *("-c", "exit 0"),
        )
        eventually(told, 20)
    finally:
        cluster.docker("swarm", "update", "--task-history-limit", "5")
