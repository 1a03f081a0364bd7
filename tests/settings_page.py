"""docs/configure.md as the settings' models have it: every key, with its type, its default and the
line that stands below it in the source."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.model.duration import write_duration
from bot.model.incident import RULES
from bot.settings import Settings
from bot.settings.sources import FILE_ONLY, SECRETS

TYPES: Mapping[object, str] = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "`true` or `false`",
    "Path": "path",
    "timedelta": "duration",
    "SecretStr": "secret",
    "IPvAnyNetwork": "network",
}
HEAD = """# Every setting

This page is made of the settings' models in `bot/settings`; `UPDATE_GOLDEN=1 make check` writes it
anew.
[swarmbot.example.toml](../swarmbot.example.toml) is a file to begin with, and `swarmbot check` says
in words what is wrong with yours.

The bot reads the environment and one TOML file: the one that `SWARMBOT_CONFIG` names, else
`swarmbot.toml` in the folder that it is started in, which need not be there. Where both speak, the
environment counts; an empty variable counts as none. It reads them once, at its start. A key that
there is not is a mistake, and keeps the bot from its start.

Durations are written as Docker writes them (`45s`, `1m30s`, `12h`), most of them in days and weeks
too (`14d`). Patterns are those of file names: `*`, `?`, `[ab]`.
"""
SECRETS_SAY = """\
Secrets belong into files, and not into the TOML file: `NAME_FILE` names a file with the value
of `NAME`, the way Docker hands out secrets.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *_variables(), *_top(), *_tables(), *_kinds()))


def variables() -> tuple[str, ...]:
    """The variables that are settings of their own."""
    fields = Settings.model_fields.items()
    return tuple(_variable(name, field) for name, field in fields if name not in FILE_ONLY)


def top_keys() -> tuple[str, ...]:
    """The keys that stand in no table of the file; those of secrets are better in files."""
    return tuple(
        name
        for name, field in Settings.model_fields.items()
        if name not in SECRETS
        and field.validation_alias is None
        and _table_of(field.annotation) is None
    )


def _variables() -> Iterator[str]:
    yield "## Variables of the environment\n"
    yield SECRETS_SAY
    yield "| variable | type | default | |\n| --- | --- | --- | --- |"
    said = _said(Settings)
    for name, field in Settings.model_fields.items():
        if name not in FILE_ONLY:
            variable = f"`{_variable(name, field)}`"
            both = f"{variable}, `{name.upper()}_FILE`" if name in SECRETS else variable
            yield _row(both, field, said[name])
    yield "| `SWARMBOT_CONFIG` | path | `swarmbot.toml` | The TOML file. |\n"


def _top() -> Iterator[str]:
    yield "## At the top of the file\n"
    yield "| key | type | default | |\n| --- | --- | --- | --- |"
    said = _said(Settings)
    for name in top_keys():
        yield _row(f"`{name}`", Settings.model_fields[name], said[name])
    yield ""


def _tables() -> Iterator[str]:
    for title, model in _models():
        yield f"## `{title}`\n"
        yield f"{_as_text(model.__doc__)}\n"
        yield "| key | type | default | |\n| --- | --- | --- | --- |"
        said = _said(model)
        for name, field in model.model_fields.items():
            yield _row(f"`{name}`", field, said[name])
        yield ""


def _kinds() -> Iterator[str]:
    yield "## The kinds of alerts\n"
    yield "| `KIND` | severity | after |\n| --- | --- | --- |"
    for kind, rule in RULES.items():
        yield f"| `{kind}` | `{rule.severity}` | `{write_duration(rule.after)}` |"
    yield ""


def _models(
    model: type[BaseModel] = Settings, above: str = ""
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table of the file: its heading and its model."""
    for name, field in model.model_fields.items():
        inner, path = _table_of(field.annotation), f"{above}{name}"
        if inner:
            by_name = get_origin(field.annotation) is dict
            several = get_origin(field.annotation) is tuple
            yield f"[[{path}]]" if several else f"[{path}{'.KIND' * by_name}]", inner
            yield from _models(inner, f"{path}.")


def _table_of(annotation: Any) -> type[BaseModel] | None:
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or name.upper())


def _row(name: str, field: FieldInfo, said: str) -> str:
    return f"| {name} | {_type(field.annotation)} | {_default(field)} | {said} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "has to be given"
    if isinstance(value, BaseModel):
        return "that of its keys"
    return f"`{_written(value)}`" if value not in (None, "", (), {}) else "none"


def _written(value: object) -> str:
    """A value as it is written in the file, without the quotes."""
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return write_duration(value)
        case tuple():
            return "[" + ", ".join(f'"{_written(part)}"' for part in value) + "]"
        case _:
            return str(value)


def _type(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is None:
        return _plain_type(annotation)
    if origin in (Union, types.UnionType):
        return ", ".join(_type(part) for part in parts if part is not type(None))
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return "tables" if _table_of(annotation) else f"list of {_plural(parts[0])}"
    if origin is Annotated:
        return _type(parts[0])
    return f"{_type(parts[1])} for each {_type(parts[0])}"


def _plain_type(annotation: type[Any]) -> str:
    if issubclass(annotation, BaseModel):
        return "table"
    if issubclass(annotation, StrEnum):
        return "kind" if len(annotation) > 10 else ", ".join(f"`{part}`" for part in annotation)
    return TYPES[annotation.__name__]


def _plural(annotation: Any) -> str:
    name = _type(annotation)
    return f"{name}s" if name in TYPES.values() else name


def _said(model: type[BaseModel]) -> dict[str, str]:
    """What the source says below each key. KeyError where it says nothing."""
    (tree,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(tree, ast.ClassDef)
    said = {}
    for field, line in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(line, ast.Expr)
            and isinstance(line.value, ast.Constant)
        ):
            said[field.target.id] = _as_text(str(line.value.value))
    return said


def _as_text(text: str | None) -> str:
    """A docstring without the lines into which the source breaks it."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
