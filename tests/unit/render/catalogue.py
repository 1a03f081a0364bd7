"""Every message that the bot can say, by the name of its golden file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import errors
from bot.model import (
    Availability,
    Ending,
    Image,
    Lock,
    Message,
    NodeState,
    Outcome,
    Phase,
    Platform,
    Progress,
    Shortfall,
    Status,
    Task,
    TaskState,
)
from bot.model.change import Fate
from bot.model.images import SignatureFault
from bot.model.registry_login import LoginFault, LoginSource
from bot.model.version_in_use import VersionInUse
from bot.render import help_message, map_message, plans, status, unreachable
from bot.render.errors import explain
from bot.render.objects import logs, nodes, service_history, services
from bot.render.objects.tasks import TaskView
from bot.render.rollout import rollout_message, rollout_sheet
from bot.render.slack import blocks
from tests.unit.render import (
    catalogue_alerts,
    catalogue_approvals,
    catalogue_cli,
    catalogue_doctor,
    catalogue_home,
    catalogue_images,
    catalogue_nodes,
    catalogue_swarm,
)
from tests.unit.render import values as v
from tests.unit.render.written_cause import WrittenCause

LOCK = Lock(
    "service:s1", "bot-1", "lead", "deploy web shop/web:1.9", v.NOW - timedelta(minutes=2), 3
)
DEPLOY_HELP = help_message.CommandHelp(
    "deploy [OPTIONS] SERVICE IMAGE",
    "Rolls a service to another image, a few tasks at a time, and back if it fails.",
    (
        help_message.FlagHelp("--parallelism", "N", "tasks at a time"),
        help_message.FlagHelp("--delay", "DURATION", "between two batches, such as 2s"),
        help_message.FlagHelp("--force", "", "restart though nothing changes"),
    ),
    ("deploy web shop/web:2.0", "deploy web shop/web:2.0 --parallelism 2 --delay 2s"),
)
GROUPS = (
    help_message.Group(
        "Every day", (DEPLOY_HELP, help_message.CommandHelp("status", "health in one message"))
    ),
    help_message.Group("Nodes", (help_message.CommandHelp("node ls", "all nodes"),)),
)
STATUS = Status(
    swarm="prod",
    managers=3,
    fault_tolerance=1,
    quorum=True,
    nodes={"ready": 4},
    services=12,
    rollouts=(),
    locks=(),
    certificate_left=timedelta(days=61, hours=5),
)
ILL = Status(
    swarm="prod",
    managers=3,
    fault_tolerance=0,
    quorum=True,
    nodes={"ready": 3, "down": 1},
    nodes_away=("node3",),
    services=12,
    below=(Shortfall("web", 3, 4), Shortfall("api", 1, 2)),
    rollouts=("web",),
    locks=(LOCK,),
    engines_away=(("node3", "timed out"),),
    redis="connection refused",
    certificate_left=timedelta(hours=-3),
    holds=1,
    approvals=2,
)


MIXED = (
    VersionInUse("28.5.2", ("node1", "node2"), ("node1", "node2")),
    VersionInUse("20.10.24", ("node3", "node4"), ("node3",)),
)


def ended(phase: Phase, ending: Ending, took: float = 18, **more: Any) -> Message:
    return rollout_message.ended(v.outcome(phase, ending, took, **more))


def rollouts() -> Mapping[str, Callable[[], Message]]:
    person = replace(v.DEPLOY, rollback_by="lead")
    bot = replace(v.DEPLOY, rollback_by="swarmbot")
    back = replace(
        v.DEPLOY,
        verb="service rollback",
        line="rollback web",
        before=v.NEW,
        after=v.OLD,
        warnings=(),
    )
    hostile = replace(
        v.DEPLOY,
        service=v.LONG,
        reason=v.HOSTILE,
        actor=replace(v.DEPLOY.actor, name=v.HOSTILE),
        warnings=(v.HOSTILE,),
        summary=v.HOSTILE,
    )
    log = (v.HOSTILE, "```", "\x1b[31mred\x1b[0m", "שלום")
    fix = "The program ended by itself: its last lines say why."
    bad = replace(v.CRASH, cause=WrittenCause(text=v.HOSTILE, fix=fix), log=log)
    again = replace(v.DEPLOY, after=v.OLD, changes=())
    create = replace(
        v.DEPLOY,
        verb="service create",
        line="service create --name web shop/web:2.0",
        before=v.NEW,
        changes=(),
    )
    ran = tuple(replace(slot, state=TaskState.COMPLETE, done=True) for slot in v.HALF.slots[:1])
    return {
        "rolling": lambda: rollout_message.rolling(v.DEPLOY, v.HALF, v.NOW),
        "rolling-start": lambda: rollout_message.rolling(
            v.DEPLOY, Progress(Phase.ROLLING, 0, 4), v.START
        ),
        "rolling-failing": lambda: rollout_message.rolling(
            v.DEPLOY, replace(v.HALF, findings=(v.CRASH, v.FULL)), v.NOW
        ),
        "rolling-node-down": lambda: rollout_message.rolling(
            v.DEPLOY, replace(v.HALF, waiting_for=("node3",)), v.NOW
        ),
        "rolling-50": lambda: rollout_message.rolling(v.DEPLOY, v.many_slots(50, 38), v.NOW),
        "rolling-500": lambda: rollout_message.rolling(v.DEPLOY, v.many_slots(500, 3), v.NOW),
        "rolling-back": lambda: rollout_message.rolling(
            bot, replace(v.HALF, phase=Phase.ROLLING_BACK, findings=(v.CRASH,)), v.NOW
        ),
        "rolling-scale": lambda: rollout_message.rolling(v.SCALE, v.HALF, v.NOW),
        "rolling-one-of-several": lambda: rollout_message.one_of(
            replace(v.DEPLOY, verb="rebalance", before=v.NEW, changes=(), warnings=()),
            v.HALF,
            v.NOW,
            (2, 3),
            ["api · 4/4 · 12 s"],
        ),
        "rolling-hostile": lambda: rollout_message.rolling(
            hostile, replace(v.HALF, findings=(bad,)), v.NOW
        ),
        "done": lambda: ended(Phase.COMPLETED, Ending.DONE, 31, done=4),
        "done-node-down": lambda: ended(
            Phase.COMPLETED, Ending.DONE, 31, done=3, total=3, waiting_for=("node3",)
        ),
        "done-rollback": lambda: ended(Phase.COMPLETED, Ending.DONE, 20, rollout=back, done=4),
        "done-scale": lambda: ended(
            Phase.COMPLETED, Ending.DONE, 3, rollout=v.SCALE, done=5, total=5
        ),
        "done-forced": lambda: ended(Phase.COMPLETED, Ending.DONE, 3, rollout=again, done=4),
        "done-to-zero": lambda: ended(Phase.COMPLETED, Ending.DONE, 1, done=0, total=0, slots=()),
        "rolled-back": lambda: ended(
            Phase.ROLLED_BACK, Ending.ROLLED_BACK, findings=(v.CRASH,), tried=2, done=4
        ),
        "rolled-back-short": lambda: ended(
            Phase.ROLLED_BACK, Ending.ROLLED_BACK, 48, findings=(v.CRASH,), tried=2, done=3
        ),
        "rolled-back-sick": lambda: ended(
            Phase.ROLLED_BACK, Ending.ROLLED_BACK, findings=(v.SICK, v.FULL), tried=1, done=4
        ),
        "rolled-back-no-cause": lambda: ended(
            Phase.ROLLED_BACK,
            Ending.ROLLED_BACK,
            done=4,
            message="update rolled back due to failure or early termination of task",
        ),
        "rolled-back-by-person": lambda: ended(
            Phase.ROLLED_BACK, Ending.ROLLED_BACK, rollout=person, tried=2, done=4
        ),
        "paused": lambda: ended(Phase.PAUSED, Ending.PAUSED, findings=(v.SICK,)),
        "rollback-paused": lambda: ended(
            Phase.ROLLBACK_PAUSED, Ending.PAUSED, 40, rollout=bot, findings=(v.CRASH,)
        ),
        "timed-out": lambda: ended(Phase.TIMED_OUT, Ending.TIMED_OUT, 600, findings=(v.FULL,)),
        "timed-out-scale": lambda: ended(
            Phase.TIMED_OUT, Ending.TIMED_OUT, 600, rollout=v.SCALE, findings=(v.FULL,)
        ),
        "superseded": lambda: ended(Phase.SUPERSEDED, Ending.SUPERSEDED),
        "unfollowed": lambda: ended(
            Phase.UNFOLLOWED,
            Ending.UNFOLLOWED,
            rollout=replace(v.DEPLOY, rolls_back=True, unfollowed_by="ben"),
        ),
        "removed": lambda: ended(Phase.REMOVED, Ending.FAILED, slots=()),
        "hostile": lambda: ended(
            Phase.PAUSED, Ending.PAUSED, rollout=hostile, findings=(bad,), message=v.HOSTILE
        ),
        "creating": lambda: rollout_message.rolling(create, v.HALF, v.NOW),
        "created": lambda: ended(Phase.COMPLETED, Ending.DONE, 9, rollout=create, done=4),
        "created-not-running": lambda: ended(
            Phase.TIMED_OUT, Ending.TIMED_OUT, 600, rollout=create, findings=(v.FULL,)
        ),
        "job-complete": lambda: ended(
            Phase.COMPLETED, Ending.DONE, 3, rollout=create, done=1, total=1, slots=ran
        ),
        "change-runs": lambda: rollout_sheet.sheet(v.DEPLOY, None, v.NOW, runs=True),
        "change-done": lambda: rollout_sheet.sheet(v.DEPLOY, v.AUDITED, v.NOW, runs=False),
        "change-scale": lambda: rollout_sheet.sheet(v.SCALE, None, v.NOW, runs=False),
        "stopped": lambda: rollout_message.failed(
            v.DEPLOY, errors.PlanOutdatedError("web", "its specification")
        ),
        "stopped-fault": lambda: rollout_message.failed(v.DEPLOY, None),
        "details": lambda: rollout_message.details(
            v.outcome(
                Phase.ROLLED_BACK,
                Ending.ROLLED_BACK,
                18,
                findings=(v.SICK, v.CRASH),
                message="rollback completed",
            )
        ),
        "details-hostile": lambda: rollout_message.details(
            v.outcome(
                Phase.PAUSED, Ending.PAUSED, 18, rollout=hostile, findings=(bad,), message=v.HOSTILE
            )
        ),
        "details-long": lambda: rollout_message.details(many_steps()),
    }


def many_steps() -> Outcome:
    base = v.outcome(Phase.PAUSED, Ending.PAUSED, 18)
    taken = [
        replace(step, error="task: non-zero exit (3)" if n == 70 else "")
        for n, step in enumerate(base.steps * 50)
    ]
    return replace(base, steps=tuple(taken))


def lists() -> Mapping[str, Callable[[], Message]]:
    many = [
        replace(
            v.WEB, id=f"s{n}", name=f"shop_web{n}", running=4 - (n % 50 == 0), stack=f"shop{n % 3}"
        )
        for n in range(300)
    ]
    tasks500 = [task(n) for n in range(1, 501)]
    task_view = TaskView(v.NODES, v.NOW)
    odd = replace(
        v.WEB,
        name=v.LONG,
        image=Image("registry.example.com:5000/" + "a/" * 60 + "web", "2.0"),
        stack=v.HOSTILE,
    )
    locked = replace(v.NODES["n2"], state=NodeState.DOWN, availability=Availability.ACTIVE)
    ends = {
        "n1": v.NOW + timedelta(days=71, hours=2),
        "n2": v.NOW + timedelta(days=71),
        "n4": v.NOW - timedelta(days=1),
    }
    return {
        "services": lambda: services.listed([v.API, v.WEB, v.AGENT], v.NOW),
        "services-well": lambda: services.listed([v.API, v.AGENT], v.NOW),
        "services-none": lambda: services.listed([], v.NOW),
        "services-300": lambda: services.listed(many, v.NOW),
        "services-odd": lambda: services.listed([odd], v.NOW),
        "tasks": lambda: services.tasks(v.WEB, v.TASKS, task_view, (v.CRASH,)),
        "tasks-well": lambda: services.tasks(
            v.WEB, [*v.TASKS[:3], replace(v.TASKS[2], slot=4)], task_view, ()
        ),
        "tasks-job": lambda: services.tasks(v.JOB_SERVICE, v.JOB_TASKS, task_view, ()),
        "tasks-job-runs": lambda: services.tasks(
            v.JOB_SERVICE,
            [replace(v.JOB_TASKS[0], state=TaskState.RUNNING), *v.JOB_TASKS[1:]],
            task_view,
            (),
        ),
        "tasks-none": lambda: services.tasks(replace(v.WEB, replicas=0), (), task_view, ()),
        "tasks-500": lambda: services.tasks(
            replace(v.WEB, replicas=500), tasks500, task_view, (v.SICK,)
        ),
        "tasks-odd": lambda: services.tasks(
            odd, [replace(t, error=v.HOSTILE) for t in v.TASKS], task_view, ()
        ),
        "inspected": lambda: services.inspected(v.WEB, v.TASKS, v.NODES),
        "inspected-odd": lambda: services.inspected(
            replace(odd, spec={}, labels={v.LONG: v.HOSTILE}), (), {}
        ),
        "history": lambda: service_history.history(v.WEB, v.REVISIONS, v.NOW),
        "history-none": lambda: service_history.history(v.WEB, (), v.NOW),
        "history-long": lambda: service_history.history(
            v.WEB, [replace(v.REVISIONS[1], number=n, note=v.HOSTILE) for n in range(1, 90)], v.NOW
        ),
        "nodes": lambda: nodes.listed(v.NODES.values(), {"n1": 5, "n4": 2}, v.NOW),
        "nodes-certificates": lambda: nodes.listed(
            v.NODES.values(), {"n1": 5, "n4": 2}, v.NOW, ends
        ),
        "map": lambda: map_message.overview(list(v.NODES.values()), v.TASKS, {v.WEB.id: v.WEB}),
        "map-well": lambda: map_message.overview([v.NODES["n1"]], (), {}),
        "nodes-well": lambda: nodes.listed([v.NODES["n1"]], {"n1": 5}, v.NOW),
        "nodes-two-away": lambda: nodes.listed([locked, v.NODES["n3"], v.NODES["n1"]], {}, v.NOW),
        "status": lambda: status.health(STATUS),
        "status-hints": lambda: status.health(STATUS, hints=True),
        "status-ill": lambda: status.health(ILL),
        "status-versions": lambda: status.health(replace(STATUS, versions=MIXED)),
        "status-unheard": lambda: status.health(
            replace(STATUS, refused_channels={"C0OPS00001": "is_archived"})
        ),
        "status-no-quorum": lambda: status.health(replace(ILL, quorum=False, redis="", locks=())),
        "status-no-leader": lambda: status.health(
            replace(STATUS, quorum=False, managers=0, fault_tolerance=0, nodes={}, services=0)
        ),
        "status-empty": lambda: status.health(
            replace(STATUS, services=0, managers=1, fault_tolerance=0, nodes={"ready": 1})
        ),
    }


def task(number: int) -> Task:
    state = "starting" if number in (7, 400) else "running"
    return replace(v.TASKS[0], id=f"t{number}", slot=number, state=TaskState(state))


def others() -> Mapping[str, Callable[[], Message]]:
    nothing = replace(
        v.PLAN,
        title="deploy web shop/web:2.0",
        noop_reason="web already runs `shop/web:2.0`. Restart it with `--force`",
    )
    lines = Outcome(ending=Ending.DONE, title="node2 is Drain", seconds=4, lines=("3 tasks moved",))
    return {
        "turning-back": lambda: plans.turning_back(v.DEPLOY),
        "elsewhere": lambda: plans.elsewhere(nothing, "C0OPS00001"),
        "together": lambda: blocks.together([lists()["tasks-well"](), lists()["tasks-none"]()]),
        "logs": lambda: logs.logs(v.WEB, v.LOG, v.NODES),
        "logs-none": lambda: logs.logs(v.WEB, replace(v.LOG, lines=()), v.NODES),
        "logs-long": lambda: logs.logs(v.WEB, replace(v.LOG, lines=v.LOG.lines * 200), v.NODES),
        "nothing": lambda: plans.noop(nothing),
        "interrupted-done": lambda: plans.interrupted("remove web", Fate.DONE, "asked by dev"),
        "interrupted-not-done": lambda: plans.interrupted(
            "remove web", Fate.NOT_DONE, "asked by dev"
        ),
        "interrupted-unsure": lambda: plans.interrupted("remove web", Fate.UNSURE, "asked by dev"),
        "followed-no-more": lambda: plans.followed_no_more(v.DEPLOY),
        "planned": lambda: plans.planned(v.PLAN),
        "plan-done": lambda: plans.ended(v.PLAN, lines),
        "plan-failed": lambda: plans.ended(
            v.PLAN, replace(lines, title="", ending=Ending.FAILED, lines=())
        ),
        "help": lambda: help_message.overview(GROUPS),
        "help-command": lambda: help_message.command_help(DEPLOY_HELP),
        "unexpected": lambda: explain.unexpected("4f2a91c0"),
    }


ERRORS: tuple[errors.SwarmbotError, ...] = (
    errors.UnclosedQuoteError('deploy web "shop'),
    errors.UnknownCommandError("delpoy", ("deploy",)),
    errors.UnknownCommandError(v.HOSTILE),
    errors.UnknownFlagError(
        "service update", "--autolock", ("--args",), "swarm update --autolock=true"
    ),
    errors.InvalidLineError(
        "deploy", "image is missing", "deploy [OPTIONS] SERVICE IMAGE", "deploy web shop/web:2.0"
    ),
    errors.InvalidValueError(
        "--delay",
        "2",
        "a duration with its unit, such as `2s`",
        "deploy web shop/web:2.0 --delay 2s",
    ),
    errors.InvalidValueError("REPLICAS", "", "a whole number"),
    errors.SecretTypedError("an unlock key"),
    errors.UnknownNameError("service", "wbe", ("web",)),
    errors.UnknownNameError("node", "node9"),
    errors.AmbiguousNameError("service", "we", ("web (s1)", "webapp (s2)")),
    errors.ReadOnlyError("deploy"),
    errors.NotAllowedError("deploy", ("lead", "operator"), "web"),
    errors.NotAllowedError("swarm ca"),
    errors.LockedError(LOCK),
    errors.LeaseLostError("service:s1"),
    errors.ImageNotFoundError(v.NEW),
    errors.RegistryUnavailableError(
        v.NEW, "dial tcp 10.99.0.254:5000: connect: connection refused"
    ),
    errors.RegistryDeniedError(v.NEW, LoginSource("10.99.0.254:5000")),
    errors.NoPlatformError(v.NEW, (Platform("linux", "arm64"),), (Platform("linux", "amd64"),)),
    errors.NoEngineError((("node1", "timed out"), ("node2", "connection refused"))),
    errors.NoLeaderError("rpc error: the swarm does not have a leader"),
    errors.NotAManagerError((("node1", "locked"), ("node4", "worker"))),
    errors.OutOfSequenceError("service", "web"),
    errors.PlanOutdatedError("web", "its specification"),
    errors.ChangeInterruptedError("web"),
    errors.PortTakenError(8080, "api"),
    errors.NameTakenError("service", "web"),
    errors.EngineRefusedError(500, v.HOSTILE),
    errors.OutcomeUnknownError("node1", "connection reset by peer"),
    errors.NoRevisionError("web", 9, (5, 6, 7)),
    errors.NoRevisionError("web", None, ()),
    errors.UnsupportedError(
        "a service cannot change its mode", "Create another one with `--mode global`"
    ),
    errors.StoreUnavailableError("connection refused"),
    errors.InvalidSettingError("rules[2].ask", "there is no role `operater`"),
    errors.ImageOnlyOnNodeError(Image("web", "v1")),
    errors.UnknownCommandError("scale=5 web", ("scale",), "scale web=5"),
    errors.UnsureRollbackError("web", "s1", v.REVISIONS[2], v.REVISIONS[1], v.NOW, True),
    errors.ImageLostError("web", "s1", v.REVISIONS[1], ("node4",), v.OLD, v.REVISIONS[0], v.NOW),
    errors.NoPlaceError("C0OPS00001", "channel_not_found", ("C0OPS00001",)),
    errors.NoPlaceError("D0DEV-LEAD", "channel_not_found"),
    errors.SlackRefusesError("token_revoked"),
    errors.EditedLineError(),
    errors.RolloutEndedError(v.DEPLOY),
    errors.ChangeUnsureError("web"),
    errors.PausedUpdateError("web", v.NEW, 1, 4, "deploy --go-on s1 shop/web:2.0"),
    *(errors.UnsignedImageError(v.NEW, fault) for fault in SignatureFault),
    errors.RegistryDeniedError(v.NEW, LoginSource("10.99.0.254:5000", "/run/secrets/registry")),
    errors.RegistryDeniedError(
        v.NEW,
        LoginSource("10.99.0.254:5000", "docker-credential-ecr-login", LoginFault.HELPER_SLOW),
    ),
    errors.RollbackQuestionError("web", v.NEW, v.OLD, "rollback s1 --of r1"),
    errors.RollbackQuestionError("web", v.NEW, v.OLD, "rollback s1 --of r1", runs=True),
    errors.NothingToRollBackError("web", "service scale"),
    errors.RolloutUnknownError("3f9a1c2b4d"),
    errors.RolloutUnknownError(""),
    errors.ElsewhereError(
        "", "ps", "lists the containers of one engine; in a Swarm they are tasks", "node ps"
    ),
    errors.ElsewhereError(
        "service create", "--env-file", "it names a file of your machine; give `--env KEY=VALUE`"
    ),
    errors.UnknownNameError("node", "z9u2mq1x0cd7tfhh4w8k3ns5a"),
    errors.UnknownNameError("alert", "node:z9u2mq1x0cd7tfhh4w8k3ns5a"),
)


def unheard() -> Mapping[str, Callable[[], Message]]:
    """What is said where Slack does not take something."""
    return {
        "unheard-channel": lambda: unreachable.said_here("C0OPS00001", "is_archived"),
        "unheard-new-reason": lambda: unreachable.said_here("C0OPS00001", "moon_in_leo"),
        "unheard-perhaps-twice": lambda: unreachable.copies().perhaps,
        "unheard-outdated-copy": lambda: unreachable.copies().outdated,
        "unheard-file": lambda: unreachable.file_refused("services.txt", "not_in_channel", True),
        "unheard-no-files": lambda: unreachable.file_refused(
            "services.txt", "file_uploads_disabled", False
        ),
    }


def catalogue() -> dict[str, Callable[[], Message]]:
    """All messages by name."""
    failures = {
        f"error-{number:02}-{type(error).__name__}": (lambda error=error: explain.explain(error))
        for number, error in enumerate(ERRORS)
    }
    return {
        **rollouts(),
        **lists(),
        **others(),
        **failures,
        **unheard(),
        **catalogue_alerts.messages(),
        **catalogue_approvals.messages(),
        **catalogue_doctor.messages(),
        **catalogue_home.messages(),
        **catalogue_images.messages(),
        **catalogue_cli.messages(),
        **catalogue_nodes.messages(),
        **catalogue_swarm.messages(),
    }
