"""`swarmbot token`: creates, lists and revokes the tokens of CI, and the audit says who did."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.clock import utc_now
from bot.console import columns, configured, refuse, stored
from bot.errors import (
    InvalidSettingError,
    NameTakenError,
    SwarmbotError,
    TooManyTokensError,
    UnknownNameError,
    error_code,
)
from bot.model import Actor, Ending
from bot.model.duration import read_span
from bot.model.english import plural
from bot.model.token import PipelineToken
from bot.policy.auto_actor import AUTO_NAME
from bot.settings import Settings
from bot.settings.checks import check_ci_role
from bot.settings.ci import CI_NAME, MOST_PATTERNS, SERVICE_PATTERN

if TYPE_CHECKING:
    from bot.store.store import Store

SOURCE = "command line"
"""Where the audit says that it came from."""
_NAME, _PATTERN = re.compile(CI_NAME), re.compile(SERVICE_PATTERN)
LEAST_LIFE = timedelta(minutes=1)
MOST_LIFE = timedelta(days=400)
"""Nobody looks after a token that lives longer."""
_NAME, _PATTERN = re.compile(CI_NAME), re.compile(SERVICE_PATTERN)


@click.group("token")
def token_group() -> None:
    """Look after the tokens by which CI comes in. With the bot's own Redis it works while the bot
    runs, and while it does not."""


@token_group.command()
@click.argument("name")
@click.option("--role", required=True, help="what it may ask for: a role with ci = true")
@click.option(
    "--services",
    "patterns",
    required=True,
    multiple=True,
    help="which services it is for: patterns, with commas between; '*' for all",
)
@click.option("--expires", default="90d", show_default=True, help="how long it holds: 12h, 90d, 4w")
def create(name: str, role: str, patterns: tuple[str, ...], expires: str) -> None:
    """Create a token called NAME, and print it: nobody can read it again."""
    settings = configured()
    if not _NAME.fullmatch(name):
        refuse(InvalidSettingError("NAME", "letters, digits and . _ - (40 at most)"))
    if name.casefold() == AUTO_NAME:
        refuse(
            InvalidSettingError("NAME", f"{AUTO_NAME} is the bot itself, as it finds new images")
        )
    try:
        check_ci_role(role, settings)
    except ValueError as error:
        refuse(InvalidSettingError("--role", str(error)))
    services, life = _services(patterns), _life(expires)
    with _with_the_key(settings) as store:
        now = utc_now()
        flags = {"name": name, "role": role, "services": services, "expires": expires}
        with _audited(store, "token create", flags, f"token {name} created"):
            text = store.tokens.create(
                name, role, services, now=now, expires=now + life, by=_person().name
            )
    print(text)
    print(
        f"This is shown once. {name} has the role {role} for {', '.join(services)} until "
        f"{_when(now + life)}.",
        file=sys.stderr,
    )


@token_group.command("list")
def list_tokens() -> None:
    """List the tokens, with when each was used last."""
    settings, now = configured(), utc_now()
    with _with_the_key(settings) as store:
        tokens, used = store.tokens.all(), store.tokens.last_used()
    if not tokens:
        print("There are no tokens.")
        return
    head = ("NAME", "ID", "ROLE", "SERVICES", "CREATED", "BY", "EXPIRES", "LAST USED")
    rows = (_row(token, used, now, settings.ci_roles) for token in tokens)
    print("\n".join(columns((head, *rows))))


@token_group.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the token NAME (or with this id) at once. What it asked for, and waits, does not run."""
    with (
        _with_the_key(configured()) as store,
        _audited(store, "token revoke", {"name": name}, f"token {name} revoked"),
    ):
        revoked = store.tokens.revoke(name)
    print(f"The token {revoked.name} ({revoked.id}) lets nobody in any more.")


# ---- parts


@contextmanager
def _with_the_key(settings: Settings) -> Iterator[Store]:
    """The configured Redis, for a program that has the key of the bots: what another key has signed
    they take for nothing, and it would break their audit."""
    with stored(settings) as store:
        if not store.has_the_key():
            refuse(
                InvalidSettingError(
                    "SWARMBOT_KEY_FILE",
                    "the bots on this Redis have another key: run this where a bot runs",
                )
            )
        yield store


@contextmanager
def _audited(store: Store, command: str, flags: Mapping[str, Any], title: str) -> Iterator[None]:
    """Write down the intent before, and the outcome after; ends the program where it is refused."""
    written = {"command": command, "flags": flags}
    plan = {"title": title, "services": []}
    intent = store.audit.intend(_person(), written, plan, SOURCE, utc_now())
    try:
        yield
    except SwarmbotError as error:
        outcome = {"ending": Ending.FAILED, "why": error_code(error)}
        store.audit.conclude(intent, outcome, 0.0, utc_now())
        refuse(_refused(error))
    store.audit.conclude(intent, {"ending": Ending.DONE, "why": ""}, 0.0, utc_now())


def _refused(error: SwarmbotError) -> InvalidSettingError:
    match error:
        case NameTakenError():
            why = "another token is called that; revoke it first, or choose another name"
        case TooManyTokensError():
            why = f"there are {error.most} tokens already; revoke those that nobody uses"
        case UnknownNameError():
            hint = f"did you mean {error.near[0]}?" if error.near else "swarmbot token list"
            why = f"there is no token named {error.name}; {hint}"
        case _:
            raise error
    return InvalidSettingError("NAME", why)


def _services(patterns: tuple[str, ...]) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for text in patterns for part in text.split(",")))
    wrong = next((part for part in parts if not _PATTERN.fullmatch(part)), None)
    if wrong is not None:
        refuse(InvalidSettingError("--services", f"{wrong!r} is no pattern of names of services"))
    if len(parts) > MOST_PATTERNS:
        refuse(InvalidSettingError("--services", f"at most {plural(MOST_PATTERNS, 'pattern')}"))
    return parts


def _life(text: str) -> timedelta:
    try:
        life = read_span(text)
    except ValueError as error:
        refuse(InvalidSettingError("--expires", f"expected {error}"))
    if not isinstance(life, timedelta) or not LEAST_LIFE <= life <= MOST_LIFE:
        refuse(InvalidSettingError("--expires", f"from 1m to {MOST_LIFE.days}d"))
    return life


def _row(
    token: PipelineToken, used: Mapping[str, datetime], now: datetime, roles: frozenset[str]
) -> tuple[str, ...]:
    return (
        token.name,
        token.id,
        token.role if token.role in roles else f"{token.role} (not open to CI)",
        ", ".join(token.services),
        _when(token.created),
        token.by,
        _when(token.expires) if token.holds(now) else "expired",
        _when(used[token.id]) if token.id in used else "never",
    )


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _person() -> Actor:
    """Who sits at this command line, as the machine knows them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # In a container, an account may have a number and no name.
        user = "somebody"
    return Actor("command-line", f"{user} at the command line")
