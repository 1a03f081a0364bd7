"""The one handle of a message, for as long as it matters."""

import gc

from bot.model import MessageRef
from bot.poster.known import KnownMessages


def ref(number: int) -> MessageRef:
    return MessageRef("C1", f"1700000000.{number:06}")


def test_who_still_shows_something_in_a_message_keeps_its_handle() -> None:
    known = KnownMessages()
    held = known.handle(ref(0))
    for number in range(1, 200):
        known.handle(ref(number))
    gc.collect()
    assert known.handle(ref(0)) is held


def test_the_end_of_a_message_is_remembered_for_a_late_edit() -> None:
    known = KnownMessages()
    known.handle(ref(0)).final = True
    for number in range(1, 10):
        known.handle(ref(number))
    gc.collect()
    assert known.handle(ref(0)).final


def test_what_nobody_holds_goes_when_newer_messages_came() -> None:
    known = KnownMessages()
    known.handle(ref(0)).final = True
    for number in range(1, 200):
        known.handle(ref(number))
    gc.collect()
    assert not known.handle(ref(0)).final
