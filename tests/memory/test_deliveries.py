"""What a message is to say in the end reaches Slack, whatever becomes of the bot, and nothing older
replaces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.web import SlackResponse

from bot.model import MessageRef, MessageState
from playground.workspace.surfaces import Message
from tests.memory.test_approvals import ROLES, TWO
from tests.memory.test_under_the_lock import ALL_ASK
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.pool import nothing
from tests.memory.twin.slack_twin import DirectClient, MemoryPerson, SlackTwin
from tests.memory.twin.world import World


class WatchedClient(DirectClient):
    """Something may happen when Slack has taken a message, and has not said so yet."""

    after_post: Callable[[], None] = staticmethod(nothing)

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        response = super().api_call(api_method, **given)
        if api_method == "chat.postMessage":
            self.after_post()
        return response


class WatchedBot(MemoryBot):
    """A bot that something happens to then."""

    def client_of(self, slack: SlackTwin) -> DirectClient:
        self.watched = WatchedClient(slack)
        return self.watched

    def hears_late(self, meanwhile: Callable[[], object]) -> None:
        """What happens meanwhile, once Slack has taken the next message, and does not say so."""

        def happen() -> None:
            self.watched.after_post = nothing
            self.freeze()
            meanwhile()
            self.resume()

        self.watched.after_post = happen

    def crashes_after_its_post(self) -> None:
        """Die when Slack has taken the next message."""

        def crash() -> None:
            self.watched.after_post = nothing
            self.crash()
            raise TimeoutError

        self.watched.after_post = crash


def in_channel(dev: MemoryPerson) -> list[Message]:
    """What stands in the channel itself."""
    return [message for message in dev.messages("ops") if not message.in_thread]


def ends(world: World) -> None:
    """All that is under way comes to its end, as far as Slack lets it."""
    world.clock.run(world.clock.is_idle, 120)
    world.clock.run(lambda: False, 5)


def comes_back(world: World) -> None:
    """Slack answers again, and whoever waits has tried again."""
    world.slack.faults.clear()
    world.clock.run(lambda: False, 60)


@pytest.mark.parametrize("number_of_bots", [1, 2])
def test_the_next_bot_says_how_a_change_ended_that_slack_never_heard_of(
    number_of_bots: int, dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    running = dev.sees("1/3")

    world.slack.faults.fail(503)
    ends(world)
    world.bot.crash()
    for _ in range(number_of_bots):
        world.start_bot()
    comes_back(world)

    assert "✅ web is on shop/web:2.0" in dev.reads(running)
    assert [message.ts for message in in_channel(dev)] == [running.ts]


def test_a_change_that_slack_heard_nothing_of_is_told_once(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.start_bot()
    world.slack.faults.fail(503, methods=("chat.postMessage",))
    dev.types("/swarm scale web=3")
    ends(world)
    world.bot.crash()
    world.start_bot()
    comes_back(world)

    assert "✅ web · replicas 2 → 3" in dev.sees("✅").text
    assert len(in_channel(dev)) == 1


@pytest.mark.parametrize("line", ["deploy web shop/web:2.0", "scale web=3 api=3"])
def test_what_was_asked_in_a_thread_is_told_there_by_the_next_bot(
    dev: MemoryPerson, world: World, line: str
) -> None:
    world.runs("web")
    world.runs("api")
    dev.types("is it time?")
    question = dev.wrote("is it time?")
    world.slack.faults.fail(503, methods=("chat.postMessage",))
    dev.types(f"@swarmbot {line}", in_thread=question)
    world.clock.run(lambda: False, 1)
    world.bot.crash()
    world.start_bot()
    comes_back(world)

    assert dev.sees("✅") in question.thread
    assert in_channel(dev) == [question]


@pytest.mark.world(bots=2)
def test_a_bot_that_slept_does_not_post_what_has_long_ended(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.bot.freezes_before_its_change()
    dev.types("/swarm deploy web shop/web:2.0")
    assert world.clock.run(lambda: world.bot.party.frozen, 30)
    world.clock.run(lambda: False, 60)

    world.bot.resume()
    ends(world)

    assert "🔵" not in dev.sees("nothing was changed").text
    assert len(in_channel(dev)) == 1


@pytest.mark.world(bots=2)
def test_an_edit_that_a_bot_slept_over_does_not_replace_the_end(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")
    world.slack.faults.fail(503)
    world.clock.run(lambda: False, 6)
    world.bot.freeze()
    comes_back(world)
    assert "✅ web is on" in dev.reads(message)

    world.bot.resume()
    ends(world)

    assert "✅ web is on" in dev.reads(message)


@pytest.mark.world(rules=ALL_ASK, bots=2)
def test_a_request_that_ended_while_slack_was_away_is_shown_as_ended(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=4")
    request = dev.sees("🟡")
    world.slack.faults.fail(503)
    dev.types(f"/swarm withdraw {next(iter(world.bot.store.approvals.open())).id}")
    ends(world)
    world.bot.crash()
    comes_back(world)

    assert "🟡" not in dev.reads(request)
    assert "withdr" in dev.reads(request)


def test_an_end_that_redis_could_not_take_is_kept_as_soon_as_it_is_back(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    running = dev.sees("1/3")
    world.slack.faults.fail(503)
    world.redis.away = True
    world.clock.run(lambda: False, 30)
    world.redis.away = False
    ends(world)
    world.bot.crash()
    world.start_bot()
    comes_back(world)

    assert "✅ web is on shop/web:2.0" in dev.reads(running)


@pytest.mark.world(bots=2)
def test_what_arrives_late_all_the_same_is_put_right(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    message = dev.asks("scale web=3", "✅ web · replicas 2 → 3")
    names = (str(name) for name in world.redis.client().scan_iter("swarmbot:delivery:*"))
    (about,) = {name.split(":")[2] for name in names if "-" not in name}

    slow = world.bots[1]
    ref = MessageRef(*message.key)
    slow.client.chat_update(channel=ref.channel, ts=ref.ts, text="🔵 web · 0/3")
    slow.store.deliveries.sent(MessageState(about, fence=1, number=1), ref)
    world.clock.run(lambda: False, 10)

    assert "✅ web · replicas 2 → 3" in dev.reads(message)


# ---- what waits for people is shown to them, whichever bot was to show it


@pytest.mark.world(rules=ALL_ASK)
def test_a_request_whose_bot_died_before_slack_took_it_is_shown_by_the_next(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.faults.fail(503, methods=("chat.postMessage",))
    dev.types("/swarm scale web=4")
    world.clock.run(lambda: bool(world.bot.store.approvals.open()), 5)
    world.bot.crash()
    world.start_bot()
    comes_back(world)

    lead.clicks("Approve", on=lead.sees("🟡 web 2 → 4"))
    ends(world)

    assert "✅ web · replicas 2 → 4" in dev.sees("✅").text
    assert len(in_channel(dev)) == 1


@pytest.mark.world(ROLES, TWO)
def test_an_approval_that_slack_did_not_show_before_its_bot_died_is_shown_by_the_next(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=4")
    request = lead.sees("🟡 web 2 → 4")
    world.slack.faults.fail(503, methods=("chat.update",))
    lead.clicks("Approve", on=request)
    world.clock.run(lambda: any(open_.given for open_ in world.bot.store.approvals.open()), 5)
    world.bot.crash()
    world.start_bot()
    comes_back(world)

    assert "1 of 2" in dev.reads(request)


@pytest.mark.world(rules=ALL_ASK, bots=2)
def test_a_request_that_its_bot_is_still_trying_to_show_is_posted_once(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.faults.fail(503, methods=("chat.postMessage",))
    dev.types("/swarm scale web=4")
    world.clock.run(lambda: False, 90)
    comes_back(world)

    assert "web 2 → 4" in dev.sees("🟡").text
    assert len(in_channel(dev)) == 1


@pytest.mark.world(bots=2, made_of=WatchedBot)
def test_a_message_that_slack_may_have_twice_says_so(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    assert isinstance(world.bot, WatchedBot)
    world.bot.crashes_after_its_post()

    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    lost = dev.sees("🔵 web")
    ends(world)

    told = dev.sees("✅ web is on", after=lost.posted.now.seq)
    assert "an earlier copy of this message may still show" in told.text
    assert "🔵" in dev.reads(lost)


@pytest.mark.world(bots=2)
def test_a_message_that_slack_refused_is_not_said_to_be_there_twice(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.slack.faults.rate_limit(2, calls=50, methods=("chat.postMessage",))
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    world.clock.run(lambda: False, 3)
    world.bot.crash()
    world.slack.faults.clear()
    ends(world)

    assert "an earlier copy" not in dev.sees("✅ web is on").text


@pytest.mark.world(rules=ALL_ASK, bots=2, made_of=WatchedBot)
@pytest.mark.parametrize("button", ["Approve", "Reject"])
def test_a_click_tells_every_bot_where_the_message_of_a_request_stands(
    dev: MemoryPerson, lead: MemoryPerson, world: World, button: str
) -> None:
    """Whoever is quick clicks before the bot that posted the message knows that Slack has it."""
    world.runs("web")
    first, second = world.bots
    assert isinstance(first, WatchedBot)

    def click() -> None:
        world.talks_to(second)
        lead.clicks(button, on=lead.sees("🟡 web 2 → 4"))
        if button == "Reject":
            lead.sees_modal("Reject")
            lead.submits({"reason": "not today"})
        world.clock.run(lambda: False, 1)

    first.hears_late(click)
    dev.types("/swarm scale web=4")
    ends(world)

    (message,) = in_channel(dev)
    assert ("✅" if button == "Approve" else "rejected") in dev.reads(message)


@pytest.mark.world(rules=ALL_ASK, bots=2, made_of=WatchedBot)
def test_a_copy_that_slack_took_all_the_same_points_to_the_newer_one(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    first, _ = world.bots
    assert isinstance(first, WatchedBot)
    first.hears_late(lambda: world.clock.run(lambda: len(in_channel(dev)) == 2, 300))
    dev.types("/swarm scale web=4")
    world.clock.run(lambda: False, 5)
    late, shown = in_channel(dev)
    assert "the other copy of this message" in dev.reads(late)
    assert not late.buttons

    lead.clicks("Approve", on=shown)
    ends(world)

    assert "✅" in dev.reads(shown)
    assert "the other copy of this message" in dev.reads(late)


BROKEN = "shop/web:broken"


def deploys_what_fails(dev: MemoryPerson, world: World) -> None:
    """A deploy that is turned back, while Slack takes edits and no new messages."""
    world.runs("web", replicas=2)
    world.registry.push(BROKEN, exits=3, log="password is geheim17\n")
    dev.types(f"/swarm deploy web {BROKEN}")
    dev.sees("🔵 web")
    world.slack.faults.fail(503, methods=("chat.postMessage",))
    dev.sees("↩️ web rolled back")


def in_thread(dev: MemoryPerson) -> list[str]:
    """What stands in the threads of the channel, without files."""
    messages = [message for message in dev.messages("ops") if message.in_thread]
    return [message.text for message in messages if not message.posted.files]


@pytest.mark.world(bots=2)
def test_the_details_are_told_by_the_next_bot(dev: MemoryPerson, world: World) -> None:
    deploys_what_fails(dev, world)
    world.bot.crash()
    comes_back(world)

    (told,) = in_thread(dev)
    assert "Details · web → shop/web:broken" in told
    assert "@dev" in told


@pytest.mark.world(bots=2)
def test_the_details_are_told_once_where_nobody_dies(dev: MemoryPerson, world: World) -> None:
    deploys_what_fails(dev, world)
    comes_back(world)

    (told,) = in_thread(dev)
    assert "Details · web → shop/web:broken" in told


@pytest.mark.world(bots=2)
def test_what_tasks_wrote_is_kept_encrypted(dev: MemoryPerson, world: World) -> None:
    deploys_what_fails(dev, world)

    kept = " ".join(map(str, world.everything_in_redis()))
    world.bot.crash()
    comes_back(world)

    assert "geheim17" not in kept
    (told,) = in_thread(dev)
    assert "geheim17" in told
