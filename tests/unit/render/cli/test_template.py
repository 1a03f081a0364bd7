"""The part of Go's templates that people write behind `--format`."""

from __future__ import annotations

import pytest

from bot.render.cli.template import NoSuchFieldError, TemplateError, parse

SERVICE = {
    "ID": "s1",
    "Spec": {
        "Name": "web",
        "Labels": {"zone": "a", "com.example/x": "1"},
        "Mode": {"Replicated": {"Replicas": 3}},
        "Env": ["A=1", "B=2"],
        "Init": False,
    },
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.ID}}", "s1"),
        ("{{ .ID }}", "s1"),
        ("id: {{.ID}}, {{.Spec.Name}}", "id: s1, web"),
        (r"{{.ID}}\t{{.Spec.Name}}\n", "s1\tweb\n"),
        ("{{json .Spec.Labels}}", '{"com.example/x":"1","zone":"a"}'),
        ("{{ json .Spec.Env }}", '["A=1","B=2"]'),
        ("{{.Spec.Env}}", "[A=1 B=2]"),
        ("{{.Spec.Labels}}", "map[com.example/x:1 zone:a]"),
        ("{{.Spec.Init}}", "false"),
        ("{{.Spec.Nothing.There}}", "<no value>"),
        ('{{index .Spec.Labels "com.example/x"}}', "1"),
        ("{{index .Spec.Env 1}}", "B=2"),
        ("{{len .Spec.Env}}", "2"),
        ('{{join .Spec.Env ", "}}', "A=1, B=2"),
        ("{{.Spec.Name | upper}}", "WEB"),
        ('{{.Spec.Name | upper | printf}}', None),
        ("{{upper (index .Spec.Env 0)}}", "A=1"),
        ("{{truncate .Spec.Name 2}}", "we"),
        ("{{range .Spec.Env}}{{.}} {{end}}", "A=1 B=2 "),
        ("{{range .Spec.Env}}{{println .}}{{end}}", "A=1\nB=2\n"),
        ("{{range .Spec.Labels}}{{.}}{{end}}", "1a"),
        ("{{range .Spec.Nothing}}x{{else}}none{{end}}", "none"),
        ("{{if .Spec.Init}}yes{{else}}no{{end}}", "no"),
        ("{{if .Spec.Init}}a{{else if .Spec.Name}}b{{else}}c{{end}}", "b"),
        ("{{with .Spec.Mode.Replicated}}{{.Replicas}}{{end}}", "3"),
        ('{{if eq .Spec.Name "web"}}same{{end}}', "same"),
        ('{{if and .Spec.Name (not .Spec.Init)}}both{{end}}', "both"),
        ("a {{- .ID -}} b", "as1b"),
        ("{{/* nothing */}}x", "x"),
        ("plain", "plain"),
        ('{{"}"}}', "}"),
        ("{{.ID", None),
        ("ID}}", None),
        ("{{}}", None),
        ("{{end}}", None),
        ("{{if .ID}}x", None),
        ("{{template \"x\"}}", None),
        ("{{$x := .ID}}", None),
        ("{{.ID.}}", None),
        ("{{len .Spec.Init}}", None),
        ("{{range .ID}}x{{end}}", None),
        ("{{(.ID}}", None),
        ('{{index .Spec.Env 7}}', None),
    ],
)  # fmt: skip
def test_what_it_gives(template: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(TemplateError):
            parse(template).render(SERVICE)
    else:
        assert parse(template).render(SERVICE) == text


def test_a_list_knows_its_fields() -> None:
    with pytest.raises(NoSuchFieldError) as caught:
        parse("{{.Nmae}}").render({"Name": "web"}, strict=True)
    assert caught.value.name == "Nmae"


@pytest.mark.parametrize(
    "template",
    [
        "{{range .L}}{{range .L}}{{range .L}}x{{end}}{{end}}{{end}}",
        "{{range .L}}{{json .}}{{json .}}{{end}}",
        "{{" + "(" * 2000,
        "{{if .L}}" * 300 + "x" + "{{end}}" * 300,
    ],
)
def test_it_is_bounded(template: str) -> None:
    inner: dict[str, object] = {"x": "y" * 2000}
    for _ in range(3):
        inner = {"L": [inner] * 60}
    with pytest.raises(TemplateError):
        _rendered(template, inner)


def _rendered(template: str, value: object) -> str:
    return parse(template).render(value)
