"""What Slack, phones and people's habits make of a line: it is read as what was meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import line
from bot.command.model import Command
from handlers.slack.text import behind_mention, typed_line
from playground.workspace.people import Directory
from playground.workspace.typed import as_sent
from tests.unit.command.test_line_write import COMMANDS
from tests.unit.commands import parse

BOT = "U0SWARMBOT"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("`service ps web`", "service ps web"),
        ("```service ps web```", "service ps web"),
        ("```\nservice ps web\n```", "service ps web"),
        ("scale *web=5*", "scale web=5"),
        ("*scale web=5*", "scale web=5"),
        ("scale `web=5` *api=3*", "scale web=5 api=3"),
        ("_scale web=5_", "scale web=5"),
        ("service create python __main__", "service create python __main__"),
        ("~scale web=5~", "scale web=5"),
        ("*`scale web=5`*", "scale web=5"),
        ("*_scale web=5_*", "scale web=5"),
        ("/swarm nodes", "nodes"),
        ("`/swarm nodes`", "nodes"),
        ("/swarm `service ps web`", "service ps web"),
        ("$ docker service ls", "docker service ls"),
        ("# docker service ls", "docker service ls"),
        ("&gt; service ls", "service ls"),
        ("• service ls", "service ls"),
        ("deploy web <http://shop.io/web:2|shop.io/web:2>", "deploy web shop.io/web:2"),
        ("deploy web `<http://shop.io/web:2|shop.io/web:2>`", "deploy web shop.io/web:2"),
        ("service create --env A=1&amp;2 x", "service create --env A=1&2 x"),
        ("ask <@U1|dev> in <#C1|ops>", "ask @U1 in #C1"),
        ("<!subteam^S1|@ops> <!here>", "@ops !here"),
        ("", ""),
        ("`", "`"),
        ("*", "*"),
        ("``", "``"),
        ("hold *", "hold *"),
        ("hold shop_* incident 42", "hold shop_* incident 42"),
        ("hold *_web incident", "hold *_web incident"),
        ("service create alpine ls *.txt b*", "service create alpine ls *.txt b*"),
        ("service create --env A=*b* x", "service create --env A=*b* x"),
        ("create x sh -c 'echo `date` *a*'", "create x sh -c 'echo `date` *a*'"),
        ('create x sh -c "echo `date` *a*"', 'create x sh -c "echo `date` *a*"'),
    ],
)
def test_what_stands_around_a_line_is_not_part_of_it(sent: str, meant: str) -> None:
    assert typed_line(sent, "/swarm") == meant


def test_the_name_of_the_command_is_the_one_that_is_configured() -> None:
    assert typed_line("/swarm-prod nodes", "/swarm-prod") == "nodes"
    assert typed_line("/swarm nodes", "/swarm-prod") == "/swarm nodes"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (f"<@{BOT}> status", "status"),
        (f"<@{BOT}|swarmbot>: status", "status"),
        (f"hey <@U1>, ask <@{BOT}> service ps web", "service ps web"),
        (f"<@{BOT}> hold web ask <@U1> first", "hold web ask <@U1> first"),
        (f"<@{BOT}> hold web <@{BOT}> said so", f"hold web <@{BOT}> said so"),
        (f"rm -f web? no, <@{BOT}>", ""),
        ("<@U1> service rm web", ""),
        ("service rm web", ""),
    ],
)
def test_only_what_follows_the_mention_of_the_bot_counts(sent: str, meant: str) -> None:
    assert behind_mention(sent, BOT) == meant


def test_while_the_bot_does_not_know_its_id_the_first_mention_counts() -> None:
    assert behind_mention("<@U1> status", "") == "status"


# ---- decoration never changes the command

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_FREE_WORD = re.compile(r"(?<!\S)[\w/=:.,@+-]+(?!\S)", re.ASCII)


def around(mark: str, text: str) -> str:
    return text if mark in text else f"{mark}{text}{mark}"


def outside_quotes(text: str, old: str, new: str) -> str:
    parts, end = [], 0
    for match in _QUOTED.finditer(text):
        parts += [text[end : match.start()].replace(old, new), match.group()]
        end = match.end()
    return "".join((*parts, text[end:].replace(old, new)))


def one_word(mark: str, number: int, text: str) -> str:
    words = list(_FREE_WORD.finditer(_QUOTED.sub(lambda m: "'" * len(m[0]), text)))
    if not words or mark in text:
        return text
    word = words[number % len(words)]
    return f"{text[: word.start()]}{mark}{word.group()}{mark}{text[word.end() :]}"


WHOLE = st.sampled_from(
    [
        lambda text: text,
        lambda text: around("`", text),
        lambda text: around("*", text),
        lambda text: around("~", text),
        lambda text: f"```{text}```" if "```" not in text else text,
        lambda text: f"```\n{text}\n```" if "```" not in text else text,
        lambda text: outside_quotes(text, " ", "\u00a0"),
        lambda text: outside_quotes(text, " ", "  "),
        lambda text: outside_quotes(text, " --", " —"),
        lambda text: outside_quotes(text, "-", "\u2011"),
        lambda text: outside_quotes(text, "-", "\u2212"),
        lambda text: f"\u200b{text}\ufeff",
    ]
)
PASTED = st.sampled_from(["", "docker ", "$ docker ", "# ", "> ", "/swarm ", "/swarm docker "])
WORD = st.tuples(st.sampled_from("`*~"), st.integers(0, 9))


@settings(max_examples=300, deadline=None)
@given(COMMANDS, WORD, PASTED, st.lists(WHOLE, max_size=3))
def test_decoration_never_changes_the_command(
    command: Command, word: tuple[str, int], pasted: str, whole: list[object]
) -> None:
    text = pasted + one_word(*word, line.write(command))
    for decorate in whole:
        text = decorate(text)  # type: ignore[operator]
    sent = as_sent(text, Directory(), labels=True)

    assert parse(typed_line(sent, "/swarm")) == command
