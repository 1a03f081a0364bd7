"""Lines about alerts, the lines behind the buttons of alerts, and that an unchanged incident is no
other message later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.command import line
from bot.errors import InvalidLineError, InvalidValueError, SwarmbotError
from bot.model import Message
from bot.model.alert_facts import Aftermath, AlertKind, NodeDown
from bot.model.incident import AlertState, Incident, Severity, Silence
from bot.render.alerts import alert_lists, alert_message
from handlers.commands import TABLE
from tests.unit.render import catalogue_alerts as c
from tests.unit.render import values as v
from tests.unit.render.written import written_change

HOUR = timedelta(hours=1)
MESSAGES = c.messages()
ASKS_NOTHING = ("Acknowledge", "Silence 1 h", "End silence", "Doctor", "Logs", "Tasks", "Details")


def buttons(message: Message) -> dict[str, dict[str, Any]]:
    """Buttons, and what stands in the menus behind them, by label, wherever they stand."""
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    beside = [block["accessory"] for block in message.blocks if "accessory" in block]
    shown = (*(element for row in rows for element in row), *beside)
    every = [part for element in shown for part in element.get("options", [element])]
    return {part["text"]["text"]: part for part in every}


@pytest.mark.parametrize(
    ("text", "name", "fields"),
    [
        ("alerts", "alerts", {}),
        ("ack node4", "ack", {"key": "node4"}),
        ("ack shop_*", "ack", {"key": "shop_*"}),
        ("ack registry.example.com:443", "ack", {"key": "registry.example.com:443"}),
        ("ack 'a name with blanks'", "ack", {"key": "a name with blanks"}),
        ("silence node4 --for 1h", "silence", {"key": "node4", "span": "1h"}),
        ("silence --for=2d web", "silence", {"key": "web", "span": "48h"}),
        ("silence web", "silence", {"key": "web"}),
        ("unsilence web", "unsilence", {"key": "web"}),
        ("certs", "certs", {}),
        ("certs --workers", "certs", {"workers": True}),
    ],
)
def test_lines(text: str, name: str, fields: dict[str, object]) -> None:
    command = line.parse(text, TABLE)
    assert (command.full_name(), command.model_dump(mode="json", exclude_defaults=True)) == (
        name,
        fields,
    )
    assert line.parse(line.write(command), TABLE) == command


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ack", InvalidLineError),
        ("ack a b", InvalidLineError),
        ("silence", InvalidLineError),
        ("silence web --for soon", InvalidValueError),
        ("ack ''", InvalidValueError),
        (f"ack {'x' * 301}", InvalidValueError),
    ],
)
def test_lines_that_are_refused(text: str, error: type[SwarmbotError]) -> None:
    with pytest.raises(error):
        line.parse(text, TABLE)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_button_is_a_line_that_works(name: str) -> None:
    for value in buttons(MESSAGES[name]()).values():
        line.parse(value["value"], TABLE)


@pytest.mark.parametrize("name", c.lives())
def test_what_is_dangerous_asks_once_more(name: str) -> None:
    for label, element in buttons(MESSAGES[name]()).items():
        asks_nothing = label in ASKS_NOTHING
        assert asks_nothing != ("confirm" in element), label


@pytest.mark.parametrize("later", [1, 59, 600, 86400])
@pytest.mark.parametrize(
    "incident",
    [c.DOWN, c.acked(c.DOWN), c.over(c.DOWN), c.LOCKED, c.FOR_LONG, c.BELOW, c.over(c.CERTIFICATE)],
)
def test_what_did_not_change_reads_the_same_later(incident: Incident, later: int) -> None:
    first = alert_message.alert(incident, None, v.NOW)
    second = alert_message.alert(incident, None, v.NOW + timedelta(seconds=later))
    assert first.text == second.text
    gone = (
        AlertState.FIRING is incident.state
        and incident.kind is AlertKind.NODE_DOWN
        and later == 86400
    )
    assert (first == second) or gone


def test_a_node_that_is_down_for_an_hour_may_be_removed() -> None:
    down = c.acked(c.DOWN)
    assert list(buttons(alert_message.alert(down, None, c.SINCE + HOUR))) == [
        "Drain node4",
        "Tasks",
        "Silence 1 h",
    ]
    later = buttons(alert_message.alert(down, None, c.SINCE + HOUR + timedelta(seconds=1)))
    assert list(later) == ["Remove node4", "Tasks", "Silence 1 h"]
    assert later["Remove node4"]["value"] == "node rm --force n4"


def test_a_node_that_is_drained_already_is_not_to_be_drained() -> None:
    (worst, *others) = c.DOWN.problems
    assert isinstance(worst.facts, NodeDown)
    drained = replace(worst, facts=replace(worst.facts, drained=True))
    down = replace(c.DOWN, problems=(drained, *others))
    assert list(buttons(alert_message.alert(down, None, v.NOW))) == [
        "Acknowledge",
        "Tasks",
        "Silence 1 h",
    ]


@pytest.mark.parametrize(
    ("incident", "first"),
    [
        (c.DOWN, "🔴"),
        (c.acked(c.DOWN), "🟠"),
        (c.over(c.DOWN), "🟢"),
        (c.AT_RISK, "🟠"),
        (c.NO_QUORUM, "🔴"),
        (c.LOCKED, "🔒"),
        (c.acked(c.LOCKED), "🔒"),
        (c.over(c.LOCKED), "🟢"),
        (c.PLACEMENT, "🔵"),
    ],
)
def test_the_emoji_says_what_the_word_says(incident: Incident, first: str) -> None:
    assert alert_message.alert(incident, None, v.NOW).text.startswith(first)


def test_the_emoji_of_what_is_silenced_is_calm() -> None:
    assert alert_message.alert(c.DOWN, c.SILENCE, v.NOW).text.startswith(
        "🟠 node4 is Down · silenced by ops until"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (c.DOWN, c.DOWN),
        (c.over(c.DOWN), c.over(c.DOWN)),
        (None, replace(c.DOWN, state=AlertState.PENDING)),
        (c.acked(c.DOWN), c.acked(c.DOWN)),
        (c.DOWN, replace(c.DOWN, changes=(written_change("x"),), changed=v.NOW + HOUR)),
        (
            c.STORM,
            replace(c.STORM, problems=(replace(c.STORM.problems[0], lost=c.MANY[:150]),)),
        ),
    ],
)
def test_where_nothing_visible_happened_the_thread_is_silent(
    before: Incident | None, after: Incident
) -> None:
    assert alert_message.history(before, after, v.NOW) is None


def test_a_long_list_of_services_goes_along_once() -> None:
    fired = alert_message.history(None, c.STORM, v.NOW)
    assert fired
    (whole,) = fired.files
    assert isinstance(whole.content, str)
    assert whole.content.count("\n") == 201
    assert not alert_message.alert(c.STORM, None, v.NOW).files, "an edit would upload it anew"
    acknowledged = alert_message.history(c.STORM, c.acked(c.STORM), v.NOW)
    assert acknowledged
    assert not acknowledged.files


def test_a_resolved_alert_asks_for_nothing_but_what_is_left() -> None:
    assert buttons(alert_message.alert(c.over(c.DOWN), None, v.NOW)) == {}
    idle = alert_message.alert(c.over(c.DOWN, aftermath=Aftermath.IDLE), None, v.NOW)
    assert list(buttons(idle)) == ["Rebalance"]


def test_each_open_alert_has_the_button_that_comes_next() -> None:
    def row(incident: Incident, *silences: Silence) -> list[str]:
        return list(buttons(alert_lists.alerts([incident], silences, v.NOW)))

    assert row(c.DOWN) == ["Acknowledge"]
    assert row(c.acked(c.DOWN)) == ["Silence 1 h"]
    assert row(c.DOWN, c.SILENCE) == ["End silence"]


def test_what_somebody_cares_for_comes_last() -> None:
    critical, warning = c.acked(c.DOWN), c.BELOW
    assert critical.severity is Severity.CRITICAL
    text = "\n".join(
        str(block) for block in alert_lists.alerts([critical, warning], [], v.NOW).blocks
    )
    assert text.index("web is below") < text.index("node4 is Down")
