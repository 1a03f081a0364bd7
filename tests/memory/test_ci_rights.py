"""What CI may do with its token, what its token keeps from it, and what people see of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.settings import PolicyRule, Role
from playground.workspace.people import address_of
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, World

ROLES = (
    Role(name="operator", users=(DEV, LEAD)),
    Role(name="lead", users=(LEAD,), ci=True),
    Role(name="ci", ci=True),
)
ASKS = ("operator", "ci", "lead")
FREELY = (PolicyRule(commands=("*",), ask=ASKS),)
BY_LEAD = (PolicyRule(commands=("*",), ask=ASKS, approve=("lead",)),)
BY_ITSELF = (PolicyRule(commands=("*",), ask=ASKS, approve=("ci", "lead"), self_approval=True),)
runs_freely = pytest.mark.world(ROLES, FREELY)
lead_approves = pytest.mark.world(ROLES, BY_LEAD)
DEPLOY = "deploy web shop/web:2.0"
LINK = "https://ci.example.com/job/shop/418/"
BUILD = {"build": "418", "link": LINK}


@pytest.fixture
def ci(world: World) -> Pipeline:
    return Pipeline.named(world.bot, "jenkins-shop")


# ---- what people see


@lead_approves
def test_the_channel_says_for_which_build_and_nothing_mentions_ci(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    world.runs("web")
    sent = ci.sends(DEPLOY, **BUILD)
    ci.waits(sent)
    request = lead.sees("needs approval")
    assert "asked by CI jenkins-shop · build 418 ↗" in request.text

    lead.clicks("Approve", on=request)

    assert ci.ends(sent)["ending"] == "completed"
    ended = lead.sees("✅ web")
    assert "asked by CI jenkins-shop, approved by lead · build 418 ↗" in ended.text
    said = world.everything_said()
    assert f"<{LINK}|build 418 ↗>" in said
    assert "<@ci:" not in said
    assert "ci:jenkins" not in said


@runs_freely
def test_the_author_of_the_commit_is_mentioned_and_told_of_a_bad_end(
    world: World, ci: Pipeline, dev: MemoryPerson
) -> None:
    world.runs("web")
    world.registry.push("shop/web:9.0", exits=1)
    author = address_of(world.slack.state.directory.user("dev"))

    assert ci.does("deploy web shop/web:9.0", by=f"Dana <{author}>")["ending"] != "completed"

    dev.sees("commit by @dev")
    assert f"<@{DEV}>" in world.everything_said()
    world.hears_everything()


@runs_freely
@pytest.mark.parametrize("by", ["nobody@example.org", "<@U0DEV00001>", ""])
def test_whoever_slack_does_not_know_is_nobody_to_mention(
    world: World, ci: Pipeline, dev: MemoryPerson, by: str
) -> None:
    world.runs("web")

    ci.does(DEPLOY, by=by)

    dev.sees("✅ web")
    assert f"<@{DEV}>" not in world.everything_said()


@pytest.mark.world(ROLES, FREELY, bots=2)
@pytest.mark.parametrize("line", [DEPLOY, "service scale web=3 api=3"])
def test_the_build_is_named_also_by_the_bot_that_takes_over(
    world: World, ci: Pipeline, dev: MemoryPerson, line: str
) -> None:
    world.runs("web")
    world.runs("api")
    world.bot.crashes_after_its_change()

    sent = ci.sends(line, **BUILD)
    world.clock.run(lambda: world.bot.party.crashed, 60)
    world.talks_to(world.bots[1])

    assert ci.at(world.bots[1]).ends(sent)["ending"] == "completed"
    assert "asked by CI jenkins-shop · build 418 ↗" in dev.sees("✅ web").text
    world.hears_everything()


# ---- what the token keeps from it


@runs_freely
def test_a_token_for_some_services_changes_and_sees_no_others(
    world: World, dev: MemoryPerson
) -> None:
    for name in ("web", "web-2", "payroll"):
        world.runs(name)
    ci = Pipeline.named(world.bot, "narrow", services=("web*",))

    for line in ("deploy payroll shop/web:2.0", "deploy nothing shop/web:2.0"):
        refused = ci.post(line)
        answer = refused.json() if refused.status_code != 202 else ci.ends(refused.json()["id"])
        text = answer.get("detail") or answer["text"]
        assert "This token is for web* alone" in text, answer
    listed = ci.does("service ls")
    assert "web-2" in listed["text"]
    assert "payroll" not in listed["text"]
    for line in ("node ls", "status", "audit", "alerts", "node update --availability drain node2"):
        refused = ci.post(line)
        answer = refused.json() if refused.status_code != 202 else ci.ends(refused.json()["id"])
        assert "about others too" in (answer.get("detail") or answer["text"]), (line, answer)
    assert world.image_of("payroll") == "shop/web:1.0"
    assert ci.does("deploy web-2 shop/web:2.0")["ending"] == "completed"
    dev.sees("✅ web-2")


# ---- who decides


@pytest.mark.world(ROLES, BY_ITSELF)
@pytest.mark.parametrize("role", ["ci", "lead"])
def test_ci_approves_nothing_whatever_the_rule_and_its_role_are(
    world: World, lead: MemoryPerson, role: str
) -> None:
    world.runs("web")
    ci = Pipeline.named(world.bot, "bold", role=role)
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    request = lead.sees("needs approval")

    for line in (f"approve {number_of(request)}", f"reject {number_of(request)} no"):
        refused = ci.post(line)
        answer = refused.json() if refused.status_code != 202 else ci.ends(refused.json()["id"])
        assert "people decide on them" in (answer.get("detail") or answer["text"])

    assert ci.reads(sent)["state"] == "waiting"
    lead.clicks("Approve", on=request)
    assert ci.ends(sent)["ending"] == "completed"
    lead.sees("✅ web")


# ---- while it waits


@lead_approves
@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_what_waits_does_not_run_once_its_token_lets_nobody_in(
    world: World, lead: MemoryPerson, end: str
) -> None:
    world.runs("web")
    bot, now = world.bot, world.bot.now()
    token = bot.store.tokens.create(
        "brief", "ci", ("*",), now=now, expires=now + timedelta(minutes=10), by="ops"
    )
    ci = Pipeline(bot, token)
    sent = ci.sends(DEPLOY)
    ci.waits(sent)
    request = lead.sees("needs approval")

    if end == "revoked":
        bot.store.tokens.revoke("brief")
    else:
        world.clock.leap(11 * 60)
    lead.clicks("Approve", on=request)

    lead.sees("The token that asked for this has expired or was revoked")
    assert world.image_of("web") == "shop/web:1.0"
    world.hears_everything()
    ended = bot.store.commands.get(sent)
    assert ended
    assert str(ended.ending) == "refused"


@lead_approves
def test_what_waits_is_judged_by_the_file_of_now(
    world: World, ci: Pipeline, lead: MemoryPerson
) -> None:
    """The operator takes the role from CI, and starts the bot anew."""
    world.runs("web")
    ci.waits(ci.sends(DEPLOY))
    request = lead.sees("needs approval")

    closed = tuple(role.model_copy(update={"ci": False}) for role in ROLES)
    world.settings = world.settings.model_copy(update={"roles": closed})
    world.bot.stop()
    world.talks_to(world.start_bot())
    lead.clicks("Approve", on=request)

    lead.sees("that is for operator or ci or lead")
    assert world.image_of("web") == "shop/web:1.0"
    world.hears_everything()


# ---- who is not let in


@runs_freely
def test_everybody_who_is_not_let_in_is_told_the_same(world: World) -> None:
    revoked, unknown = Pipeline.named(world.bot, "a"), Pipeline(world.bot, "swb_x")
    world.bot.store.tokens.revoke("a")
    expired = Pipeline.named(world.bot, "b")
    world.clock.leap(2 * 86_400)

    answers = [door.post(DEPLOY) for door in (revoked, expired, unknown, Pipeline(world.bot, ""))]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.text for answer in answers}) == 1


@runs_freely
def test_a_caller_who_calls_too_often_is_told_when_again(world: World, ci: Pipeline) -> None:
    world.runs("web")
    sent = ci.does("service ls")["id"]
    answer = ci.call("GET", f"/v1/commands/{sent}")
    while answer.status_code == 200:
        answer = ci.call("GET", f"/v1/commands/{sent}")

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    world.clock.leap(int(answer.headers["Retry-After"]))
    assert ci.call("GET", f"/v1/commands/{sent}").status_code == 200
