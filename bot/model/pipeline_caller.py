"""What is known of CI where it asks for something: what its token allows, and for which build."""

from __future__ import annotations

from dataclasses import dataclass

CI_ID = "ci:"
"""What the id of every CI caller begins with; no id of Slack does."""


@dataclass(frozen=True, slots=True)
class PipelineRights:
    """What a token, or an entry of `[[ci]]`, allows at most; the rules decide within that.

    `services` are patterns. `credential` is the id of the token, or the name of the entry, and
    `claims` are those of the issuer by which the entry took the caller (names and values): both
    are read again before anything runs that has waited.
    """

    roles: frozenset[str]
    services: tuple[str, ...]
    credential: str
    claims: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """The build that CI asks for.

    `number` is what CI calls it, `link` its address (https or http); `by` says whose commit it is,
    by e-mail address or name, and `author` is the id of that person in Slack, where Slack knows it.
    """

    number: str = ""
    link: str = ""
    by: str = ""
    author: str = ""
