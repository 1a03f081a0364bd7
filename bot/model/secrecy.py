"""What may be a secret, and the dots that stand in its place wherever people read.

Whatever looks like one is taken for one: a value too many in dots costs a look at its source, one
too few costs the secret.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache

SHORT, LONG = 12, 32
"""Characters from which on a value counts as of middle length, and as long."""
_DOTS = "•••"
_WORDS = frozenset(
    [
        "auth",
        "authorization",
        "apikey",
        "bearer",
        "cookie",
        "credential",
        "credentials",
        "creds",
        "dsn",
        "jwt",
        "pass",
        "passphrase",
        "passwd",
        "password",
        "pat",
        "pw",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    ]
)
_PARTS = ("password", "passwd", "passphrase", "secret", "token", "apikey", "credential")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAMED = re.compile(
    r"""(?<!\S)(?P<flag>--?[A-Za-z][A-Za-z0-9_-]{0,60})[ \t](?=[^\s-])"""
    r"""|(?<![A-Za-z0-9_.-])(?P<name>[A-Za-z0-9_.-]++)["']?[ \t]{0,3}[=:][ \t]{0,3}"""
)
_VALUE = re.compile(r"""(?P<quote>["'])(?P<quoted>.*?)(?P=quote)|[^\s,;"']+""", re.DOTALL)
# Public, and its letters, drawn by lot, look like anything: `LM10pw==` like a password.
_CERTIFICATE = re.compile(
    r"(-----BEGIN CERTIFICATE-----\r?\nMI"
    r"(?:[A-Za-z0-9+/]{1,64}={0,2}\r?\n)+-----END CERTIFICATE-----)"
)
_KNOWN = (
    re.compile(
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
        r"(?:[^-]|-(?!----))*+(?:-----END [A-Z ]{0,40}-----)?"
    ),
    re.compile(r"(?P<kept>SWM(?:TKN|KEY)-)[\w+/=-]+"),
    re.compile(r"(?P<kept>\b(?i:bearer|basic) )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?P<kept>://[^\s:/@]{0,200}:)[^\s/@]{1,500}(?P<rest>@)"),
    re.compile(r"(?P<kept>hooks\.slack\.com/)[^\s\"'<>]+"),
    re.compile(r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{8,}"),
    re.compile(r"\b(?:gh[a-z]_|github_pat_|glpat-)[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAKIA[A-Z0-9]{12,}"),
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_.-]{8,}"),
)


def dots(value: str) -> str:
    """As many dots as say whether the value is short, middling or long; an empty one has none."""
    if not value or not value.strip("•"):
        return value
    return _DOTS * (1 + (len(value) >= SHORT) + (len(value) >= LONG))


def looks_secret(name: str) -> bool:
    """Whether a variable, a label or a flag of this name is likely to hold a secret."""
    return _looks_secret(name[-200:])


@lru_cache(maxsize=1024)  # The same few names come again in every look at the Swarm.
def _looks_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    return (
        not _WORDS.isdisjoint(words)
        or (len(words) > 1 and words[-1] == "key")
        or any(part in joined for part in _PARTS)
    )


def masked_value(pair: str) -> str:
    """`NAME=VALUE` with dots in place of the value, whatever the name is."""
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{dots(value)}"


def masked_pair(pair: str) -> str:
    """`NAME=VALUE` with dots where the name looks like a secret, or a part of the value does."""
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{masked_field(name, value)}"


def masked_field(name: str, value: str) -> str:
    """The value of a field of this name: dots where it looks like a secret."""
    return dots(value) if looks_secret(name) else masked_text(value)


def masked_words(words: Iterable[str]) -> list[str]:
    """`NAME=VALUE` with dots where the name looks like a secret, or part of the value does."""
    out: list[str] = []
    secret_follows = False
    for word in words:
        name, equals, value = word.partition("=")
        if secret_follows and not word.startswith("-"):
            out.append(dots(word))
        elif equals and looks_secret(name):
            out.append(f"{name}={dots(value)}")
        else:
            out.append(masked_text(word))
        secret_follows = word.startswith("-") and not equals and looks_secret(name)
    return out


def masked_line(text: str) -> str:
    """Words that a shell would read, in one text; without quotes that end it is masked as text."""
    try:
        words = shlex.split(text)
    except ValueError:
        return masked_text(text)
    masked = masked_words(words)
    return shlex.join(masked) if masked != words else text


def masked_text(text: str) -> str:
    """Any text, with dots where something in it looks like a secret.

    These are assignments and flags whose names do, passwords in URLs, bearer tokens, private keys,
    and the tokens and keys of Swarm and of well-known services. It keeps its lines, and
    certificates.
    """
    parts = _CERTIFICATE.split(text)
    return "".join(part if at % 2 else _masked_prose(part) for at, part in enumerate(parts))


def _masked_prose(text: str) -> str:
    for pattern in _KNOWN:
        text = pattern.sub(_known, text)
    parts, at = [], 0
    for match in _NAMED.finditer(text):
        value = _VALUE.match(text, match.end())
        if match.start() < at or value is None or not looks_secret(match["flag"] or match["name"]):
            continue
        first, last = value.span("quoted") if value["quote"] else value.span()
        parts += [text[at:first], _in_dots(text[first:last])]
        at = last
    return "".join((*parts, text[at:]))


def _known(match: re.Match[str]) -> str:
    groups = match.groupdict()
    kept, rest = groups.get("kept") or "", groups.get("rest") or ""
    return f"{kept}{_in_dots(match[0][len(kept) : len(match[0]) - len(rest)])}{rest}"


def _in_dots(text: str) -> str:
    return "\n".join(map(dots, text.split("\n")))
