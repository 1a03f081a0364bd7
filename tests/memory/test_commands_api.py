"""CI sends commands over HTTP and follows them to their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.model.sent_command import SentEnding
from bot.settings import PolicyRule, Role
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

PEOPLE = (Role(name="operator", users=(DEV, LEAD)), Role(name="lead", users=(LEAD,)))
ROLES = (*PEOPLE, Role(name="ci", ci=True))
FREELY = (PolicyRule(commands=("*",), ask=("operator", "ci")),)
BY_LEAD = (PolicyRule(commands=("*",), ask=("operator", "ci"), approve=("lead",)),)
runs_freely = pytest.mark.world(ROLES, FREELY)
lead_approves = pytest.mark.world(ROLES, BY_LEAD)
lead_approves_at_two = pytest.mark.world(ROLES, BY_LEAD, bots=2)
two_bots = pytest.mark.world(ROLES, FREELY, bots=2)
DEPLOY = "deploy web shop/web:2.0"


def settles(world: World) -> None:
    """All comes to rest, and somebody looks at what was said."""
    world.clock.run(world.clock.is_idle, 300)
    world.clock.run(lambda: False, 3)
    world.hears_everything()


@pytest.fixture
def ci(world: World) -> Pipeline:
    """A pipeline whose token is good."""
    return Pipeline.named(world.bot, "jenkins-shop")


@runs_freely
def test_a_deploy_runs_to_its_end_with_events(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    sent = ci.sends("docker service update --image shop/web:2.0 web")
    assert ci.reads(sent)["state"] == "accepted"
    ended = ci.ends(sent)
    assert ended["ending"] == "completed"
    assert ended["line"] == "service update --image=shop/web:2.0 web"
    assert ended["asked_by"] == "CI jenkins-shop"
    assert world.image_of("web") == "shop/web:2.0"
    events = ci.events(sent)
    states = [event.data["state"] for event in events]
    assert states[0] == "accepted"
    assert states[-1] == "ended"
    assert any("1/2" in event.data["text"] for event in events), [e.data["text"] for e in events]
    assert {event.kind for event in events} == {"state"}
    numbers = [int(event.id) for event in events]
    assert numbers == sorted(set(numbers))
    assert events[-1].data == ended
    assert ci.events(sent, after=events[-2].id) == events[-1:]
    dev.sees("✅ web")


@runs_freely
def test_a_read_is_answered_in_plain_text(world: World, ci: Pipeline) -> None:
    world.runs("web", replicas=2)
    ended = ci.does("service ls")
    assert ended["ending"] == "completed"
    assert "web" in ended["text"]
    assert "2/2" in ended["text"]
    assert not {"```", "*", "<", "&gt;"} & set(ended["text"].split())


@runs_freely
def test_what_is_so_already_changes_nothing(world: World, ci: Pipeline) -> None:
    world.runs("web", replicas=2)
    assert ci.does("scale web=2")["ending"] == "nothing_to_change"


@runs_freely
def test_a_rollout_that_fails_is_rolled_back(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web", replicas=2)
    world.registry.push("shop/web:broken", exits=3, after=0.2, log="FATAL: no /etc/shop.conf")
    ended = ci.does("deploy web shop/web:broken")
    assert ended["ending"] == "rolled_back"
    assert "exit code 3" in ended["text"]
    dev.sees("↩️ web rolled back to 1.0")


@runs_freely
def test_a_rollout_that_is_to_pause_pauses(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web", replicas=4)
    world.registry.push("shop/web:sick", exits=3)
    ended = ci.does("deploy web shop/web:sick --failure-action pause")
    assert ended["ending"] == "paused"
    dev.sees("⏸ web paused")


@runs_freely
def test_a_rollback_that_was_asked_for_is_completed(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    assert ci.does(DEPLOY)["ending"] == "completed"
    assert ci.does("service rollback web")["ending"] == "completed"
    assert world.image_of("web") == "shop/web:1.0"
    settles(world)


@runs_freely
def test_a_name_that_there_is_not_is_refused(world: World, ci: Pipeline) -> None:
    world.runs("web")
    ended = ci.does("deploy wab shop/web:2.0")
    assert ended["ending"] == "refused"
    assert "web" in ended["text"]


@runs_freely
def test_a_held_service_is_refused(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web")
    lead.asks("hold web for the demo", "✋")
    ended = ci.does(DEPLOY)
    assert ended["ending"] == "refused"
    assert "for the demo" in ended["text"]
    settles(world)


@runs_freely
def test_without_an_engine_it_fails(world: World, ci: Pipeline) -> None:
    world.runs("web")
    for name in ("node2", "node3"):
        world.swarm.stop_node(name)
    assert ci.does(DEPLOY)["ending"] == "failed"


@pytest.mark.world(ROLES, FREELY, channel="")
def test_without_a_channel_no_change_of_ci_runs(world: World, ci: Pipeline) -> None:
    world.runs("web")
    ended = ci.does(DEPLOY)
    assert ended["ending"] == "refused"
    assert "no channel is configured" in ended["text"]
    assert world.image_of("web") == "shop/web:1.0"


# ---- approval


@lead_approves
def test_a_build_waits_while_a_lead_approves(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    sent = ci.sends(DEPLOY)
    waiting = ci.waits(sent)
    request = lead.sees("🟡")
    assert waiting["approval"]
    lead.clicks("Approve", on=request)
    ended = ci.ends(sent)
    assert ended["ending"] == "completed"
    states = [event.data["state"] for event in ci.events(sent)]
    assert list(dict.fromkeys(states)) == ["accepted", "waiting", "running", "ended"]
    lead.sees("✅ web")


@lead_approves_at_two
def test_it_is_approved_and_read_at_another_bot(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    request = lead.sees("🟡")
    world.talks_to(world.bots[1])
    lead.clicks("Approve", on=request)
    elsewhere = ci.at(world.bots[1])
    ended = elsewhere.ends(sent)
    assert ended["ending"] == "completed"
    assert elsewhere.events(sent) == ci.events(sent)
    lead.sees("✅ web")


@lead_approves
def test_a_lead_rejects(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    lead.asks(f"reject {ci.reads(sent)['approval']} not before the weekend", "rejected")
    ended = ci.ends(sent)
    assert ended["ending"] == "rejected"
    assert "not before the weekend" in ended["text"]
    settles(world)


@lead_approves
def test_nobody_decides_and_it_expires(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    world.clock.leap(31 * 60)
    assert ci.ends(sent)["ending"] == "expired"
    settles(world)


@lead_approves
def test_ci_withdraws_what_waits_and_nothing_else(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    answer = ci.call("DELETE", f"/v1/commands/{sent}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["ending"] == "withdrawn"
    again = ci.call("DELETE", f"/v1/commands/{sent}")
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["command"] == sent
    settles(world)


@lead_approves
def test_a_plan_that_moved_waits_under_the_new_request(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web", replicas=2)
    sent = ci.sends(DEPLOY)
    first = ci.waits(sent)["approval"]
    request = lead.sees("🟡")
    world.registry.push("shop/web:2.0", log="built anew")
    lead.clicks("Approve", on=request)
    world.clock.run(world.clock.is_idle, 30)
    assert ci.reads(sent)["approval"] != first
    assert ci.reads(sent)["state"] == "waiting"
    lead.clicks("Approve", on=request)
    assert ci.ends(sent)["ending"] == "completed"
    settles(world)


# ---- others, and bots that end


@runs_freely
def test_another_deploy_supersedes_it(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY + " --delay 4s")
    dev.sees("1/3")
    world.deploys_by_hand("web", "shop/web:3.0")
    assert ci.ends(sent)["ending"] == "superseded"
    settles(world)


@runs_freely
def test_behind_a_lock_it_waits_in_line(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    lead.types("/swarm deploy web shop/web:2.0 --delay 4s")
    lead.sees("1/3")
    sent = ci.sends("deploy web shop/web:3.0")
    assert "waits in line" in ci.waits(sent)["text"]
    assert ci.ends(sent)["ending"] == "completed"
    assert world.image_of("web") == "shop/web:3.0"
    settles(world)


@runs_freely
def test_who_is_taken_out_of_the_line_was_withdrawn(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    lead.types("/swarm deploy web shop/web:2.0 --delay 4s")
    lead.sees("1/3")
    sent = ci.sends("deploy web shop/web:3.0")
    ci.waits(sent)
    lead.clicks("Leave the line", on=lead.sees("waits in line"))
    assert ci.ends(sent)["ending"] == "withdrawn"
    settles(world)


@runs_freely
def test_ci_leaves_the_line_itself(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    lead.types("/swarm deploy web shop/web:2.0 --delay 4s")
    lead.sees("1/3")
    sent = ci.sends("deploy web shop/web:3.0")
    ci.waits(sent)
    answer = ci.call("DELETE", f"/v1/commands/{sent}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["ending"] == "withdrawn"
    settles(world)


@two_bots
def test_a_bot_is_killed_and_another_goes_on(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY + " --delay 4s")
    dev.sees("1/3")
    seen = ci.reads(sent)
    world.bots[0].crash()
    elsewhere = ci.at(world.bots[1])
    ended = elsewhere.ends(sent)
    assert seen["state"] == "running"
    assert ended["ending"] == "completed"
    assert "3/3" in ended["text"]
    dev.sees("✅ web")


@two_bots
def test_a_change_of_several_is_gone_on_with(world: World, ci: Pipeline, dev: MemoryPerson) -> None:
    world.runs("web")
    world.runs("api")
    sent = ci.sends("scale api=4 web=5")
    world.clock.run(lambda: ci.reads(sent)["state"] == "running", 30)
    world.bots[0].crash()
    assert ci.at(world.bots[1]).ends(sent)["ending"] == "completed"
    dev.sees("✅ api 2 → 4, web 2 → 5")


@two_bots
def test_a_command_that_had_not_begun_is_begun_by_another_bot(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web")
    sent = ci.sends("service update --image shop/web:2.0 --env-add PASSWORD=geheim web")
    world.bots[0].crash()
    elsewhere = ci.at(world.bots[1])
    assert elsewhere.ends(sent)["ending"] == "completed"
    assert world.image_of("web") == "shop/web:2.0"
    dev.sees("✅ web")


@pytest.mark.world(ROLES, FREELY, bots=3)
def test_a_command_that_bots_die_of_ends_as_unknown(world: World, ci: Pipeline) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    world.bots[0].crash()
    last = world.bots[2].store.commands
    world.clock.run(lambda: any(command.attempt == 2 for command in last.open()), 120)
    world.bots[1].crash()
    ended = ci.at(world.bots[2]).ends(sent)
    assert ended["ending"] == "unknown"
    assert world.image_of("web") == "shop/web:1.0"


@two_bots
def test_a_bot_that_slept_leaves_it_to_the_one_that_took_over(world: World, ci: Pipeline) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    world.bots[0].freeze()
    elsewhere = ci.at(world.bots[1])
    ended = elsewhere.ends(sent)
    assert ended["ending"] == "completed", ended["text"]
    world.bots[0].resume()
    settles(world)
    assert len(world.bot.store.audit.entries()) == 1
    assert elsewhere.reads(sent)["ending"] == "completed"


def written_back(world: World, command_id: str, stored: object) -> None:
    """Redis says of a command what it said before, and no bot is at it."""
    redis = world.redis.client()
    redis.set(f"swarmbot:command:{command_id}", str(stored), ex=600)
    redis.zadd("swarmbot:commands:open", {command_id: 0})
    redis.delete(f"swarmbot:command:{command_id}:alive")


@runs_freely
def test_an_end_that_was_never_told_is_read_in_the_audit(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY)
    dev.sees("1/3")
    running = world.redis.client().get(f"swarmbot:command:{sent}")
    assert ci.ends(sent)["ending"] == "completed"
    dev.sees("✅ web is on shop/web:2.0")
    written_back(world, sent, running)
    ended = ci.ends(sent)
    assert ended["ending"] == "completed"
    assert "before it could say so" in ended["text"]


@runs_freely
def test_a_command_that_somebody_writes_back_into_redis_does_not_run_again(
    world: World, ci: Pipeline, dev: MemoryPerson, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    stored = world.redis.client().get(f"swarmbot:command:{sent}")
    assert ci.ends(sent)["ending"] == "completed"
    dev.sees("✅ web is on shop/web:2.0")
    dev.asks("deploy web shop/web:3.0", "✅ web is on shop/web:3.0")
    written_back(world, sent, stored)
    settles(world)
    assert world.image_of("web") == "shop/web:3.0"
    assert "was begun before" in caplog.text
    caplog.clear()


@two_bots
def test_nobody_expects_it_any_more_after_a_while(world: World, ci: Pipeline) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    world.bots[0].crash()
    world.clock.seconds += 11 * 60
    ended = ci.at(world.bots[1]).ends(sent, 60)
    assert ended["ending"] == "unknown"
    assert world.image_of("web") == "shop/web:1.0"


@two_bots
@pytest.mark.parametrize(
    ("dies", "ending", "said"),
    [
        (MemoryBot.crashes_before_its_change, "failed", "nothing was changed"),
        (MemoryBot.crashes_after_its_change, "completed", "done"),
    ],
)
def test_of_a_change_that_is_no_rollout_the_next_bot_finds_out_what_became(
    dies: Callable[[MemoryBot], None], ending: str, said: str, world: World, ci: Pipeline
) -> None:
    sent = ci.sends("node update --availability drain node4")
    dies(world.bots[0])
    ended = ci.at(world.bots[1]).ends(sent)
    assert ended["ending"] == ending
    assert said in ended["text"]
    settles(world)


# ---- Redis


def ending_in_store(world: World, command_id: str) -> SentEnding | None:
    """How a command has ended: tokens of the bot's own are lost with Redis, and let nobody in."""
    stored = world.bot.store.commands.get(command_id)
    assert stored
    assert stored.ended, stored
    return stored.ending


@runs_freely
def test_redis_is_emptied_while_a_rollout_runs(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY + " --delay 4s")
    dev.sees("1/3")
    world.redis.client().flushall()
    world.clock.run(world.clock.is_idle, 60)
    assert ending_in_store(world, sent) is SentEnding.UNKNOWN
    settles(world)


@lead_approves
def test_redis_is_emptied_while_it_waits(world: World, ci: Pipeline, lead: MemoryPerson) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    world.clock.run(lambda: False, 5)
    world.redis.client().flushall()
    world.clock.run(lambda: False, 15)
    assert ending_in_store(world, sent) is SentEnding.UNKNOWN
    settles(world)


@runs_freely
def test_the_end_is_told_after_redis_was_away(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    sent = ci.sends(DEPLOY + " --delay 1s")
    dev.sees("1/3")
    world.redis.away = True
    answer = ci.call("GET", f"/v1/commands/{sent}")
    assert answer.status_code == 503
    assert ci.post(DEPLOY).status_code == 503
    world.clock.run(lambda: False, 20)
    world.redis.away = False
    assert ci.ends(sent)["ending"] == "completed"
    settles(world)
