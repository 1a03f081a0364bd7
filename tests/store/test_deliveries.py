"""Of two states of a message the newer one is sent, and the last one until Slack has it."""

from __future__ import annotations

from redis import Redis

from bot.model import Message, MessageRef, MessageState
from bot.model.delivery import PendingMessage
from bot.store.connection import key
from bot.store.deliveries import Deliveries
from bot.store.keys import Keys
from bot.store.signer import Signer
from tests.store.conftest import SIGNER

FERNET = Keys.passing().fernet
PLACE = MessageRef("C1", "1.2")


def state(fence: int, number: int, *, final: bool = False) -> MessageState:
    return MessageState("x", fence, number, final)


def ending(fence: int, number: int, text: str = "✅") -> PendingMessage:
    return PendingMessage(Message(text, state=state(fence, number, final=True)), "C1")


def sender_is_gone(redis: Redis) -> None:
    redis.delete(key("delivery", "x", "sender"))


def test_who_comes_after_a_later_fence_or_an_end_sends_nothing(
    redis: Redis, other_redis: Redis
) -> None:
    early, late = Deliveries(redis, SIGNER, FERNET), Deliveries(other_redis, SIGNER, FERNET)
    assert early.begin(state(5, 2)).granted
    early.sent(state(5, 2), PLACE)

    assert late.begin(state(7, 1)).ref == PLACE
    assert not early.begin(state(5, 3)).granted
    assert not early.keep(ending(5, 4))
    assert late.keep(ending(7, 2))
    assert not late.begin(state(7, 1)).granted
    assert not early.begin(state(0, 9, final=True)).granted
    assert late.begin(state(8, 1)).granted


def test_a_request_that_ends_ends_its_message_where_its_run_did_not(redis: Redis) -> None:
    deliveries = Deliveries(redis, SIGNER, FERNET)
    assert deliveries.begin(state(5, 1)).granted
    assert not deliveries.begin(state(0, 3)).granted

    assert deliveries.begin(state(0, 4, final=True)).granted
    assert not deliveries.begin(state(5, 2)).granted
    assert deliveries.begin(state(5, 2, final=True)).granted


def test_one_bot_takes_over_what_another_left_and_only_then(
    redis: Redis, other_redis: Redis
) -> None:
    gone, here = Deliveries(redis, SIGNER, FERNET), Deliveries(other_redis, SIGNER, FERNET)
    gone.keep(ending(7, 2))
    gone.sent(state(7, 1), PLACE)
    assert here.take_left() == ()
    assert not here.begin(state(7, 2, final=True)).granted

    sender_is_gone(redis)
    (left,) = here.take_left()
    assert (left.message.text, left.message.state, left.ref) == (
        "✅",
        state(7, 2, final=True),
        PLACE,
    )
    assert here.take_left() == ()
    assert not gone.begin(state(7, 2, final=True)).granted
    here.sent(state(7, 2, final=True), PLACE)
    assert here.take_left() == ()


def test_what_arrives_late_has_the_newer_state_sent_again(redis: Redis) -> None:
    deliveries = Deliveries(redis, SIGNER, FERNET)
    deliveries.keep(ending(7, 2))
    deliveries.sent(state(7, 2, final=True), PLACE)
    assert deliveries.take_left() == ()

    deliveries.sent(state(5, 1), PLACE)

    (left,) = deliveries.take_left()
    assert left.message.state == state(7, 2, final=True)


def test_what_slack_has_is_not_kept_once_more_and_what_it_never_takes_is_forgotten(
    redis: Redis,
) -> None:
    deliveries = Deliveries(redis, SIGNER, FERNET)
    deliveries.sent(state(7, 2, final=True), PLACE)
    assert deliveries.keep(ending(7, 2))
    assert deliveries.take_left() == ()

    deliveries.keep(ending(7, 3))
    deliveries.forget("x")
    sender_is_gone(redis)
    assert deliveries.take_left() == ()


def test_what_another_key_signed_is_not_sent_and_all_of_it_has_an_end(redis: Redis) -> None:
    Deliveries(redis, Signer(b"somebody else's key"), FERNET).keep(ending(7, 2, "forged"))
    sender_is_gone(redis)

    assert Deliveries(redis, SIGNER, FERNET).take_left() == ()
    assert 0 < int(redis.ttl(key("delivery", "x"))) <= 7 * 86_400


def test_who_posts_what_another_bot_was_posting_knows_that_it_may_be_there_twice(
    redis: Redis, other_redis: Redis
) -> None:
    gone, here = Deliveries(redis, SIGNER, FERNET), Deliveries(other_redis, SIGNER, FERNET)
    assert not gone.begin(state(5, 1)).doubtful
    assert not gone.begin(state(5, 1)).doubtful

    assert here.begin(state(7, 1)).doubtful

    here.sent(state(7, 1), PLACE)
    assert not gone.begin(state(8, 1)).doubtful


def test_what_slack_has_refused_is_not_there_twice(redis: Redis, other_redis: Redis) -> None:
    gone, here = Deliveries(redis, SIGNER, FERNET), Deliveries(other_redis, SIGNER, FERNET)
    gone.begin(state(5, 1))
    gone.refused("x")

    assert not here.begin(state(7, 1)).doubtful
