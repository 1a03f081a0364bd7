"""Lists as the Docker CLI prints them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model import Mode
from bot.model.cluster import Stored
from bot.render.cli import objects
from bot.render.cli.listing import Listing, lines, printed
from bot.render.cli.template import TemplateError
from tests.unit.render import values as v

PLAIN = Listing(
    {"ID": "ID", "Name": "NAME"},
    [{"ID": "s1", "Name": "web", "Note": "x"}, {"ID": "service2", "Name": "db", "Note": ""}],
    {"Note": "NOTE"},
)
AS_JSON = '{"ID":"s1","Name":"web","Note":"x"}|{"ID":"service2","Name":"db","Note":""}'


@pytest.mark.parametrize(
    ("wanted", "quiet", "text"),
    [
        ("", True, "s1|service2"),
        ("table", True, "s1|service2"),
        ("{{.Name}}", False, "web|db"),
        ("{{.Name}}", True, "web|db"),
        ("table", False, "ID         NAME|s1         web|service2   db"),
        (r"table {{.Name}}\t{{.Note}}", False, "NAME      NOTE|web       x|db"),
        ("json", False, AS_JSON),
        ("{{json .}}", False, AS_JSON),
        ("{{json .Name}}", False, '"web"|"db"'),
        ("table {{upper .Name}}", False, "NAME|WEB|DB"),
    ],
)  # fmt: skip
def test_the_lines(wanted: str, quiet: bool, text: str) -> None:
    assert "|".join(lines(PLAIN, wanted, quiet=quiet)) == text


def test_a_field_that_is_not_there_gets_the_nearest() -> None:
    with pytest.raises(TemplateError) as caught:
        lines(PLAIN, "{{.Nmae}}")
    assert str(caught.value) == "fields of ID, Name, Note; did you mean .Name?"


def test_labels_that_look_secret_are_in_dots() -> None:
    secret = Stored("secret", "x1", "key", {"api_token": "abc", "zone": "a"})
    wanted = '{{.Labels}} {{.Label "api_token"}} {{.Label "zone"}}'
    assert lines(objects.stored([secret], v.NOW), wanted) == ["api_token=•••,zone=a ••• a"]


def test_services_have_the_fields_of_the_cli() -> None:
    (line,) = lines(objects.services([v.WEB]), "json")
    assert line.startswith('{"ID":"')
    for name in ("Name", "Mode", "Replicas", "Image", "Ports"):
        assert f'"{name}":' in line


def test_many_lines_go_along_as_a_file() -> None:
    rows = [{"ID": f"s{number}", "Name": "web"} for number in range(40)]
    message = printed(Listing({"ID": "ID"}, rows), "service ls", "", quiet=True)
    assert message.text == "service ls · 40 lines"
    (file,) = message.files
    assert file.name == "service-ls.txt"
    assert str(file.content).count("\n") == 40


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (2 * 86400, "2 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_ages_are_the_clis(seconds: float, words: str) -> None:
    assert objects.human_duration(timedelta(seconds=seconds)) == words


def test_the_modes_have_the_clis_names() -> None:
    job = replace(v.WEB, mode=Mode.REPLICATED_JOB)
    assert lines(objects.services([job]), "{{.Mode}}") == ["replicated job"]
