"""Rolls services from one specification to the next, as Swarm's updater does: so many at a time,
with delay, monitor, and what is to happen when new tasks fail."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.memory.twin import agents
from tests.memory.twin.cluster import ENDED, Cluster, Json, copied, mode_of, seconds_of
from tests.memory.twin.orchestrator import WANTED, is_dirty, new_task

MONITOR_SECONDS = 5.0
Place = object


@dataclass
class Worker:
    """One slot under way: the task to stop, the task to start, and until when it rests after."""

    place: Place
    old: Json | None = None
    new: Json | None = None
    rests_until: float = 0.0


@dataclass
class Update:
    """One update of one service."""

    places: list[Place]
    total: int
    monitor: float = MONITOR_SECONDS
    workers: list[Worker] = field(default_factory=list)
    updated: dict[str, float] = field(default_factory=dict)
    """Ids of new tasks, and when they began to run; infinity before."""
    failed: set[str] = field(default_factory=set)
    ended: float | None = None


@dataclass
class Updater:
    """All updates of a Swarm that are under way, by service."""

    cluster: Cluster
    updates: dict[str, Update] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    """Ids of services whose specification is new: the updater has not looked at them yet."""

    def post(self, service: Json) -> None:
        """A new specification was posted, which the updater learns of a moment later."""
        self.posted.add(service["ID"])
        self.updates.pop(service["ID"], None)

    def _begin(self, service: Json) -> None:
        """Leave whatever was under way, and roll the dirty slots."""
        self.updates.pop(service["ID"], None)
        self.cluster.between.pop(service["ID"], None)
        places = self._dirty(service)
        if mode_of(service["Spec"]).endswith("Job"):
            return
        if not places:
            if (service.get("UpdateStatus") or {}).get("State") == "rollback_started":
                self._complete(service)
            return
        monitor = seconds_of(self._config(service).get("Monitor") or None, MONITOR_SECONDS)
        self.updates[service["ID"]] = Update(places, len(places), monitor)
        if (service.get("UpdateStatus") or {}).get("State") != "rollback_started":
            service["UpdateStatus"] = {
                "State": "updating",
                "StartedAt": self.cluster.time(),
                "Message": "update in progress",
            }
            self.cluster.touch(service)

    def step(self, service: Json) -> None:
        """Go on with the update of a service, if there is one."""
        if service["ID"] in self.posted:
            self.posted.discard(service["ID"])
            self._begin(service)
        update = self.updates.get(service["ID"])
        if update is None:
            return
        self._watch(update)
        if self._acts_on_failure(service, update):
            return
        update.workers = [w for w in update.workers if not self._work(service, w)]
        most = self._config(service).get("Parallelism", 1) or update.total
        while update.places and len(update.workers) < most:
            update.workers.append(self._worker(service, update, update.places.pop(0)))
        self.cluster.between[service["ID"]] = {worker.place for worker in update.workers}
        self._finish(service, update)

    def drop(self, service: Json) -> None:
        """The service is gone."""
        self.updates.pop(service["ID"], None)
        self.posted.discard(service["ID"])

    # ---- parts

    def _config(self, service: Json) -> Json:
        state = (service.get("UpdateStatus") or {}).get("State", "")
        name = "RollbackConfig" if state.startswith("rollback") else "UpdateConfig"
        return service["Spec"].get(name) or {}

    def _dirty(self, service: Json) -> list[Place]:
        places: list[Place] = []
        for task in self.cluster.tasks_of(service):
            place = task.get("Slot") or task.get("NodeID")
            dirty = self._is_last(task) and (is_dirty(service, task) or self._is_left_ready(task))
            if dirty and place not in places:
                places.append(place)
        return places

    def _is_last(self, task: Json) -> bool:
        """Whether it is what its slot has: it is wanted, or ended for good."""
        return task["DesiredState"] in WANTED or self.cluster.lives[task["ID"]].kept

    def _worker(self, service: Json, update: Update, place: Place) -> Worker:
        current = [
            task
            for task in self.cluster.tasks_of(service)
            if (task.get("Slot") or task.get("NodeID")) == place and task["DesiredState"] in WANTED
        ]
        clean = [task for task in current if not is_dirty(service, task)]
        if clean:
            return self._use(update, place, clean[-1], current)
        worker = Worker(place, old=current[-1] if current else None)
        start_first = self._config(service).get("Order") == "start-first"
        if start_first or worker.old is None:
            self._create(service, update, worker)
        else:
            agents.ask_to_stop(self.cluster, worker.old)
            self._create(service, update, worker, desired="ready")
        return worker

    def _is_left_ready(self, task: Json) -> bool:
        """Whether an update that stopped made this task and never let it begin."""
        return task["DesiredState"] == "ready" and not self.cluster.lives[task["ID"]].wakes

    def _use(self, update: Update, place: Place, task: Json, current: list[Json]) -> Worker:
        """A task of this specification is there already: keep it, and stop the others."""
        for there in current:
            if there is not task:
                agents.ask_to_stop(self.cluster, there)
        if task["DesiredState"] == "ready":
            task["DesiredState"] = "running"
            self.cluster.touch(task)
        update.updated[task["ID"]] = float("inf")
        return Worker(place, new=task)

    def _create(
        self, service: Json, update: Update, worker: Worker, desired: str = "running"
    ) -> None:
        slot = worker.place if isinstance(worker.place, int) else 0
        node = "" if slot else str(worker.place)
        for task in self.cluster.tasks_of(service):
            if (task.get("Slot") or task.get("NodeID")) == worker.place:
                self.cluster.lives[task["ID"]].kept = False
        worker.new = new_task(self.cluster, service, slot, node=node, desired=desired)
        update.updated[worker.new["ID"]] = float("inf")

    def _work(self, service: Json, worker: Worker) -> bool:
        """One step of one slot; True when it is done."""
        if worker.rests_until:
            return self.cluster.seconds >= worker.rests_until
        new, old = worker.new, worker.old
        assert new is not None
        stopped = old is None or old["Status"]["State"] in ENDED or self._is_lost(old)
        if new["DesiredState"] == "ready" and stopped:
            new["DesiredState"] = "running"
            self.cluster.touch(new)
        ran = new["Status"]["State"] == "running"
        if not ran and new["Status"]["State"] not in ENDED:
            return False
        if ran and old is not None:
            agents.ask_to_stop(self.cluster, old)
        delay = seconds_of(self._config(service).get("Delay"), 0.0)
        worker.rests_until = self.cluster.seconds + delay
        return not delay

    def _is_lost(self, task: Json) -> bool:
        node = self.cluster.nodes.get(task.get("NodeID", ""))
        return node is not None and node["Status"]["State"] == "down"

    def _watch(self, update: Update) -> None:
        """Note when new tasks began to run, and which failed."""
        for task_id, since in update.updated.items():
            task = self.cluster.tasks.get(task_id)
            state = task["Status"]["State"] if task else ""
            if state == "running" and since == float("inf"):
                update.updated[task_id] = self.cluster.lives[task_id].since
            elif state in ENDED and task and task["DesiredState"] in (*WANTED, "shutdown"):
                self._note_end(update, task, since)

    def _note_end(self, update: Update, task: Json, since: float) -> None:
        early = since == float("inf") or self.cluster.seconds - since <= update.monitor
        stopped = task["Status"]["State"] == "shutdown"
        if early and not stopped:
            update.failed.add(task["ID"])

    def _acts_on_failure(self, service: Json, update: Update) -> bool:
        config = self._config(service)
        action = config.get("FailureAction") or "pause"
        too_many = len(update.failed) / update.total > config.get("MaxFailureRatio", 0)
        if action == "continue" or not update.failed or not too_many:
            return False
        task_id = max(update.failed)
        because = f"due to failure or early termination of task {task_id}"
        back = service["UpdateStatus"]["State"] == "rollback_started"
        del self.updates[service["ID"]]
        self.cluster.between.pop(service["ID"], None)
        if action == "rollback" and not back and service.get("PreviousSpec"):
            self.roll_back(service, f"update rolled back {because}")
            service["PreviousSpec"] = None
        else:
            service["UpdateStatus"] |= {
                "State": "rollback_paused" if back else "paused",
                "Message": f"update paused {because}",
            }
        self.cluster.touch(service)
        return True

    def roll_back(self, service: Json, message: str) -> None:
        """Take the previous specification; that of now is then the previous one."""
        service["Spec"], service["PreviousSpec"] = (
            copied(service["PreviousSpec"]),
            service["Spec"],
        )
        service["UpdateStatus"] = {
            "State": "rollback_started",
            "StartedAt": self.cluster.time(),
            "Message": message,
        }
        self.post(service)

    def _finish(self, service: Json, update: Update) -> None:
        """Complete it when all slots are done and the last was watched for long enough."""
        if update.places or update.workers:
            return
        if update.ended is None:
            update.ended = self.cluster.seconds
        watched = (self._config(service).get("FailureAction") or "pause") != "continue"
        if self.cluster.seconds >= update.ended + (update.monitor if watched else 0.0):
            del self.updates[service["ID"]]
            self.cluster.between.pop(service["ID"], None)
            self._complete(service)

    def _complete(self, service: Json) -> None:
        back = service["UpdateStatus"]["State"] == "rollback_started"
        service["UpdateStatus"] |= {
            "State": "rollback_completed" if back else "completed",
            "CompletedAt": self.cluster.time(),
            "Message": "rollback completed" if back else "update completed",
        }
        self.cluster.touch(service)
