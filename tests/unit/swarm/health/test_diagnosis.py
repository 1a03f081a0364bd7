"""The errors of tasks as swarmkit, moby and runc write them, and what the bot makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.model import (
    Availability,
    Cause,
    CauseKind,
    Finding,
    Image,
    NodeState,
    Task,
    TaskState,
)
from bot.model.slash import SLASH
from bot.render.causes import cause_words
from bot.swarm.health.diagnosis import diagnose, unwell
from tests.unit.swarm.values import FOUR, NOW, V2, node, nodes, task

OCI = "OCI runtime create failed: runc create failed: unable to start container process: "
OLD_OCI = "oci runtime error: container_linux.go:265: starting container process caused "
SET_UP = "failed to set up container networking: "
IN_USE = "address already in use"
PROXY = "Error starting userland proxy: "
NETWORK = "driver failed programming external connectivity on endpoint web.1.u7pq (4f2a91c0ffee): "
MULTI_PLATFORM = "Push a multi-platform image."
FREE_PORT = "Free the port on that node, or publish another."
PROGRAM = "Check the command, and that the image has a shell if it needs one."


def failed(error: str, state: str = "failed", on: str = "node2", **fields: object) -> Task:
    return task(1, on, state, "shutdown", error=error, **fields)


def pending(reasons: str) -> Task:
    return task(
        1, "", "pending", error=f"no suitable node ({reasons})" if reasons else "no suitable node"
    )


def text(finding: Finding) -> str:
    return cause_words(finding.cause).text


def said(*tasks: Task) -> list[tuple[str, str]]:
    words = [cause_words(finding.cause) for finding in diagnose(tasks, FOUR)]
    return [(cause.text, cause.fix) for cause in words]


# ---- the program


@pytest.mark.parametrize(
    ("error", "cause", "exit_code"),
    [
        ("task: non-zero exit (3)", "exit code 3", 3),
        ("task: non-zero exit (137)", "exit code 137: killed, often out of memory", 137),
        (
            "task: non-zero exit (137): dockerexec: unhealthy container",
            "the health check fails",
            137,
        ),
        (
            "task: non-zero exit (143): dockerexec: unhealthy container",
            "the health check fails",
            143,
        ),
    ],
)
def test_a_program_that_ended(error: str, cause: str, exit_code: int) -> None:
    (finding,) = diagnose([failed(error)], FOUR)
    assert (text(finding), finding.exit_code, finding.node) == (cause, exit_code, "node2")
    assert cause_words(finding.cause).fix


def test_an_unhealthy_container_is_never_told_as_out_of_memory() -> None:
    fix = (
        "Look at what the check asks for; give the program more time with `--health-start-period`."
    )
    assert said(failed("task: non-zero exit (137): dockerexec: unhealthy container")) == [
        ("the health check fails", fix)
    ]


def test_a_program_that_ends_without_an_error_is_a_finding_for_a_service_but_not_for_a_job() -> (
    None
):
    ended = task(1, "node2", "complete", "shutdown")
    assert diagnose([ended], FOUR) == (Finding(Cause(CauseKind.ENDED), "node2", ended.id, 0),)
    assert said(ended) == [
        ("the program ended with exit code 0", "A service has to go on running."),
    ]
    assert diagnose([task(0, "node2", "complete", "complete")], FOUR) == ()


# ---- no container comes to be


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (
            "node is missing network attachments, ip addresses may be exhausted",
            "its node got no address in the networks that it needs",
            f"A network may be full, for each node takes an address too: `{SLASH} doctor` counts.",
        ),
        (
            f"No such image: {V2}",
            "shop/web:2.0 cannot be pulled",
            (
                "Check name and tag, and that the nodes reach the registry. Where it is private, "
                "they need the credentials of `[[registries]]`, which `swarmbot check` tries."
            ),
        ),
        *(
            (
                error,
                "shop/web:2.0 cannot be pulled",
                (
                    "Check name and tag, and that the nodes reach the registry. Where it is "
                    "private, they need the credentials of `[[registries]]`, which "
                    "`swarmbot check` tries."
                ),
            )
            for error in (
                f'failed to resolve reference "{V2}": {V2}: not found',
                (
                    f'failed to resolve reference "{V2}": failed to do request: '
                    f'Head "http://{V2}": dial tcp 10.0.0.9:5000: connect: connection refused'
                ),
                f'failed to do request: Head "https://{V2}": dial tcp: lookup shop: no such host',
                "manifest unknown: manifest unknown",
                "pull access denied, repository does not exist or may require authorization",
            )
        ),
        (
            'invalid mount config for type "bind": bind source path does not exist: /srv/my data',
            "/srv/my data does not exist on the node",
            "Create it on every node that may run the task, or use a volume.",
        ),
        (
            'invalid mount config for type "bind": bind source path does not exist',
            "a mount is not possible: bind source path does not exist",
            "Correct the mount, or constrain the service to nodes that have it.",
        ),
        (
            (
                f"starting container failed: {NETWORK}Bind for 0.0.0.0:8080 failed: port is "
                "already allocated"
            ),
            "port 8080 is taken by something outside Swarm",
            FREE_PORT,
        ),
        (
            f"starting container failed: {NETWORK}{PROXY}listen tcp4 0.0.0.0:80: bind: {IN_USE}",
            "port 80 is taken by something outside Swarm",
            FREE_PORT,
        ),
        (
            (
                f"starting container failed: {SET_UP}{NETWORK}failed to bind host port "
                f"[::]:8443/tcp: {IN_USE}"
            ),
            "port 8443 is taken by something outside Swarm",
            FREE_PORT,
        ),
        *(
            (
                (
                    f"starting container failed: {SET_UP}{NETWORK}failed to bind host port {bind}: "
                    f"{IN_USE}"
                ),
                "port 8222 is taken by something outside Swarm",
                FREE_PORT,
            )
            for bind in (
                "for 0.0.0.0:8222:172.17.0.2:8080/tcp",
                "for [::]:8222:[fd00::2]:8080/tcp",
                "for :8222:172.17.0.2:8080/udp",
                "for 0.0.0.0:8222-8230:172.17.0.2:8080/tcp",
                "8222 for 0.0.0.0:8220-8230:172.17.0.2:8080/tcp",
            )
        ),
        (
            "starting container failed: Address already in use",
            "a port or address that it needs is taken on the node",
            FREE_PORT,
        ),
        (
            (
                f'starting container failed: {OCI}exec: "nope": executable file not found in '
                "$PATH: unknown"
            ),
            "the program `nope` is not in the image",
            PROGRAM,
        ),
        (
            (
                f'starting container failed: {OLD_OCI}"exec: \\"/bin/sh -c\\": no such file or '
                'directory"'
            ),
            "the program `/bin/sh -c` is not in the image",
            PROGRAM,
        ),
        (
            f'starting container failed: {OCI}exec: "/app/run": permission denied: unknown',
            "the program `/app/run` may not be executed",
            "Set its execute bit when the image is built, or check the user that it runs as.",
        ),
        (
            f"starting container failed: {OCI}exec /app/run: exec format error",
            "the image is built for another platform",
            MULTI_PLATFORM,
        ),
        (
            (
                "image web:2 was found but its platform (linux/arm64) does not match the "
                "specified platform (linux/amd64)"
            ),
            "the image is built for another platform",
            MULTI_PLATFORM,
        ),
        (
            (
                f'starting container failed: {OCI}error mounting "/x" to rootfs at "/y": no such '
                "file or directory"
            ),
            (
                f'the container does not start: {OCI}error mounting "/x" to rootfs at "/y": no '
                "such file or directory"
            ),
            "",
        ),
        ("something that nobody has seen before", "something that nobody has seen before", ""),
    ],
)
def test_a_container_that_never_was(error: str, cause: str, fix: str) -> None:
    (finding,) = diagnose([failed(error, "rejected")], FOUR)
    assert (text(finding), finding.node, finding.exit_code) == (cause, "node2", None)
    assert cause_words(finding.cause).fix == fix or not fix


def test_a_long_error_is_cut() -> None:
    for error in ("x" * 5000, "starting container failed: " + "x" * 5000):
        assert len(text(diagnose([failed(error)], FOUR)[0])) == 300


def test_an_image_with_braces_in_its_text_is_only_text() -> None:
    odd = failed("No such image: x", image=Image("{path}"))
    assert text(diagnose([odd], FOUR)[0]) == "{path} cannot be pulled"


# ---- no node


@pytest.mark.parametrize(
    ("reasons", "cause"),
    [
        ("unsupported platform on 1 node", "the image has no build for the platform of 1 node"),
        ("unsupported platform on 4 nodes", "the image has no build for the platform of 4 nodes"),
        ("scheduling constraints not satisfied on 1 node", "the constraints exclude 1 node"),
        ("scheduling constraints not satisfied on 4 nodes", "the constraints exclude 4 nodes"),
        ("insufficient resources on 1 node", "1 node has no room left for the reservation"),
        ("insufficient resources on 11 nodes", "11 nodes have no room left for the reservation"),
        ("host-mode port already in use on 1 node", "the host port is taken on 1 node"),
        ("host-mode port already in use on 3 nodes", "the host port is taken on 3 nodes"),
        (
            "max replicas per node limit exceed",
            "every node left runs as many replicas as `--replicas-max-per-node` allows",
        ),
        ("missing plugin on 1 node", "a plugin that the task needs is missing on 1 node"),
        ("missing plugin on 2 nodes", "a plugin that the task needs is missing on 2 nodes"),
        (
            "cannot fulfill requested CSI volume mounts on 2 nodes",
            "the cluster volume cannot be mounted on 2 nodes",
        ),
        (
            "1 node not available for new tasks",
            "1 node takes no new tasks: paused, drained or down",
        ),
        (
            "3 nodes not available for new tasks",
            "3 nodes take no new tasks: paused, drained or down",
        ),
        ("", "no node takes the task"),
    ],
)
def test_no_suitable_node(reasons: str, cause: str) -> None:
    ((told_cause, fix),) = said(pending(reasons))
    assert told_cause == cause
    assert fix


def test_a_reason_that_is_not_known_yet_is_told_as_it_is() -> None:
    assert said(pending("moon not full on 2 nodes")) == [("moon not full on 2 nodes", "")]
    assert said(pending("the moon is not full")) == [("the moon is not full", "")]


def test_several_reasons_in_one_message_are_several_findings() -> None:
    findings = said(
        pending(
            "insufficient resources on 2 nodes; scheduling constraints not satisfied on 1 node; "
            "max replicas per node limit exceed; 1 node not available for new tasks"
        )
    )
    assert [cause for cause, _ in findings] == [
        "2 nodes have no room left for the reservation",
        "the constraints exclude 1 node",
        "every node left runs as many replicas as `--replicas-max-per-node` allows",
        "1 node takes no new tasks: paused, drained or down",
    ]
    assert findings[0][1] == (
        "Lower `--reserve-memory` or `--reserve-cpu`, or add a node; reservations count, not usage."
    )


def test_nodes_that_take_no_new_tasks_are_named_where_it_is_clear_which() -> None:
    among = nodes(node("node1"), node("node2", availability="drain"), node("node3", state="down"))
    two = pending("2 nodes not available for new tasks; insufficient resources on 1 node")
    assert text(diagnose([two], among)[0]) == "node2 (Drain) and node3 (Down) take no new tasks"
    only_two = nodes(node("node1"), node("node2", availability="pause"))
    assert (
        text(diagnose([pending("1 node not available for new tasks")], only_two)[0])
        == "node2 (Pause) takes no new tasks"
    )


# ---- what takes long


@pytest.mark.parametrize("state", ["new", "allocated", "pending", "assigned", "accepted"])
def test_a_task_that_waits_is_told_of_after_a_while(state: str) -> None:
    waiting = task(1, "node2", state, "running", at=NOW)
    assert unwell([waiting], NOW + timedelta(seconds=4)) == []
    assert unwell([waiting], NOW + timedelta(seconds=6)) == [waiting]
    gone = task(1, "node2", state, "shutdown", at=NOW)
    assert unwell([gone], NOW + timedelta(seconds=6)) == []


@pytest.mark.parametrize(
    ("state", "desired", "cause"),
    [
        ("preparing", "running", "shop/web:2.0 is still being pulled"),
        ("starting", "running", "it starts, and is not healthy yet"),
        ("pending", "ready", "no node was found for it yet"),
        ("starting", "shutdown", ""),
        ("running", "running", ""),
        ("shutdown", "shutdown", ""),
    ],
)
def test_a_task_without_an_error(state: str, desired: str, cause: str) -> None:
    assert [text(finding) for finding in diagnose([task(1, "node2", state, desired)], FOUR)] == (
        [cause] if cause else []
    )


# ---- many tasks


def test_the_same_cause_is_told_once_with_the_newest_task_and_the_count() -> None:
    first = failed("task: non-zero exit (3)", at=NOW, on="node1")
    newest = failed("task: non-zero exit (3)", at=NOW + timedelta(seconds=9), on="node4")
    middle = failed("task: non-zero exit (3)", at=NOW + timedelta(seconds=5), on="node2")
    (finding,) = diagnose([first, newest, middle], FOUR)
    assert (finding.task_id, finding.node, finding.tasks) == (newest.id, "node4", 3)


def test_what_a_program_says_comes_before_what_waits_then_the_most_frequent() -> None:
    waiting = [pending("insufficient resources on 4 nodes")] * 5
    exits = [failed("task: non-zero exit (2)"), *[failed("task: non-zero exit (3)")] * 2]
    assert [(text(finding), finding.tasks) for finding in diagnose([*waiting, *exits], FOUR)] == [
        ("exit code 3", 2),
        ("exit code 2", 1),
        ("4 nodes have no room left for the reservation", 5),
    ]


def test_a_node_that_is_not_known_is_not_named() -> None:
    assert diagnose([failed("task: non-zero exit (3)", on="gone")], FOUR)[0].node == ""
    assert diagnose([], FOUR) == ()


@given(
    st.lists(
        st.tuples(st.text(max_size=80), st.sampled_from(["pending", "failed", "starting"])),
        max_size=5,
    )
)
def test_any_text_gives_a_cause_and_each_task_is_counted(errors: list[tuple[str, str]]) -> None:
    tasks = [replace(failed(error, state), desired=TaskState.RUNNING) for error, state in errors]
    findings = diagnose(tasks, FOUR)
    assert all(
        text(finding) for finding in findings if not all(error.isspace() for error, _ in errors)
    )
    assert sum(finding.tasks for finding in findings) <= 3 * len(tasks)


def test_every_kind_of_cause_has_words() -> None:
    for kind in CauseKind:
        words = cause_words(Cause(kind, "x", 2))
        assert words.text
        assert words.fix or kind is CauseKind.UNKNOWN


def test_what_an_earlier_version_stored_of_a_cause_is_read_as_its_words() -> None:
    stored = {"cause": "exit code 3", "fix": "Its last lines say why.", "symptom": "exits"}
    read = TypeAdapter(Finding).validate_python(stored)
    assert read == Finding(Cause(CauseKind.UNKNOWN, "exit code 3"))


@pytest.mark.parametrize(
    "cause",
    [
        Cause(CauseKind.EXIT_CODE, "3"),
        Cause(
            CauseKind.NODES_CLOSED,
            nodes=2,
            closed=(("node2", Availability.DRAIN), ("node3", NodeState.DOWN)),
        ),
    ],
)
def test_a_cause_is_stored_as_kind_and_values(cause: Cause) -> None:
    findings = TypeAdapter(Finding)
    assert findings.validate_json(findings.dump_json(Finding(cause))) == Finding(cause)


def test_the_end_of_an_error_is_never_cut_for_there_stands_the_reason() -> None:
    error = f"allocating resources failed: {'of this and that ' * 40}: no space left on device"

    ((text, _),) = said(task(1, "node2", "rejected", "shutdown", error=error))

    assert len(text) <= 300
    assert text.startswith("allocating resources failed")
    assert text.endswith("no space left on device")
