"""Services below their count, that crash, whose rollout stopped, that somebody changed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Mode, Service, Shortfall, Task, TaskState, UpdateStatus
from bot.model.alert_facts import ChangedOutside, ServiceChanges
from bot.model.completion import Completion, RestartCondition
from bot.model.incident import CHANGES_LABEL, AlertState, Note, Silence
from bot.model.slash import SLASH
from bot.render.alerts.alert_words import now_words
from bot.swarm.spec.edit import fingerprint
from tests.unit.watch.world import (
    API,
    DEV,
    FOUR,
    NOW,
    SPREAD,
    V1,
    V2,
    WEB,
    Story,
    begun,
    node,
    rollout,
    service,
    task,
)

THREE = tuple(task for task in SPREAD if task.id != "web.4.n4.running")
NEW = service("web", 4, V2, version=2, previous=WEB.spec)


def below(story: Story, seconds: float = 60) -> dict[str, list[str]]:
    story.waits(seconds)
    return story.troubles


# ---- below


def test_a_service_below_its_count_is_told_after_a_minute() -> None:
    story = begun()
    pending = task(
        "web", 4, 9, "pending", error="no suitable node (insufficient resources on 4 nodes)"
    )
    story.sees(tasks=(*THREE, replace(pending, node_id="")))
    assert below(story, 55) == {}
    assert below(story, 5) == {"service:s-web": ["service-below"]}
    problem = story.one("service:s-web").problems[0]
    assert problem.lost == (Shortfall("web", 3, 4),)
    assert "3 of 4 replicas run: 4 nodes have no room left" in story.reason("service:s-web").cause
    assert "--reserve-memory" in story.reason("service:s-web").fix
    story.sees(tasks=SPREAD)
    assert story.one("service:s-web").state is AlertState.RESOLVED


def test_a_dip_of_half_a_minute_passes_unsaid() -> None:
    story = begun()
    story.sees(tasks=THREE)
    assert below(story, 30) == {}
    story.sees(tasks=SPREAD)
    assert story.memory.incidents == {}


@pytest.mark.parametrize("nodes", [(), (node(4),)])
def test_a_task_on_a_node_that_left_runs_no_more(nodes: tuple[object, ...]) -> None:
    story = begun()
    story.sees(nodes=(*FOUR[:3], *nodes))
    assert set(below(story)) == (set() if nodes else {"service:s-web", "service:s-api"})


def test_what_the_bot_changes_is_quiet_until_a_minute_after() -> None:
    story = begun()
    story.sees(tasks=THREE, locks=frozenset({"service:s-web"}))
    assert below(story, 120) == {}
    story.sees(locks=frozenset())
    assert below(story, 55) == {}
    assert below(story, 70) == {"service:s-web": ["service-below"]}


def test_a_change_that_was_over_before_anybody_looked_is_quiet_too() -> None:
    story = begun()
    started = story.world.at
    story.sees(tasks=THREE, rollouts={WEB.id: replace(rollout(WEB), started=started)})
    assert below(story, 110) == {}
    assert below(story, 20) == {"service:s-web": ["service-below"]}


def test_a_drain_by_the_bot_raises_nothing() -> None:
    story = begun()
    shut = tuple(
        replace(task, desired=TaskState.SHUTDOWN) if task.node_id == "n4" else task
        for task in SPREAD
    )
    story.sees(
        nodes=(*FOUR[:3], node(4, availability="drain")), tasks=shut, locks=frozenset({"node:n4"})
    )
    assert below(story, 90) == {}
    assert story.memory.incidents == {}


def test_an_alert_stays_while_somebody_repairs_it_by_the_bot() -> None:
    story = begun()
    story.sees(tasks=THREE)
    below(story)
    assert story.sees(locks=frozenset({"service:s-web"})).changed == ()
    (over,) = story.sees(tasks=SPREAD).changed
    assert over.state is AlertState.RESOLVED


def test_the_engines_own_count_does_where_nobody_lists_the_tasks() -> None:
    story = begun()
    story.sees(
        tasks=None,
        services=(replace(WEB, running=2, desired=4), replace(API, running=2, desired=2)),
    )
    assert below(story) == {"service:s-web": ["service-below"]}
    assert story.one("service:s-web").problems[0].lost == (Shortfall("web", 2, 4),)


def test_the_engines_own_count_is_not_believed_while_a_node_is_down() -> None:
    story = begun()
    story.sees(tasks=THREE)
    below(story)
    story.sees(
        nodes=(*FOUR[:3], node(4, state="down")),
        tasks=None,
        services=(replace(WEB, running=4, desired=4),),
    )
    assert "service:s-web" in story.troubles


@pytest.mark.parametrize(
    ("mode", "replicas", "states", "troubled"),
    [
        (Mode.GLOBAL, None, ("running",) * 4, False),
        (Mode.GLOBAL, None, ("running",) * 3 + ("pending",), True),
        (Mode.REPLICATED_JOB, 3, ("complete",) * 3, False),
        (Mode.REPLICATED_JOB, 3, ("complete", "running"), False),
        (Mode.REPLICATED_JOB, 3, ("complete", "pending"), True),
        (Mode.GLOBAL_JOB, None, ("complete",) * 4, False),
        (Mode.REPLICATED, 0, (), False),
    ],
)
def test_every_mode_counts_in_its_own_way(
    mode: Mode, replicas: int | None, states: tuple[str, ...], troubled: bool
) -> None:
    changed = replace(service("web"), mode=mode, replicas=replicas, job_iteration=1)
    tasks = tuple(
        replace(task("web", 0 if replicas is None else number, number, state), job_iteration=1)
        for number, state in enumerate(states, 1)
    )
    story = Story(replace(begun().world, services=(changed,), tasks=tasks))
    assert bool(below(story, 70)) == troubled


def test_a_service_that_was_told_of_is_not_whole_because_its_node_goes_down_too() -> None:
    story = begun()
    story.sees(tasks=tuple(task for task in SPREAD if task.id != "web.1.n1.running"))
    below(story)
    story.sees(nodes=(*FOUR[:3], node(4, state="down")))
    assert story.troubles == {"service:s-web": ["service-below"], "node:n4": ["node-down"]}
    assert Shortfall("web", 2, 4) in story.one("node:n4").problems[0].lost


# ---- crashing


def crashes(*ago: float, at: Any, slot: int = 1, on: int = 1) -> tuple[Any, ...]:
    return tuple(
        task(
            "web", slot, on, "failed", "shutdown", id=f"f{slot}.{sec}",
            at=at - timedelta(seconds=sec), error="task: non-zero exit (3)", exit_code=3,
        )
        for sec in ago
    )  # fmt: skip


def test_three_crashes_of_one_slot_within_five_minutes() -> None:
    story = begun()
    at = story.world.at
    story.sees(tasks=(*SPREAD, *crashes(10, 30, at=at), *crashes(20, at=at, slot=2)))
    assert story.troubles == {}, "two of one slot and one of another are three accidents"
    story.sees(tasks=(*SPREAD, *crashes(10, 20, 30, at=at)))
    assert story.troubles == {"service:s-web": ["service-crashing"]}
    problem = story.one("service:s-web").problems[0]
    assert "again and again: exit code 3" in story.reason("service:s-web").cause
    assert problem.since == at - timedelta(seconds=30)
    story.waits(240)
    assert story.firing
    story.waits(60)
    assert story.one("service:s-web").state is AlertState.RESOLVED


def test_what_crashed_in_the_bots_own_rollout_is_told_by_its_message() -> None:
    story = begun()
    story.sees(
        locks=frozenset({"service:s-web"}), tasks=(*SPREAD, *crashes(1, 2, 3, at=story.world.at))
    )
    story.sees(5, locks=frozenset())
    story.waits(200)
    assert story.troubles == {}


# ---- restarting


def restarts(
    story: Story,
    every: float,
    times: int,
    *,
    exit_code: int = 0,
    history: int = 1,
    of: Service = WEB,
    looks: float = 5,
) -> None:
    """web.1 ends every so many seconds and is started again; Swarm keeps so many ended tasks."""
    others = tuple(task for task in SPREAD if task.id != "web.1.n1.running")
    ended: list[Task] = []
    for _ in range(times):
        created = story.world.at
        runs = task("web", 1, 1, id=f"t{created:%H%M%S}", created=created, at=created)
        story.sees(0.5, services=(of, API), tasks=(*others, *ended, runs))
        story.waits(every, looks)
        state, error = (
            ("failed", f"task: non-zero exit ({exit_code})") if exit_code else ("complete", "")
        )
        last = replace(
            runs,
            state=TaskState(state),
            desired=TaskState.SHUTDOWN,
            error=error,
            exit_code=exit_code,
            at=story.world.at,
        )
        ended = [*ended, last][-history:] if history else []


OLD_WEB = replace(WEB, updated=NOW - timedelta(days=1))


@pytest.mark.parametrize("history", [5, 1, 0])
@pytest.mark.parametrize("exit_code", [0, 3])
def test_who_is_started_again_and_again_is_told_of_whatever_the_exit_code(
    history: int, exit_code: int
) -> None:
    story = begun(services=(OLD_WEB, API))
    restarts(story, 15, 2, history=history, exit_code=exit_code, of=OLD_WEB)
    assert story.troubles == {}
    restarts(story, 15, 2, history=history, exit_code=exit_code, of=OLD_WEB)
    assert story.troubles == {"service:s-web": ["service-crashing"]}
    story.waits(310)
    assert story.one("service:s-web").state is AlertState.RESOLVED


def test_a_program_that_ends_well_is_called_restarting() -> None:
    story = begun(services=(OLD_WEB, API))
    restarts(story, 15, 4, of=OLD_WEB)
    problem = story.one("service:s-web").problems[0]
    assert now_words(problem) == "web keeps restarting"
    assert (
        "A task of it ends again and again: the program ended with exit code 0."
        in story.reason("service:s-web").cause
    )


def test_slow_restarts_are_told_of_and_over_when_they_are() -> None:
    story = begun(services=(OLD_WEB, API))
    restarts(story, 600, 4, exit_code=1, of=OLD_WEB, looks=30)
    assert story.troubles == {}
    restarts(story, 600, 2, exit_code=1, of=OLD_WEB, looks=30)
    assert story.troubles == {"service:s-web": ["service-crashing"]}
    story.waits(1000, 30)
    assert story.one("service:s-web").state is AlertState.RESOLVED


def test_a_timetable_of_long_pauses_is_no_crash() -> None:
    spec = {**WEB.spec, "TaskTemplate": {"RestartPolicy": {"Delay": 120_000_000_000}}}
    hourly = replace(OLD_WEB, spec=spec)
    story = begun(services=(hourly, API))
    restarts(story, 130, 12, of=hourly, looks=30)
    assert story.troubles == {}


def test_what_others_roll_or_a_node_takes_along_is_no_restart() -> None:
    story = begun(services=(OLD_WEB, API))
    for number in range(5):
        now = story.world.at
        rolled = replace(OLD_WEB, updated=now, spec={**WEB.spec, "Labels": {"n": str(number)}})
        fresh = tuple(
            task("web", slot, slot, id=f"u{number}.{slot}", created=now + timedelta(seconds=1))
            for slot in range(1, 5)
        )
        story.sees(20, services=(rolled, API), tasks=fresh)
    # A node that goes and comes takes its task along each time.
    tasks: tuple[Task, ...] = tuple(task for task in SPREAD if task.id != "web.1.n1.running")
    for number in range(5):
        now = story.world.at
        tasks = (
            *tasks,
            task("web", 1, 1, "orphaned", "shutdown", id=f"o{number}", created=now),
            task(
                "web",
                1,
                1,
                "shutdown",
                "shutdown",
                id=f"d{number}",
                created=now + timedelta(seconds=1),
            ),
        )
        story.sees(20, tasks=tasks)
    assert not any("service-crashing" in kinds for kinds in story.troubles.values())


# ---- rollouts


def updated(state: str, started: float = 0, of: Service = NEW, message: str = "") -> Service:
    return replace(of, update=UpdateStatus(state, message, NOW + timedelta(seconds=started)))


def test_a_rollout_by_somebody_else_is_paused() -> None:
    story = begun()
    story.sees(services=(updated("updating", 10), API))
    story.sees(services=(updated("paused", 10), API))
    assert story.troubles == {"service:s-web": ["rollout-paused"]}
    story.sees(services=(updated("updating", 60), API))
    assert story.one("service:s-web").state is AlertState.RESOLVED


def test_the_bots_own_rollout_is_told_by_its_own_message() -> None:
    story = begun()
    own = rollout(NEW, WEB, ago=-100)
    story.sees(100, rollouts={WEB.id: own}, services=(updated("paused", 101), API))
    story.waits(120)
    story.sees(services=(updated("rollback_completed", 101, WEB), API))
    story.waits(120)
    assert story.memory.incidents == {}


def test_somebody_elses_rollout_after_the_bots_is_told() -> None:
    story = begun()
    story.sees(rollouts={WEB.id: rollout(WEB, ago=600)}, services=(updated("paused", 1), API))
    assert story.troubles == {"service:s-web": ["rollout-paused"]}


def test_what_was_paused_for_days_when_the_watch_began_is_no_news() -> None:
    story = Story()
    story.sees(services=(updated("paused", -90_000), API))
    story.waits(60)
    assert story.memory.incidents == {}


def test_the_bots_own_paused_rollout_is_no_news_when_its_record_is_gone() -> None:
    story = begun()
    story.sees(
        100, rollouts={WEB.id: rollout(NEW, WEB, ago=-100)}, services=(updated("paused", 101), API)
    )
    story.sees(86_000)
    story.sees(500, rollouts={})
    assert story.memory.incidents == {}


def test_what_is_paused_stays_told_for_days() -> None:
    story = begun()
    story.sees(services=(updated("paused", 1), API))
    story.sees(200_000)
    assert story.troubles == {"service:s-web": ["rollout-paused"]}


def test_what_was_rolled_back_is_told_for_an_hour() -> None:
    story = begun()
    story.sees(services=(updated("rollback_completed", 1, WEB), API))
    assert story.troubles == {"service:s-web": ["rollout-rolled-back"]}
    story.waits(3500, 100)
    assert story.firing
    story.waits(200, 100)
    assert not story.firing


def test_a_rollback_by_hand_is_no_failure() -> None:
    story = begun()
    story.sees(services=(updated("rollback_completed", 1, WEB, "manually requested rollback"), API))
    assert story.memory.incidents == {}


# ---- changed outside


def test_a_change_by_hand_is_noted_once() -> None:
    story = begun()
    story.sees(services=(NEW, API))
    assert story.said == ["web was changed outside swarmbot: image shop/web:1.0 → shop/web:2.0."]
    story.sees(services=(service("web", 6, V2, version=3, previous=NEW.spec), API))
    assert story.said == ["web was changed outside swarmbot: replicas 4 → 6."]


def test_what_else_changed_is_named_and_never_shown() -> None:
    story = begun()
    spec = {
        **WEB.spec,
        "TaskTemplate": {"ContainerSpec": {"Image": str(V1), "Env": ["KEY=hidden"]}},
    }
    story.sees(services=(replace(WEB, spec=spec, previous=WEB.spec, version=2), API))
    assert story.said == ["web was changed outside swarmbot: Env."]


def test_the_bots_own_changes_are_no_note_and_going_back_by_hand_is_one() -> None:
    story = begun()
    story.sees(rollouts={WEB.id: rollout(NEW, WEB, ago=-1)}, services=(NEW, API))
    assert story.said == []
    by_hand = replace(WEB, version=3, previous=NEW.spec, updated=NOW + timedelta(seconds=60))
    story.sees(60, services=(by_hand, API))
    assert story.said == ["web was changed outside swarmbot: image shop/web:2.0 → shop/web:1.0."]
    story.sees(60, services=(replace(NEW, version=4), API))
    assert len(story.said) == 1, "the specification of the rollout, but not by the rollout"


@pytest.mark.parametrize(
    ("message", "rollback_by"),
    [("rollback by failure", ""), ("manually requested rollback", "swarmbot")],
)
def test_a_rollback_of_the_bots_rollout_is_no_note(message: str, rollback_by: str) -> None:
    story = begun()
    own = replace(rollout(NEW, WEB, ago=-1), rollback_by=rollback_by)
    story.sees(rollouts={WEB.id: own}, services=(NEW, API))
    back = replace(
        updated("rollback_started", 5, WEB, message), updated=NOW + timedelta(seconds=60)
    )
    story.sees(services=(back, API))
    assert story.said == []


def of_shop(name: str, replicas: int, version: int = 1) -> Service:
    before = service(name, 2, stack="shop")
    return replace(service(name, replicas, stack="shop"), version=version, previous=before.spec)


def test_a_stack_that_is_deployed_by_hand_is_one_note() -> None:
    names = ("shop_api", "shop_db", "shop_web")
    before = tuple(of_shop(name, 2) for name in names)
    story = begun(
        services=(*before, WEB),
        tasks=(*SPREAD, *(task(name, slot, slot) for name in names for slot in (1, 2))),
    )
    story.sees(services=(of_shop("shop_api", 3, 2), *before[1:], NEW))
    assert story.said == ["web was changed outside swarmbot: image shop/web:1.0 → shop/web:2.0."], (
        "it has no stack"
    )
    story.sees(3, services=(of_shop("shop_api", 3, 2), of_shop("shop_db", 4, 2), before[2], NEW))
    story.sees(services=None)
    assert story.said == []
    story.sees(3)
    assert story.said == [
        (
            "shop was changed outside swarmbot: 2 services of this stack, shop_api (replicas 2 → "
            "3) and shop_db (replicas 2 → 4)."
        )
    ]
    story.sees(
        services=(
            of_shop("shop_api", 3, 2),
            of_shop("shop_db", 4, 2),
            of_shop("shop_web", 1, 2),
            NEW,
        )
    )
    story.sees(5)
    assert story.said == ["shop_web was changed outside swarmbot: replicas 2 → 1."]
    changed = of_shop("shop_web", 5, 3)
    story.sees(services=(of_shop("shop_api", 3, 2), of_shop("shop_db", 4, 2), changed, NEW))
    again = replace(of_shop("shop_web", 6, 4), previous=changed.spec)
    story.sees(services=(of_shop("shop_api", 3, 2), of_shop("shop_db", 4, 2), again, NEW))
    story.sees(5)
    assert story.said == [
        "shop_web was changed outside swarmbot: replicas 2 → 5, then replicas 5 → 6."
    ]


def test_a_stack_that_changes_all_the_time_is_not_kept_back_for_ever() -> None:
    story = begun(
        services=(of_shop("shop_web", 2),), tasks=(task("shop_web", 1, 1), task("shop_web", 2, 2))
    )
    said = []
    for count in range(3, 20):
        story.sees(3, services=(of_shop("shop_web", count, count),))
        said += story.said
    assert 1 <= len(said) <= 2


def scaled(replicas: int, version: int, **fields: Any) -> Service:
    """The service as an autoscaler left it."""
    before = service("web", 5 - replicas, **fields)
    return service("web", replicas, version=version, previous=before.spec, **fields)


def autoscaled(story: Story, times: int, every: float, **fields: Any) -> list[str]:
    """All that was said while something else changes the service every so many seconds."""
    said = []
    for _ in range(times):
        version = story.world.services[0].version + 1 if story.world.services else 1
        web = scaled(2 + version % 2, version, **fields)
        story.sees(every, services=(web, API))
        said += story.said
    return said


def test_who_changes_a_service_all_the_time_is_told_of_in_sum() -> None:
    story = begun(services=(scaled(2, 2), API))
    head = "web was changed outside swarmbot: "
    assert autoscaled(story, 2, 60) == [
        f"{head}replicas 2 → 3.",
        f"{head}replicas 3 → 2.",
    ]
    assert autoscaled(story, 8, 60) == []
    (sum_up,) = autoscaled(story, 1, 60)
    assert sum_up == f"{head}9 times in 8 min, last: replicas 2 → 3."
    # And from then on once an hour.
    assert autoscaled(story, 59, 60) == []
    (hourly,) = autoscaled(story, 1, 60)
    assert hourly == f"{head}60 times in 59 min, last: replicas 2 → 3."
    assert len(story.memory.held) == 0
    # When it has been left in peace for long, the next change is news at once.
    story.waits(4000, 60)
    assert len(autoscaled(story, 1, 60)) == 1


def test_what_was_kept_back_is_said_though_nothing_more_comes() -> None:
    story = begun(services=(scaled(2, 2), API))
    autoscaled(story, 4, 60)
    said = []
    for _ in range(12):
        story.sees(60)
        said += story.said
    assert said == ["web was changed outside swarmbot: 2 times in 1 min, last: replicas 3 → 2."]


def test_much_that_is_kept_back_takes_no_more_room_than_little() -> None:
    story = begun(services=(scaled(2, 2), API))
    autoscaled(story, 200, 1)
    (held,) = story.memory.held
    assert isinstance(held.facts, ChangedOutside)
    assert len(held.facts.services[0].changes) == 1


def test_a_stack_that_is_changed_all_the_time_is_told_of_in_sum_too() -> None:
    story = begun(services=(scaled(2, 2, stack="shop"), API))
    said = autoscaled(story, 30, 60, stack="shop")
    assert len(said) <= 4
    assert "times in" in said[-1]


@pytest.mark.parametrize(("value", "notes"), [("off", 0), ("OFF", 0), ("on", 1), ("", 1)])
def test_a_label_of_the_service_switches_it_off(value: str, notes: int) -> None:
    labels = {CHANGES_LABEL: value}
    story = begun(services=(scaled(2, 2, labels=labels), API))
    assert len(autoscaled(story, 1, 60, labels=labels)) == notes


@pytest.mark.parametrize(
    ("pattern", "quiet"),
    [
        ("web", True),
        ("w*", True),
        ("service:s-web", True),
        ("api", False),
        ("service:s-api", False),
    ],
)
def test_a_silence_covers_what_was_changed_too(pattern: str, quiet: bool) -> None:
    story = begun()
    (note,) = story.sees(services=(NEW, API)).notes
    silence = Silence(pattern=pattern, by=DEV, since=NOW, until=NOW + timedelta(hours=1))
    assert silence.covers_note(note, NOW) is quiet
    assert not silence.covers_note(note, NOW + timedelta(hours=2))


def test_a_silence_of_a_stack_or_of_all_its_services_covers_its_note() -> None:
    changes = tuple(ServiceChanges(service=name) for name in ("shop_api", "shop_web"))
    note = Note(id="n", name="shop", facts=ChangedOutside(services=changes), at=NOW, stack="shop")

    def covers(pattern: str) -> bool:
        return Silence(pattern=pattern, by=DEV, since=NOW).covers_note(note, NOW)

    assert [covers(pattern) for pattern in ("shop", "shop_*", "shop_web", "web")] == [
        True,
        True,
        False,
        False,
    ]


def test_what_is_locked_or_new_is_no_note() -> None:
    story = begun()
    story.sees(services=(NEW, API), locks=frozenset({"service:s-web"}))
    assert story.said == []
    story.sees(services=(NEW, API, service("new")), locks=frozenset())
    assert story.said == []
    assert story.memory.specs["s-web"] == fingerprint(NEW.spec)


# ---- services that do one piece of work


def migration(completion: Completion | None = None, **fields: Any) -> Service:
    return service("migrate", 1, restart=RestartCondition.NONE, completion=completion, **fields)


def test_work_that_is_done_wakes_nobody_however_long_ago_that_was() -> None:
    running, ended = task("migrate", 1, 1), task("migrate", 1, 1, "complete", "shutdown")
    story = begun(services=(migration(),), tasks=(running,))
    done = migration(Completion(done=frozenset("1"), at=NOW))
    story.sees(services=(done,), tasks=(ended,))
    assert story.waits(3600, 60) == []
    # Swarm lists it for a while only.
    story.sees(tasks=())
    assert story.waits(3600, 60) == []
    # And takes it for a failure that it was done so soon.
    paused = UpdateStatus("paused", "update paused due to failure", started=story.world.at)
    story.sees(services=(replace(done, update=paused),))
    assert story.waits(600) == []


def test_work_that_failed_is_told_as_that_with_its_exit_code() -> None:
    story = begun(services=(migration(),), tasks=(task("migrate", 1, 1),))
    failed = task(
        "migrate", 1, 1, "failed", "shutdown", error="task: non-zero exit (3)", exit_code=3
    )
    lost = migration(Completion(failed=frozenset("1"), at=NOW, exit_code=3))
    story.sees(services=(lost,), tasks=(failed,))
    assert below(story, 60) == {"service:s-migrate": ["service-below"]}
    told = story.reason("service:s-migrate")
    assert told.cause == "A task of it ended: exit code 3; Swarm does not start it again."
    assert f"{SLASH} service update --force migrate" in told.fix
    assert now_words(story.one("service:s-migrate").problems[0]) == "migrate failed · 0/1"
