"""Follows a rollout: looks again and again, and hands out what it sees.

It looks at the service, its tasks and the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.clock import Stopping
from bot.errors import SwarmbotError, UnknownNameError
from bot.model import Finding, Node, Phase, Progress, Rollout, Task
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.health.progress import Expected, Followed, RolloutSnapshot, advance, tried
from bot.swarm.spec.edit import monitor_seconds
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import AWAY

FOLLOW_SECONDS = 0.2
"""Seconds between two looks: the Docker CLI's own."""
NODES_EVERY = 3.0
"""Seconds for which the list of nodes counts as fresh."""
LOG_LINES = 5
FAILED_PHASES = (
    Phase.PAUSED,
    Phase.ROLLED_BACK,
    Phase.ROLLBACK_PAUSED,
    Phase.FAILED,
    Phase.TIMED_OUT,
)


@dataclass
class Follower:
    """Looks at the service of one rollout until it ends; one thread, one follower."""

    swarm: Swarm
    now: Callable[[], datetime]
    stopping: Stopping
    log_tail: bool = True
    """Whether the last lines of a task that failed are read."""
    _nodes: Mapping[str, Node] = field(default_factory=dict)
    _nodes_at: float = float("-inf")

    def follow(self, rollout: Callable[[], Rollout]) -> Iterator[Progress]:
        """Every look as progress, the ended one last.

        `rollout` is asked each time: people may ask for a rollback meanwhile.
        """
        followed = Followed(Progress(Phase.ROLLING, 0, 0))
        while not followed.progress.phase.ended:
            followed = self._next(followed, rollout())
            yield followed.progress
            if not followed.progress.phase.ended:
                self.stopping.wait(FOLLOW_SECONDS)

    def look(self, service_id: str) -> RolloutSnapshot:
        """One look: three calls to an engine, four when the nodes are looked at afresh."""
        try:
            service = self.swarm.services.get(service_id)
        except UnknownNameError:
            return RolloutSnapshot(None, (), {}, self.now())
        tasks = self.swarm.services.tasks(service_id, marked=True)
        return RolloutSnapshot(service, tasks, self._known_nodes(tasks), self.now())

    def _next(self, followed: Followed, rollout: Rollout) -> Followed:
        try:
            look = self.look(rollout.service_id)
        except AWAY:
            # The rollout goes on without the bot, so it only waits.
            phase = Phase.TIMED_OUT if self.now() >= rollout.deadline else followed.progress.phase
            return replace(
                followed,
                progress=replace(followed.progress, phase=phase, message="no manager answers"),
            )
        followed = advance(followed, look, _expected(rollout, look))
        return replace(followed, progress=self._explained(followed.progress, rollout, look))

    def _known_nodes(self, tasks: Sequence[Task]) -> Mapping[str, Node]:
        unknown = any(task.node_id and task.node_id not in self._nodes for task in tasks)
        if unknown or self.stopping.monotonic() - self._nodes_at > NODES_EVERY:
            self._nodes = {node.id: node for node in self.swarm.nodes.list()}
            self._nodes_at = self.stopping.monotonic()
        return self._nodes

    def _explained(self, progress: Progress, rollout: Rollout, look: RolloutSnapshot) -> Progress:
        ours = [task for task in look.tasks if _is_ours(task, rollout)]
        findings = diagnose(_in_trouble(ours, progress.phase), look.nodes)
        if progress.phase in FAILED_PHASES:
            findings = tuple(self._with_log(finding) for finding in findings[:1]) + findings[1:]
        return replace(progress, findings=findings, tried=tried(ours, str(rollout.after)))

    def _with_log(self, finding: Finding) -> Finding:
        if not self.log_tail or not finding.task_id or finding.exit_code is None:
            return finding
        try:
            return replace(finding, log=self.swarm.logs.task_log(finding.task_id, LOG_LINES))
        except SwarmbotError:
            return finding


def _in_trouble(tasks: Sequence[Task], phase: Phase) -> Sequence[Task]:
    """The tasks whose state needs a word.

    While it rolls these are only those with an error, for waiting is then no trouble.
    """
    if phase is Phase.COMPLETED:
        return ()
    return tasks if phase is Phase.TIMED_OUT else [task for task in tasks if task.error]


def _is_ours(task: Task, rollout: Rollout) -> bool:
    # Both are times of the engine, whose clock may be far from the bot's.
    before = rollout.engine_time
    recent = task.created is None or before is None or task.created >= before
    return recent and str(task.image) == str(rollout.after)


def _expected(rollout: Rollout, look: RolloutSnapshot) -> Expected:
    return Expected(
        spec_hash=rollout.spec_hash,
        before_hash=rollout.before_hash,
        monitor=timedelta(seconds=monitor_seconds(look.service.spec) if look.service else 0),
        deadline=rollout.deadline,
        rollback_asked=bool(rollout.rollback_by),
        to_previous=rollout.to_previous,
        back_hash=rollout.back_hash,
    )
