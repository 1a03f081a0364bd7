"""The poster against the real SDK and a server that fails as Slack does."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from slack_sdk import WebClient

from bot.model import File, Message, MessageRef, Place
from bot.poster import Calls, Elsewhere, Pace, Poster
from tests.unit.slack_stub import Events, Fault, SlackStub

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "cause: no memory"}}
QUICK = Pace(
    edit_gap=0.2, first_retry=0.02, last_retry=0.1, edits_per_minute=6000, edit_burst=100, idle=0.2
)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackStub]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with SlackStub() as stub:
        yield stub


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def poster(slack: SlackStub, events: Events) -> Iterator[Poster]:
    poster = new_poster(slack, QUICK, events)
    yield poster
    poster.stop()


def new_poster(slack: SlackStub, pace: Pace, events: Events, timeout: int = 1) -> Poster:
    client = WebClient(
        token="xoxb-secret-token", base_url=slack.url, timeout=timeout, retry_handlers=[]
    )
    return Poster(Calls(client), pace=pace, on_event=events)


def texts(slack: SlackStub, method: str) -> list[object]:
    return [heard.args["text"] for heard in slack.calls(method)]


def test_a_post_tells_where_it_stands(slack: SlackStub, poster: Poster) -> None:
    told: list[MessageRef] = []
    handle = poster.post("C1", Message("one", (SECTION,)), then=told.append)
    assert handle.wait(5) == MessageRef("C1", "1.0")
    assert told == [MessageRef("C1", "1.0")]
    sent = slack.calls("chat.postMessage")[0].args
    assert sent["text"] == "one"
    assert json.loads(json.dumps(sent["blocks"])) == [SECTION]


def test_post_then_edit_then_reply_arrive_in_that_order(slack: SlackStub, poster: Poster) -> None:
    handle = poster.post("C1", Message("post"))
    assert handle.wait(5)
    time.sleep(QUICK.edit_gap)
    poster.edit(handle, Message("edit"))
    poster.reply(handle, Message("reply"))
    assert poster.flush(5)
    assert slack.order() == [
        ("chat.postMessage", "post"),
        ("chat.update", "edit"),
        ("chat.postMessage", "reply"),
    ]
    assert slack.calls("chat.postMessage")[1].args["thread_ts"] == "1.0"


def test_a_reply_waits_for_a_post_that_has_trouble(slack: SlackStub, poster: Poster) -> None:
    slack.fails(
        "chat.postMessage", Fault(500), Fault(500), Fault(429, "ratelimited", retry_after=0.1)
    )
    poster.reply(poster.post("C1", Message("post")), Message("reply"))
    assert poster.flush(5)
    assert texts(slack, "chat.postMessage") == ["post", "reply"]
    assert slack.calls("chat.postMessage")[1].args["thread_ts"] == "1.0"


def test_an_edit_before_the_post_went_out_becomes_the_post(
    slack: SlackStub, poster: Poster
) -> None:
    slack.fails("chat.postMessage", Fault(500, delay=0.1), Fault(500))
    handle = poster.post("C1", Message("first"))
    for state in range(5):
        poster.edit(handle, Message(f"state {state}"))
    assert poster.flush(5)
    assert slack.order() == [("chat.postMessage", "state 4")]


def test_an_edit_while_the_post_is_under_way_follows_it(slack: SlackStub, poster: Poster) -> None:
    slack.fails("chat.postMessage", Fault(delay=0.2))
    handle = poster.post("C1", Message("first"))
    time.sleep(0.1)
    poster.edit(handle, Message("second"))
    assert poster.flush(5)
    assert slack.order() == [("chat.postMessage", "first"), ("chat.update", "second")]


def test_progress_is_shown_at_most_once_a_second_and_the_last_state_arrives(
    slack: SlackStub, events: Events
) -> None:
    assert Pace().edit_gap == 1.0
    gap = 0.3
    poster = new_poster(slack, Pace(edit_gap=gap), events)
    handle = poster.post("C1", Message("start"))
    assert handle.wait(5)
    until = time.monotonic() + 2.5 * gap
    state = 0
    while time.monotonic() < until:
        state += 1
        poster.edit(handle, Message(f"state {state}"))
        time.sleep(0.02)
    poster.edit(handle, Message("the end"), final=True)
    assert poster.flush(5)
    poster.stop()
    edits = slack.calls("chat.update")
    gaps = [later.at - earlier.at for earlier, later in pairwise(edits)]
    assert edits[-1].args["text"] == "the end"
    assert 3 <= len(edits) <= 4
    assert min(gaps[:-1]) >= 0.99 * gap


def test_the_end_does_not_wait_for_the_gap_between_two_edits(
    slack: SlackStub, events: Events
) -> None:
    poster = new_poster(slack, Pace(edit_gap=60), events)
    handle = poster.post("C1", Message("start"))
    assert handle.wait(5)
    poster.edit(handle, Message("half"))
    poster.edit(handle, Message("the end"), final=True)
    assert poster.flush(5)
    poster.stop()
    assert texts(slack, "chat.update") == ["the end"]


def test_after_a_final_state_an_older_one_changes_nothing(slack: SlackStub, poster: Poster) -> None:
    handle = poster.post("C1", Message("start"))
    assert handle.wait(5)
    poster.edit(handle, Message("the end"), final=True)
    poster.edit(handle, Message("straggler"))
    assert poster.flush(5)
    poster.edit(handle, Message("straggler"))
    assert poster.flush(5)
    assert texts(slack, "chat.update") == ["the end"]


def test_retry_after_is_obeyed_for_the_method_and_the_channel_only(
    slack: SlackStub, poster: Poster
) -> None:
    first, second = poster.post("C1", Message("a")), poster.post("C2", Message("b"))
    assert first.wait(5)
    assert second.wait(5)
    time.sleep(QUICK.edit_gap)
    slack.fails("chat.update", Fault(429, "ratelimited", retry_after=1))
    asked = time.monotonic()
    poster.edit(first, Message("a2"), final=True)
    time.sleep(0.1)
    poster.edit(second, Message("b2"))
    poster.reply(first, Message("reply"))
    assert poster.flush(5)
    at = {heard.args["text"]: heard.at - asked for heard in slack.heard if heard.taken}
    assert at["b2"] < 0.9
    assert at["reply"] < 0.9
    assert 1.0 <= at["a2"] < 1.6


def test_a_minute_of_trouble_ends_with_the_last_state(
    slack: SlackStub, poster: Poster, events: Events
) -> None:
    handle = poster.post("C1", Message("start"))
    assert handle.wait(5)
    slack.fails(
        "chat.update",
        *[Fault(500)] * 5,
        Fault(503),
        Fault(429, "ratelimited", retry_after=0.1),
        *[Fault(500)] * 3,
    )
    for state in range(20):
        poster.edit(handle, Message(f"state {state}"))
        time.sleep(0.02)
    poster.edit(handle, Message("the end"), final=True)
    assert poster.flush(10)
    assert slack.messages["1.0"]["text"] == "the end"
    assert events.count("retried") == 9
    assert events.count("limited") == 1


def test_a_slack_that_hangs_is_asked_again_and_holds_up_no_other_channel(
    slack: SlackStub, poster: Poster
) -> None:
    slack.fails("chat.postMessage", Fault(500, delay=3))
    hung = poster.post("C1", Message("hung"))
    time.sleep(0.1)
    asked = time.monotonic()
    assert poster.post("C2", Message("quick")).wait(5)
    poster.answer(Place("C1"), "U1", Message("private"))
    assert time.monotonic() - asked < 0.5
    assert hung.wait(5)
    assert poster.flush(5)
    assert slack.calls("chat.postEphemeral")[0].at - asked < 0.5


def test_a_refused_connection_is_retried(slack: SlackStub, events: Events) -> None:
    client = WebClient(
        token="xoxb-1", base_url="http://127.0.0.1:9/api/", timeout=1, retry_handlers=[]
    )
    poster = Poster(Calls(client), pace=QUICK, on_event=events)
    poster.post("C1", Message("one"))
    assert not poster.flush(0.5)
    client.base_url = slack.url
    assert poster.flush(5)
    poster.stop()
    assert texts(slack, "chat.postMessage") == ["one"]


def test_a_deleted_message_is_posted_anew_and_keeps_its_thread(
    slack: SlackStub, poster: Poster
) -> None:
    told: list[MessageRef] = []
    handle = poster.post("C1", Message("start"), thread="0.5", then=told.append)
    assert handle.wait(5)
    slack.delete("1.0")
    poster.edit(handle, Message("news"))
    assert poster.flush(5)
    assert told == [MessageRef("C1", "1.0"), MessageRef("C1", "2.0")]
    assert handle.ref == MessageRef("C1", "2.0")
    assert slack.messages["2.0"]["thread_ts"] == "0.5"


def test_a_message_of_an_earlier_life_is_edited_by_its_place(
    slack: SlackStub, poster: Poster
) -> None:
    ref = poster.post("C1", Message("start")).wait(5)
    assert ref
    second = new_poster(slack, QUICK, Events())
    told: list[MessageRef] = []
    second.edit(ref, Message("goes on"), then=told.append)
    assert second.flush(5)
    assert slack.messages["1.0"]["text"] == "goes on"
    slack.delete("1.0")
    second.edit(ref, Message("ends"), final=True)
    assert second.flush(5)
    second.stop()
    assert told == [MessageRef("C1", "2.0")]
    assert slack.messages["2.0"]["text"] == "ends"


def test_where_slack_allows_no_edits_the_end_is_posted_anew(
    slack: SlackStub, poster: Poster
) -> None:
    handle = poster.post("C1", Message("start"))
    assert handle.wait(5)
    slack.fails("chat.update", Fault(error="edit_window_closed"), Fault(error="edit_window_closed"))
    poster.edit(handle, Message("on the way"))
    assert poster.flush(5)
    poster.edit(handle, Message("the end"), final=True)
    assert poster.flush(5)
    assert slack.order() == [("chat.postMessage", "start"), ("chat.postMessage", "the end")]


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "restricted_action"])
def test_what_slack_refuses_for_good_blocks_nothing(
    slack: SlackStub, poster: Poster, events: Events, error: str
) -> None:
    slack.fails("chat.postMessage", Fault(error=error))
    refused = poster.post("C1", Message("refused"))
    poster.reply(refused, Message("reply to nothing"))
    poster.post("C1", Message("next"))
    assert poster.flush(5)
    poster.edit(refused, Message("edit of nothing"))
    assert poster.flush(5)
    assert refused.failed
    assert texts(slack, "chat.postMessage") == ["next"]
    assert (events.count("failed"), events.count("dropped")) == (1, 1)


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_blocks_that_slack_refuses_arrive_as_text(
    slack: SlackStub, poster: Poster, error: str
) -> None:
    slack.fails("chat.postMessage", Fault(error=error))
    slack.fails("chat.update", Fault(error=error))
    handle = poster.post("C1", Message("news", (SECTION,)))
    assert handle.wait(5)
    poster.edit(handle, Message("more news", (SECTION,)))
    assert poster.flush(5)
    assert slack.order() == [
        ("chat.postMessage", "news\ncause: no memory"),
        ("chat.update", "more news\ncause: no memory"),
    ]


def test_a_table_that_slack_refuses_arrives_as_lines(
    slack: SlackStub, poster: Poster, events: Events
) -> None:
    slack.fails("chat.postMessage", Fault(error="invalid_blocks"))
    poster.post("C1", Message("news", ({"type": "table", "rows": []},), fenced=(SECTION,)))
    assert poster.flush(5)
    sent = slack.calls("chat.postMessage")[-1]
    assert json.loads(json.dumps(sent.args["blocks"])) == [SECTION]
    assert events.count("without_table") == 1
    assert events.count("plain_text") == 0


def test_what_slack_refuses_without_its_table_too_arrives_as_text(
    slack: SlackStub, poster: Poster, events: Events
) -> None:
    refuses = Fault(error="invalid_blocks")
    slack.fails("chat.postMessage", refuses, refuses)
    poster.post("C1", Message("news", ({"type": "table", "rows": []},), fenced=(SECTION,)))
    assert poster.flush(5)
    assert texts(slack, "chat.postMessage")[-1] == "news\ncause: no memory"
    assert events.count("plain_text") == 1


def test_answers_go_by_the_requests_own_address(slack: SlackStub, poster: Poster) -> None:
    poster.answer(
        Place("C1", thread="0.5", response_url=slack.respond_url),
        "U1",
        Message("hello", (SECTION,)),
    )
    assert poster.flush(5)
    (heard,) = slack.calls("respond")
    assert heard.args == {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": "hello",
        "blocks": [SECTION],
        "thread_ts": "0.5",
    }


def test_a_used_up_address_gives_way_to_the_channel_and_that_to_a_direct_message(
    slack: SlackStub, poster: Poster
) -> None:
    slack.fails("respond", Fault(404, "used_url"), Fault(404, "expired_url"), Fault(500))
    slack.fails("chat.postEphemeral", Fault(error="not_in_channel"))
    place = Place("C1", thread="0.5", response_url=slack.respond_url)
    for text in ("one", "two", "three"):
        poster.answer(place, "U1", Message(text))
    assert poster.flush(5)
    assert slack.order() == [
        ("chat.postMessage", "one"),
        ("chat.postEphemeral", "two"),
        ("respond", "three"),
    ]
    assert slack.calls("chat.postMessage")[0].args["channel"] == "U1"
    assert slack.calls("chat.postEphemeral")[0].args["thread_ts"] == "0.5"


def test_files_go_into_the_thread_once_and_private_ones_to_the_caller(
    slack: SlackStub, poster: Poster
) -> None:
    long = File("services.txt", "web\napi\n", "All services")
    handle = poster.post("C1", Message("list", (), (long,)))
    assert handle.wait(5)
    poster.edit(handle, Message("list again", (), (long,)))
    poster.answer(Place("C1"), "U1", Message("yours", (), (long,)))
    assert poster.flush(5)
    shared = [
        (heard.args["channel_id"], heard.args.get("thread_ts"))
        for heard in slack.calls("files.completeUploadExternal")
    ]
    assert sorted(shared, key=str) == [("C1", "1.0"), ("DU1", None)]
    assert all(b"web\napi\n" in raw for raw in slack.files)
    assert len(slack.files) == 2


def test_direct_messages(slack: SlackStub, poster: Poster) -> None:
    handle = poster.direct("U1", Message("for you"))
    poster.reply(handle, Message("more"))
    assert poster.flush(5)
    assert [heard.args["channel"] for heard in slack.calls("chat.postMessage")] == ["U1", "U1"]


def test_final_edits_pass_ahead_when_the_budget_is_spent(slack: SlackStub, events: Events) -> None:
    poster = new_poster(slack, Pace(edit_gap=0, edits_per_minute=60, edit_burst=2), events)
    handles = [poster.post(f"C{number}", Message("start")) for number in range(4)]
    assert all(handle.wait(5) for handle in handles)
    poster.edit(handles[0], Message("0"))
    poster.edit(handles[1], Message("1"))
    time.sleep(0.2)
    asked = time.monotonic()
    poster.edit(handles[2], Message("2"))
    time.sleep(0.1)
    poster.edit(handles[3], Message("3"), final=True)
    assert poster.flush(5)
    poster.stop()
    at = {heard.args["text"]: heard.at - asked for heard in slack.calls("chat.update")}
    assert at["3"] < 0.4
    assert 0.7 < at["2"] < 2.5


def test_patience_ends(slack: SlackStub, events: Events) -> None:
    poster = new_poster(slack, Pace(first_retry=0.02, last_retry=0.02, patience=0.3), events)
    slack.fails("chat.postMessage", *[Fault(500)] * 1000)
    handle = poster.post("C1", Message("never"))
    assert poster.flush(5)
    poster.stop()
    assert handle.failed
    assert events.count("given_up") == 1


def test_too_many_waiting_calls_lose_the_oldest(slack: SlackStub, events: Events) -> None:
    poster = new_poster(slack, Pace(first_retry=0.02, last_retry=0.02, most_waiting=3), events)
    slack.fails("chat.postMessage", Fault(delay=0.3))
    for number in range(6):
        poster.post("C1", Message(str(number)))
        time.sleep(0.02)
    assert poster.flush(5)
    poster.stop()
    assert texts(slack, "chat.postMessage") == ["0", "4", "5"]
    assert events.count("dropped") == 3


def test_idle_threads_end_and_start_again(slack: SlackStub, poster: Poster) -> None:
    handle = poster.post("C9", Message("one"))
    assert handle.wait(5)
    deadline = time.monotonic() + 3
    while (
        any(thread.name == "poster-C9" for thread in threading.enumerate())
        and time.monotonic() < deadline
    ):
        time.sleep(0.02)
    assert not any(thread.name == "poster-C9" for thread in threading.enumerate())
    poster.edit(handle, Message("two"))
    assert poster.flush(5)
    assert texts(slack, "chat.update") == ["two"]


def test_stop_leaves_no_thread_and_loses_what_came_after(slack: SlackStub, events: Events) -> None:
    poster = new_poster(slack, QUICK, events)
    assert poster.post("C7", Message("one")).wait(5)
    poster.stop()
    poster.post("C7", Message("late"))
    assert not any(thread.name == "poster-C7" for thread in threading.enumerate())
    assert texts(slack, "chat.postMessage") == ["one"]


def test_a_listener_that_fails_harms_nothing(slack: SlackStub, poster: Poster) -> None:
    def fails(ref: MessageRef) -> None:
        raise KeyError(ref.ts)

    poster.post("C1", Message("one"), then=fails)
    poster.post("C1", Message("two"))
    assert poster.flush(5)
    assert texts(slack, "chat.postMessage") == ["one", "two"]


def test_no_token_reaches_the_log(
    slack: SlackStub, poster: Poster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.fails("chat.postMessage", Fault(500), Fault(error="channel_not_found"))
    slack.fails("respond", Fault(500))
    poster.post("C1", Message("one"))
    poster.answer(Place("C1", response_url=slack.respond_url), "U1", Message("two"))
    assert poster.flush(5)
    assert "channel_not_found" in caplog.text
    assert "xoxb-secret-token" not in caplog.text


def test_a_home_tab_is_published_until_slack_takes_it_and_then_the_newest(
    slack: SlackStub, poster: Poster
) -> None:
    slack.fails("views.publish", Fault(500), Fault(429, "ratelimited", retry_after=0.1))
    for number in range(5):
        poster.publish("U1", {"type": "home", "blocks": [], "private_metadata": str(number)})
    poster.publish("U2", {"type": "home", "blocks": []})
    assert poster.flush(5)
    taken = [heard.args for heard in slack.calls("views.publish")]
    assert [args["user_id"] for args in taken].count("U2") == 1
    last = [args for args in taken if args["user_id"] == "U1"][-1]["view"]
    assert (json.loads(last) if isinstance(last, str) else last)["private_metadata"] == "4"  # type: ignore[index]


def unshared(name: str, word: str, sent: bool) -> Message:
    text = f"{name}: {word}, {'sent' if sent else 'not sent'}"
    return Message(text, ({"type": "section", "text": {"type": "mrkdwn", "text": text}},))


ELSEWHERE = Elsewhere(("C2", "U1"), lambda channel, word: Message(f"{channel}: {word}"), unshared)


@pytest.mark.parametrize("error", ["is_archived", "restricted_action", "moon_in_leo"])
def test_what_a_channel_does_not_take_is_said_elsewhere_with_the_reason(
    slack: SlackStub, poster: Poster, events: Events, error: str
) -> None:
    told: list[MessageRef] = []
    slack.fails("chat.postMessage", Fault(error=error), Fault(error="channel_not_found"))
    handle = poster.post("C1", Message("news"), then=told.append, elsewhere=ELSEWHERE)
    poster.reply(handle, Message("details"))
    assert poster.flush(5)
    sent = [
        (heard.args["channel"], heard.args["text"]) for heard in slack.calls("chat.postMessage")
    ]
    assert sent[0] == ("U1", "news")
    assert set(sent[1:]) == {
        ("U1", f"C1: {error}"),
        ("U1", "C2: channel_not_found"),
        ("U1", "details"),
    }
    assert told == [handle.ref]
    known = {"C1": error} if error != "moon_in_leo" else {}
    assert poster.refused(("C1", "C2")) == known | {"C2": "channel_not_found"}
    new = int(error == "moon_in_leo")
    assert (events.count("moved"), events.count("unknown_error")) == (2 - new, new)


def test_a_message_whose_channel_was_archived_goes_on_elsewhere(
    slack: SlackStub, poster: Poster
) -> None:
    handle = poster.post("C1", Message("start"), elsewhere=ELSEWHERE)
    assert handle.wait(5)
    slack.fails("chat.update", Fault(error="is_inactive"))
    poster.edit(handle, Message("half"))
    assert poster.flush(5)
    time.sleep(QUICK.edit_gap)
    poster.edit(handle, Message("the end"), final=True)
    assert poster.flush(5)
    assert slack.order() == [
        ("chat.postMessage", "start"),
        ("chat.postMessage", "half"),
        ("chat.postMessage", "C1: is_inactive"),
        ("chat.update", "the end"),
    ]


def test_while_the_token_is_refused_all_waits_and_the_operator_is_told_once(
    slack: SlackStub, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    poster = new_poster(slack, replace(QUICK, stopped=0.05, patience=0.1), events)
    slack.fails("chat.postMessage", *[Fault(error="token_revoked")] * 6)
    poster.post("C1", Message("one"))
    poster.post("C2", Message("two"))
    assert poster.flush(5)
    poster.stop()
    assert sorted(map(str, texts(slack, "chat.postMessage"))) == ["one", "two"]
    assert events.count("stopped") == 6
    assert not poster.access.problem(), "what was sent proves that the token is good again"
    loud = [record for record in caplog.records if "token_revoked" in record.getMessage()]
    (said,) = [record.getMessage() for record in loud if record.levelname == "ERROR"]
    assert "SLACK_BOT_TOKEN" in said


def test_a_file_that_a_channel_refuses_is_sent_directly_and_the_message_says_so(
    slack: SlackStub, poster: Poster, events: Events
) -> None:
    long = File("services.txt", "web\napi\n")
    slack.fails("files.completeUploadExternal", Fault(error="not_in_channel"))
    poster.post("C1", Message("list", (SECTION,), (long,)), elsewhere=ELSEWHERE)
    assert poster.flush(5)
    (edited,) = slack.calls("chat.update")
    assert "services.txt: not_in_channel, sent" in str(edited.args["blocks"])
    shared = slack.calls("files.completeUploadExternal")
    assert [heard.args["channel_id"] for heard in shared] == ["DU1"]
    assert events.count("file_refused") == 1


def test_a_private_file_that_slack_refuses_is_said(slack: SlackStub, poster: Poster) -> None:
    slack.fails("files.getUploadURLExternal", Fault(error="file_uploads_disabled"))
    poster.answer(Place("C1"), "U1", Message("list", (), (File("a.txt", "a"),)), unshared)
    assert poster.flush(5)
    said = [heard.args["text"] for heard in slack.calls("chat.postEphemeral")]
    assert said == ["list", "a.txt: file_uploads_disabled, not sent"]
