"""One node in detail, like `docker node inspect --pretty`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.model import Message, Node, Service, Task, TaskState
from bot.model.english import plural
from bot.render.objects.nodes import in_trouble, state_word
from bot.render.slack import details_table
from bot.render.slack.blocks import context, message, size, when
from bot.render.slack.details_table import filled, listed
from bot.render.slack.fence import Row
from bot.render.slack.text import escape, prose


def inspected(
    node: Node,
    tasks: Iterable[Task],
    services: Mapping[str, Service],
    reserved: tuple[int, int],
    answers: bool,
) -> Message:
    """One node in detail.

    `reserved` is what its tasks reserve: memory in bytes, and nano CPUs. `answers`: swarmbot talks
    to this manager.
    """
    running = Counter(task.service_id for task in tasks if task.state == TaskState.RUNNING)
    names = {
        service_id: services[service_id].name if service_id in services else service_id[:12]
        for service_id in running
    }
    runs = [
        f"{names[service_id]} ×{count}" if count > 1 else names[service_id]
        for service_id, count in running.items()
    ]
    words = [state_word(node.state), state_word(node.availability), plural(running.total(), "task")]
    head = f"{'🟠' if in_trouble(node) else '🟢'} {escape(node.name)} · {' · '.join(words)}"
    return message(
        head,
        [prose(node.message)],
        [
            *details_table.parts(
                [
                    ("", _general(node, sorted(runs))),
                    ("Manager", _manager(node, answers)),
                    ("Platform and resources", _resources(node, *reserved)),
                ]
            ),
            *context(
                f"id {escape(node.id)}",
                f"version {node.version}",
                f"joined {when(node.created)}" if node.created else "",
                f"updated {when(node.updated)}" if node.updated else "",
            ),
        ],
    )


def _general(node: Node, runs: Iterable[str]) -> list[Row]:
    return [
        *filled(
            ("state", state_word(node.state)),
            ("availability", state_word(node.availability)),
            ("role", node.role),
            ("address", node.address),
        ),
        *listed("labels", (f"{key}={value}" for key, value in sorted(node.labels.items()))),
        *listed("runs", runs),
    ]


def _manager(node: Node, answers: bool) -> list[Row]:
    if node.manager is None:
        return []
    return filled(
        ("raft status", state_word(node.manager.reachability)),
        ("leader", "yes" if node.manager.leader else "no"),
        ("address", node.manager.address),
        ("swarmbot", "talks to this one" if answers else ""),
    )


def _resources(node: Node, memory: int, nano_cpus: int) -> list[Row]:
    cpus_reserved = f", {nano_cpus / 1e9:g} reserved" if nano_cpus else ""
    memory_reserved = f", {size(memory)} reserved" if memory else ""
    return [
        *filled(
            ("platform", str(node.platform) if node.platform.os else ""),
            ("CPUs", f"{node.nano_cpus / 1e9:g}{cpus_reserved}" if node.nano_cpus else ""),
            ("memory", f"{size(node.memory)}{memory_reserved}" if node.memory else ""),
            ("engine", node.engine),
        ),
        *listed(
            "engine labels", (f"{key}={value}" for key, value in sorted(node.engine_labels.items()))
        ),
    ]
