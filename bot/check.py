"""`swarmbot check`: says in words what of the configuration works and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from bot import tracing
from bot.command import line
from bot.command.model import Command, Query
from bot.command.parameters import parameters
from bot.console import columns
from bot.errors import (
    EngineRefusedError,
    ImageNotFoundError,
    InvalidSettingError,
    IssuerUnavailableError,
    RegistryDeniedError,
    RegistryUnavailableError,
    StoreUnavailableError,
    SwarmbotError,
    error_code,
)
from bot.model import Actor, Image
from bot.policy.reasoning import reasons
from bot.policy.rule_names import with_full_names
from bot.registry.signatures import is_key
from bot.render.registry_logins import looked
from bot.settings import PolicyRule, Settings
from bot.store.store import Store
from bot.swarm.engine.port import EnginePool
from bot.swarm.registries.credentials import RegistryLogin
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from handlers.http.issuer_keys import IssuerKeys
from handlers.slack.check import check_slack
from handlers.slack.listeners import web_client

Finding = tuple[str, str]
"""Subject and problem; an empty problem means that all is well."""


def print_findings(settings: Settings) -> bool:
    """Print a line for each part, then the rules as a table; False where something is wrong."""
    swarm = Swarm.configured(settings)
    findings = [
        *_rules(settings),
        *_slack(settings),
        *_redis(settings),
        *issuers(settings),
        *_engines(swarm.engines),
        *logins(swarm),
        *registries(swarm),
        *image_files(settings),
        *collector(settings),
    ]
    for subject, problem in findings:
        print(f"{'wrong' if problem else 'ok':5}  {subject}{': ' + problem if problem else ''}")
    print("\n" + "\n".join(rights(settings)))
    return not any(problem for _, problem in findings)


def image_files(settings: Settings) -> Iterator[Finding]:
    """The keys of signatures, and the secret of the registries' notifications."""
    for registry in settings.registries:
        if file := registry.require_signature:
            key = "" if is_key(_read(file)) else f"{file} is no public key of cosign (ECDSA P-256)"
            yield f"signatures of {registry.host}", key
    if file := settings.images.hook_secret_file:
        yield "secret of registry hooks", "" if _read(file).strip() else f"{file} is empty"


def _read(file: Path) -> bytes:
    """What is in the file; nothing where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def collector(settings: Settings) -> Iterator[Finding]:
    """Whether the collector of traces takes any, where one is named."""
    if settings.traces:
        yield f"traces to {settings.traces}", tracing.problem(settings)


def rights(settings: Settings) -> list[str]:
    """The effective policy, one line a rule, in the order in which they decide."""
    if not settings.roles:
        return [
            "no roles: the bot is read-only. Add [[roles]] and [[rules]], see swarmbot.example.toml"
        ]
    rows = [("COMMANDS", "SERVICES", "MAY ASK", "MUST APPROVE"), *map(_rule, settings.rules)]
    rows.append(("any other read", "any", "members of the workspace", "–"))
    rows.append(("any other change", "any", "nobody", "–"))
    for who, reads in (("guests", settings.reads.guests), ("strangers", settings.reads.strangers)):
        rows.append((", ".join(reads) or "no read", "any", who, "–"))
    return columns(rows)


def explain_rules(settings: Settings, actor: Actor, text: str) -> list[str]:
    """Which rule decides about this line of somebody's, and why.

    Raises InvalidSettingError for a rule that names no command, and what `line.parse` raises.
    """
    named = with_full_names(settings, TABLE.full_names)
    command = line.parse(text, TABLE).meant()
    reads = isinstance(command, Query)
    services = command.services_to_judge() or _typed_services(command) or ("",)
    return list(reasons(actor, command.full_name(), services, reads, named))


def _typed_services(command: Command) -> tuple[str, ...]:
    """The services that the line names, before anybody knows whether there are such."""
    values = (
        getattr(command, param.field)
        for param in parameters(type(command))
        if param.metavar.startswith("SERVICE")
    )
    texts = (text for value in values for text in ((value,) if isinstance(value, str) else value))
    return tuple(str(text).partition("=")[0] for text in texts)


def _rule(rule: PolicyRule) -> tuple[str, str, str, str]:
    approve = " or ".join(rule.approve) or "–"
    if rule.approve and rule.approvals > 1:
        approve = f"{rule.approvals} of {approve}"
    if rule.over_replicas is not None:
        approve += f", above {rule.over_replicas} replicas"
    return (
        ", ".join(rule.commands),
        ", ".join(rule.services),
        " or ".join(rule.ask) or "nobody",
        approve,
    )


def _rules(settings: Settings) -> Iterator[Finding]:
    try:
        with_full_names(settings, TABLE.full_names)
    except InvalidSettingError as error:
        yield error.where, error.problem
    else:
        yield "rules", ""


def _slack(settings: Settings) -> Iterator[Finding]:
    if settings.slack_bot_token is None:
        yield "Slack bot token", "SLACK_BOT_TOKEN is not set"
        return
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        yield (
            "Slack",
            "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP mode) is set",
        )
    yield from check_slack(
        web_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url), settings
    )


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield f"Redis: the bot starts its own, with its data under {settings.data}", ""
        return
    store = Store.connect(settings.redis_url.get_secret_value())
    try:
        store.ping()
        yield "Redis", store.unfitness()
    except StoreUnavailableError as error:
        yield "Redis", error.reason
    finally:
        store.close()


def logins(swarm: Swarm) -> Iterator[Finding]:
    """Whether the credentials of each registry can be read, and whether it takes them."""
    for host in swarm.credentials.hosts:
        login = swarm.credentials.look(host)
        subject = f"credentials for {host} from {login.source.place}"
        yield subject, _login_problem(swarm, login)


def _login_problem(swarm: Swarm, login: RegistryLogin) -> str:
    if login.credential is None:
        return looked(login.source)
    try:
        swarm.images.log_in(login.credential)
    except EngineRefusedError as error:
        refused = error.status == HTTPStatus.UNAUTHORIZED
        return looked(login.source) if refused else f"no manager can try them: {error.reason}"
    except SwarmbotError as error:
        return f"no manager can try them: {error_code(error)}"
    return ""


def issuers(settings: Settings) -> Iterator[Finding]:
    """Whether each issuer of `[[ci]]` gives its keys."""
    for issuer in dict.fromkeys(entry.issuer for entry in settings.ci):
        try:
            IssuerKeys(issuer).get("")
        except IssuerUnavailableError as error:
            yield f"CI issuer {issuer}", f"its keys cannot be read: {error.reason}"
        else:
            yield f"CI issuer {issuer}", ""


def registries(swarm: Swarm) -> Iterator[Finding]:
    """Whether each registry that services run images from answers, and knows the image."""
    try:
        services = swarm.services.list()
    except SwarmbotError:
        # Why no engine answers is said of the engines.
        return
    images = {service.image.registry: service.image for service in services if service.image}
    for host, image in sorted(images.items()):
        yield f"registry {host or 'docker.io'}", _registry_problem(swarm, image)


def _registry_problem(swarm: Swarm, image: Image) -> str:
    try:
        swarm.images.resolve(image)
    except ImageNotFoundError:
        return f"it answers, and has no {image.tagged} any more, which a service runs"
    except RegistryDeniedError as error:
        return f"it does not give {image.tagged}: {looked(error.source)}"
    except RegistryUnavailableError as error:
        return f"the managers cannot reach it: {error.reason}"
    except SwarmbotError as error:
        return error_code(error)
    return ""


def _engines(engines: EnginePool) -> Iterator[Finding]:
    for state in engines.states():
        if not state.reachable:
            yield f"engine {state.name}", state.error
        elif state.swarm == "active" and state.manager:
            yield f"engine {state.name} (manager, {state.version})", ""
        else:
            yield (
                f"engine {state.name}",
                f"it answers, but is {state.swarm if state.swarm != 'active' else 'a worker'}",
            )
