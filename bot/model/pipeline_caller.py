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
class Origin:
    """Where a request of CI comes from: the command that was sent over HTTP, and its build.

    `command` is the id of the command as CI sees it. `link` is the URL of the build, `build` what
    it is called, `by` whose commit it builds (an e-mail address or a name); all three may be empty.
    `author` is the id of that person in Slack, where Slack knows the address. `attempt` grows when
    another bot begins the command anew: what an earlier one still says does not count. `trace`: the
    traceparent of the span in which it was sent, if any.
    """

    command: str
    link: str = ""
    build: str = ""
    by: str = ""
    author: str = ""
    attempt: int = 1
    trace: str = ""
