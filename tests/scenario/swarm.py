"""The Swarm as the stories speak of it: set up with the Docker CLI, and looked at over the engine's
API where a story waits for something; never with the bot's own code."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from playground.cluster import Cluster
from tests.scenario.running import eventually

PROMPT = ("--stop-grace-period=1s", "--update-monitor=1s", "--rollback-monitor=1s")
"""What Swarm waits for a service: by default five seconds after the last task of each update."""
QUICK = ("--no-healthcheck", *PROMPT)
"""The same, and nobody asks for the health of its tasks: each time that an engine asks it starts
four programs, every second for every task, which is most of what a story costs the machine."""
WHOLE_WITHIN = 60


@dataclass(frozen=True)
class Site:
    """Services on the cluster."""

    cluster: Cluster

    def runs(
        self, name: str, image: str = "web:v1", *flags: str, health_checked: bool = False
    ) -> None:
        """Create a service and wait until it is there; `flags` are those of `docker service
        create`. With `health_checked` a task counts once it is healthy, as its image says."""
        self.cluster.docker(
            "service",
            "create",
            "--quiet",
            "--detach",
            "--name",
            name,
            *(PROMPT if health_checked else QUICK),
            *flags,
            self.image(image),
        )
        if "--detach" not in flags:
            eventually(lambda: self._is_whole(name), WHOLE_WITHIN, lambda: f"{name} is not whole")

    def _is_whole(self, name: str) -> bool:
        with self.cluster.manager.api() as api:
            listed = api.services({"name": name}, status=True)
        service = next(raw for raw in listed if raw["Spec"]["Name"] == name)
        count = service["ServiceStatus"]
        meant = count["DesiredTasks"]
        # A global service means no task until Swarm has looked at the nodes.
        return bool(
            count["RunningTasks"] == meant and (meant or "Replicated" in service["Spec"]["Mode"])
        )

    def many(self, name: str, count: int) -> None:
        """Services `name-0` and so on, of no replicas, so that they cost nothing."""
        task = {"ContainerSpec": {"Image": self.image("web:v1")}}
        with self.cluster.manager.api() as api:
            for number in range(count):
                api.create_service(
                    task, name=f"{name}-{number}", mode={"Replicated": {"Replicas": 0}}
                )

    def image(self, name: str) -> str:
        return self.cluster.image(name)

    def spec(self, name: str) -> dict[str, Any]:
        return dict(self.inspect(name)["Spec"])

    def inspect(self, name: str) -> dict[str, Any]:
        with self.cluster.manager.api() as api:
            return dict(api.inspect_service(name))

    def running_image(self, name: str) -> str:
        return str(self.spec(name)["TaskTemplate"]["ContainerSpec"]["Image"])

    def is_on(self, name: str, image: str) -> bool:
        """Whether the service runs this tag, pinned to a digest."""
        return self.running_image(name).startswith(f"{self.image(image)}@sha256:")

    def update_state(self, name: str) -> str:
        """Swarm's own word on the last update: `updating`, `completed`, …; empty where there was
        none."""
        return str(self.inspect(name).get("UpdateStatus", {}).get("State", ""))

    def tasks(self, name: str) -> list[str]:
        """Ids of the tasks that are meant to run."""
        with self.cluster.manager.api() as api:
            tasks = api.tasks({"service": name, "desired-state": "running"})
        return [task["ID"] for task in tasks]

    def with_image(self, spec: dict[str, Any], image: str) -> dict[str, Any]:
        """The same specification with another image: what a deploy may change."""
        changed = copy.deepcopy(spec)
        changed["TaskTemplate"]["ContainerSpec"]["Image"] = image
        return changed

    def replicas(self, name: str) -> int:
        return int(self.spec(name)["Mode"]["Replicated"]["Replicas"])
