"""Reading what services and tasks wrote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from bot.command.fields import Argument, Moment, Name, Option, moment
from bot.command.line import write
from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.model.cluster import LogLine, ServiceLog
from bot.render.objects import logs
from bot.render.slack.blocks import actions, button
from bot.swarm.objects.found_task import FoundTask
from handlers.service.inspect import find

MOST_LINES = 1000
"""Of one task."""


def _tail(value: object) -> object:
    return MOST_LINES if value == "all" else value


class ServiceLogs(Query):
    """Show the last lines that a service or a task wrote; nodes that did not answer are named.

    Slack is no terminal: with `--follow` a button shows what was written since.
    """

    names: ClassVar = ("service logs", "logs")
    about_services: ClassVar = True
    examples: ClassVar = ("service logs web --tail 20", "logs --raw --since 10m web")

    service: Annotated[Name, Argument("SERVICE|TASK")]
    tail: Annotated[int, Option(("--tail", "-n")), BeforeValidator(_tail)] = Field(
        50, ge=1, le=MOST_LINES, description=f"lines a task (default 50), at most {MOST_LINES}"
    )
    since: Moment | None = Field(
        None, description="only lines younger than this, such as 10m or 2026-03-04T15:40"
    )
    until: Moment | None = Field(None, description="only lines older than this")
    follow: Annotated[bool, Option(("--follow", "-f"))] = Field(
        False, description="with a button for what is written next"
    )
    raw: bool = Field(False, description="the lines alone, without time and node")
    timestamps: Annotated[bool, Option(("--timestamps", "-t"))] = Field(
        False, description="the whole time of each line"
    )
    details: bool = Field(False, description="what the log driver adds to each line")
    no_resolve: bool = Field(False, description="ids of nodes in place of their names")
    no_trunc: bool = Field(False, description="ids in full")
    no_task_ids: bool = Field(False, description="accepted; ids of tasks are not shown")

    def run(self, context: Context) -> Message:
        """Bounded in lines and in time, for the engine may never end the stream."""
        found, now = find(context, self.service), context.now()
        since = moment(self.since, now, past=True) if self.since else None
        tail = MOST_LINES if self.until else self.tail
        read = context.swarm.logs
        if isinstance(found, FoundTask):
            service, log = found.service, read.of_task(found.task.id, tail, since)
        else:
            service, log = found, read.service_log(found.id, tail, since)
        if self.until:
            log = _until(log, moment(self.until, now, past=True), self.tail)
        nodes = {node.id: node for node in context.swarm.nodes.list()}
        view = logs.LogView(
            {} if self.no_resolve else nodes,
            raw=self.raw,
            timestamps=self.timestamps,
            details=self.details,
            whole_ids=self.no_trunc,
        )
        shown = logs.logs(service, log, nodes, view)
        return self._followed(shown, log, now) if self.follow else shown

    def _followed(self, shown: Message, log: ServiceLog, now: datetime) -> Message:
        """With a button for the lines that are younger than the last one."""
        last = next((line.at for line in reversed(log.lines) if line.at), None)
        since = last + timedelta(microseconds=1) if last else now
        given = self.model_copy(update={"since": since.isoformat(), "until": None})
        newer = button("Newer lines", write(given))
        return replace(shown, blocks=(*shown.blocks, *logs.NO_TERMINAL, *actions(newer)))


COMMANDS: tuple[type[Command], ...] = (ServiceLogs,)


def _until(log: ServiceLog, until: datetime, tail: int) -> ServiceLog:
    """The last lines of each task that are not younger than `until`: engines know no such end for
    services."""
    older: defaultdict[str, list[LogLine]] = defaultdict(list)
    for line in log.lines:
        if line.at is None or line.at <= until:
            older[line.task_id].append(line)
    kept = {id(line) for lines in older.values() for line in lines[-tail:]}
    return replace(log, lines=tuple(line for line in log.lines if id(line) in kept))
