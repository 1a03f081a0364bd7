"""The part of Go's templates that people write behind `--format`; pure.

That is fields, `json` and the CLI's other functions, pipes, `range`, `if` and `with`; no variables.
No library that is kept well reads Go's templates, and this much of them is small. What is read is
bounded: a template comes from people, and a range in a range in a range would never end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.render.cli.template_functions import FUNCTIONS, shown

MOST_CHARACTERS = 200_000
MOST_STEPS = 50_000

_ACTION = re.compile(r"\{\{(-\s)?((?:\"[^\"]*\"|[^{}\"])*?)(\s-)?\}\}")
_WORD = re.compile(r'\A("(?:\\.|[^"\\])*"|`[^`]*`|-?\d{1,9}|[|()]|\.[\w.]*|[A-Za-z]\w*)')
_FIELDS = re.compile(r"\.(?:\w+(?:\.\w+)*)?")
_EXAMPLE = "a Go template such as {{.ID}} or {{json .}}"


class TemplateError(ValueError):
    """The template cannot be read, or asks for what is not there.

    Its text completes "expected …".
    """


class NoSuchFieldError(TemplateError):
    """The template asks for a field that is not there: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a field that is there; there is no .{name}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Term:
    """A word of an action: the fields of what is at hand, a value, or a pipe in parentheses."""

    path: tuple[str, ...] | None = None
    value: Any = None
    pipe: Pipe | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function, or none, with its words."""

    function: str
    terms: tuple[Term, ...]


Pipe = tuple[Invocation, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`if`, `with` or `range`, with what stands in it and behind its `else`."""

    kind: str
    pipe: Pipe
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...]


Part = str | Pipe | Block


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read."""

    parts: tuple[Part, ...]

    def render(self, value: Any, *, strict: bool = False) -> str:
        """The text for one value. Raises TemplateError.

        `strict`: a field that is not there is an error, NoSuchFieldError.
        """
        return _Rendering(strict).text(self.parts, value)


@lru_cache(maxsize=64)
def parse(text: str) -> Template:
    """Read a template. Raises TemplateError."""
    tokens = list(_tokens(text.replace("\\t", "\t").replace("\\n", "\n")))
    parts, rest = _parts(tokens)
    if rest:
        raise TemplateError(f"no `{{{{{rest[0]}}}}}` without its beginning")
    return Template(parts)


# ---- reading


@dataclass(frozen=True, slots=True)
class _Action:
    words: str

    def __str__(self) -> str:
        return self.words


def _tokens(text: str) -> Iterator[str | _Action]:
    at, trim = 0, False
    for match in _ACTION.finditer(text):
        before = text[at : match.start()]
        yield from _text(before, trim, bool(match[1]))
        if not match[2].strip().startswith("/*"):
            yield _Action(match[2].strip())
        at, trim = match.end(), bool(match[3])
    yield from _text(text[at:], trim, False)


def _text(text: str, trim_left: bool, trim_right: bool) -> Iterator[str]:
    if "{{" in text or "}}" in text:
        raise TemplateError(f"{_EXAMPLE}, with each {{{{ closed by }}}}")
    text = text.lstrip() if trim_left else text
    text = text.rstrip() if trim_right else text
    if text:
        yield text


def _parts(
    tokens: Sequence[str | _Action], depth: int = 0
) -> tuple[tuple[Part, ...], Sequence[str | _Action]]:
    """The parts up to an `else` or `end` that none of them begins, and what is left from there."""
    parts: list[Part] = []
    rest = tokens
    while rest:
        token, rest = rest[0], rest[1:]
        if isinstance(token, str):
            parts.append(token)
            continue
        keyword, _, condition = token.words.partition(" ")
        if keyword in ("else", "end"):
            return tuple(parts), [token, *rest]
        if keyword in ("if", "with", "range"):
            block, rest = _block(keyword, condition, rest, depth)
            parts.append(block)
        else:
            parts.append(_pipe(token.words))
    return tuple(parts), ()


def _block(
    kind: str, condition: str, tokens: Sequence[str | _Action], depth: int
) -> tuple[Block, Sequence[str | _Action]]:
    if depth > 9:
        raise TemplateError("a template with blocks in blocks at most ten deep")
    body, rest = _parts(tokens, depth + 1)
    otherwise: tuple[Part, ...] = ()
    if rest and str(rest[0]).startswith("else"):
        nested = str(rest[0]).partition(" ")[2]
        if nested.startswith("if "):
            inner, rest = _block("if", nested[3:], rest[1:], depth + 1)
            return Block(kind, _pipe(condition), body, (inner,)), rest
        otherwise, rest = _parts(rest[1:], depth + 1)
    if not rest or str(rest[0]) != "end":
        raise TemplateError(f"an {{{{end}}}} for the {{{{{kind} …}}}}")
    return Block(kind, _pipe(condition), body, otherwise), rest[1:]


def _pipe(text: str) -> Pipe:
    words: list[str] = []
    left = text.strip()
    while left:
        match = _WORD.match(left)
        if match is None:
            raise TemplateError(f"{_EXAMPLE}; this reads no `{left[:40]}`")
        words.append(match[1])
        left = left[match.end() :].lstrip()
    pipe, rest = _calls(words)
    if rest:
        raise TemplateError(f"{_EXAMPLE}, with each parenthesis closed")
    return pipe


def _calls(words: Sequence[str], depth: int = 0) -> tuple[Pipe, Sequence[str]]:
    """A pipe up to the end or to a `)` that none of its words opens, and what is left from
    there."""
    if depth > 9:
        raise TemplateError("a template with parentheses at most ten deep")
    calls: list[Invocation] = []
    function, terms = "", list[Term]()
    rest = words
    while rest and rest[0] != ")":
        word, rest = rest[0], rest[1:]
        if word == "|":
            calls.append(_call(function, terms))
            function, terms = "", []
        elif word == "(":
            pipe, rest = _calls(rest, depth + 1)
            if not rest:
                raise TemplateError(f"{_EXAMPLE}, with each parenthesis closed")
            terms.append(Term(pipe=pipe))
            rest = rest[1:]
        elif word[0].isalpha() and word not in ("true", "false"):
            if function or terms or word not in FUNCTIONS:
                raise TemplateError(f"one of the functions {', '.join(FUNCTIONS)}; not `{word}`")
            function = word
        else:
            terms.append(_term(word))
    return (*calls, _call(function, terms)), rest


def _call(function: str, terms: Sequence[Term]) -> Invocation:
    if not function and not terms:
        raise TemplateError(_EXAMPLE)
    return Invocation(function, tuple(terms))


def _term(word: str) -> Term:
    if word.startswith("."):
        if not _FIELDS.fullmatch(word):
            raise TemplateError(f"a field such as .Name; not `{word}`")
        return Term(path=tuple(name for name in word.split(".") if name))
    if word.startswith("`"):
        return Term(value=word[1:-1])
    return Term(value=json.loads(word, strict=False))


# ---- rendering


@dataclass(slots=True)
class _Rendering:
    strict: bool
    steps: int = 0
    pieces: list[str] = field(default_factory=list)
    characters: int = 0

    def text(self, parts: Sequence[Part], value: Any) -> str:
        self._run(parts, value)
        return "".join(self.pieces)

    def _run(self, parts: Sequence[Part], value: Any) -> None:
        for part in parts:
            self._step()
            if isinstance(part, str):
                self._put(part)
            elif isinstance(part, Block):
                self._block(part, value)
            else:
                self._put(shown(self._pipe(part, value)))

    def _block(self, block: Block, value: Any) -> None:
        condition = self._pipe(block.pipe, value)
        if not condition:
            self._run(block.otherwise, value)
        elif block.kind == "if":
            self._run(block.body, value)
        elif block.kind == "with":
            self._run(block.body, condition)
        else:
            for item in _items(condition):
                self._run(block.body, item)

    def _pipe(self, pipe: Pipe, value: Any) -> Any:
        passed: list[Any] = []
        for call in pipe:
            self._step()
            terms = [*(self._term(term, value) for term in call.terms), *passed]
            passed = [_called(call.function, terms)]
        return passed[0]

    def _term(self, term: Term, value: Any) -> Any:
        if term.pipe is not None:
            return self._pipe(term.pipe, value)
        if term.path is None:
            return term.value
        for name in term.path:
            value = self._field(value, name)
        return value

    def _field(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping) and name in value:
            return value[name]
        if self.strict:
            raise NoSuchFieldError(name)
        return None

    def _put(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > MOST_CHARACTERS:
            raise TemplateError(f"a template that gives at most {MOST_CHARACTERS} characters")
        self.pieces.append(text)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TemplateError(f"a template that takes at most {MOST_STEPS} steps")


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list | tuple):
        return value
    raise TemplateError("a list behind range")


def _called(function: str, terms: Sequence[Any]) -> Any:
    try:
        if not function:
            first, *rest = terms
            if rest and not callable(first):
                raise TemplateError(_EXAMPLE)
            return first(*rest) if callable(first) else first
        return FUNCTIONS[function](*terms)
    except TemplateError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError):
        raise TemplateError(f"other values behind `{function or 'the field'}`") from None
