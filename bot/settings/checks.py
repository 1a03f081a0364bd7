"""What no single setting shows: names that two settings share, roles that no rule knows."""

from __future__ import annotations

from difflib import get_close_matches
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import InvalidSettingError
from bot.model.registry_login import registry_host
from bot.settings.model import Settings
from bot.settings.parts import RegistrySettings
from bot.settings.sources import SECRETS


def check(settings: Settings) -> None:
    """What no single value shows; `InvalidSettingError` says what is wrong, where."""
    _check_secrets(settings)
    _check_engines(settings)
    _check_rules(settings)
    _check_registries(settings)
    _check_images(settings)
    _check_ci(settings)
    _check_addresses(settings)


def _check_secrets(settings: Settings) -> None:
    for name in SECRETS:
        secret: SecretStr | None = getattr(settings, name)
        if secret is not None and not secret.get_secret_value().strip():
            raise InvalidSettingError(name, "it is empty; leave it out, or give the value")


def _check_engines(settings: Settings) -> None:
    names = [engine.name for engine in settings.engines]
    for engine in settings.engines:
        if names.count(engine.name) > 1:
            raise InvalidSettingError("engines", f"two engines are named {engine.name}")
        if engine.tls and not engine.url.startswith(("tcp://", "https://")):
            raise InvalidSettingError(
                "engines",
                f"{engine.name} has tls, and {engine.url} would go in clear: "
                "write tcp:// or https://",
            )
        if "@" in engine.url and urlsplit(engine.url).password is not None:
            raise InvalidSettingError(
                "engines", f"the url of {engine.name} has a password: ssh takes keys"
            )


def _check_rules(settings: Settings) -> None:
    known = [role.name for role in settings.roles]
    for number, role in enumerate(settings.roles):
        if not role.users and not role.groups and not role.ci:
            raise InvalidSettingError(
                f"roles.{number}",
                f"nobody has the role {role.name}: name users or groups, or write ci = true",
            )
    for number, rule in enumerate(settings.rules):
        for name in (*rule.ask, *rule.approve):
            if name not in known:
                raise InvalidSettingError(f"rules.{number}", _no_role(name, settings))


def _check_ci(settings: Settings) -> None:
    names = [entry.name.casefold() for entry in settings.ci]
    for number, entry in enumerate(settings.ci):
        if names.count(entry.name.casefold()) > 1:
            raise InvalidSettingError("ci", f"two entries are named {entry.name}")
        try:
            check_ci_role(entry.role, settings)
        except ValueError as error:
            raise InvalidSettingError(f"ci.{number}.role", str(error)) from None


def check_ci_role(name: str, settings: Settings) -> None:
    """Raise ValueError, which says why, where CI cannot have a role of this name."""
    if name not in [role.name for role in settings.roles]:
        raise ValueError(_no_role(name, settings))
    if name not in settings.ci_roles:
        raise ValueError(f"the role {name} is for people: write ci = true under it to open it")


def _no_role(name: str, settings: Settings) -> str:
    near = get_close_matches(name, [role.name for role in settings.roles], n=1, cutoff=0.6)
    return f"there is no role named {name}" + (f"; did you mean {near[0]}?" if near else "")


_WITH_PATTERNS = frozenset("*?[]")


def _check_registries(settings: Settings) -> None:
    known: set[str] = set()
    for number, registry in enumerate(settings.registries):
        where = f"registries.{number}"
        _check_login(where, registry)
        if registry.place:
            name = registry_host(registry.host)
            if name in known:
                raise InvalidSettingError(where, f"{name} has credentials twice: keep one")
            known.add(name)
        if registry.require_signature and not registry.require_signature.is_file():
            raise InvalidSettingError(
                where,
                f"there is no file {registry.require_signature}, which require_signature names",
            )


def _check_login(where: str, registry: RegistrySettings) -> None:
    sources = ("password_file", "docker_config", "helper")
    given = [source for source in sources if getattr(registry, source)]
    if "/" in registry.host:
        problem = f"{registry.host} is an address: write host[:port], as in the names of images"
    elif len(given) > 1:
        problem = f"{registry.host} has {' and '.join(given)}: keep one"
    elif registry.username and not registry.password_file:
        problem = f"the username of {registry.host} needs a password_file"
    elif registry.password_file and not registry.username:
        problem = f"the password_file of {registry.host} needs a username"
    elif given and _WITH_PATTERNS.intersection(registry.host):
        problem = (
            f"{registry.host} is a pattern, and credentials are for exactly one registry: "
            "write host[:port], and the pattern in an entry of its own"
        )
    else:
        return
    raise InvalidSettingError(where, problem)


def _check_images(settings: Settings) -> None:
    secret = settings.images.hook_secret_file
    if secret and not secret.is_file():
        raise InvalidSettingError("images.hook_secret_file", f"there is no file {secret}")
    role = settings.images.role
    if role and role not in settings.ci_roles:
        raise InvalidSettingError(
            "images.role", f"no role that CI may have is named {role}: write ci = true in it"
        )


def _check_addresses(settings: Settings) -> None:
    for variable, (_, port) in (
        ("SWARMBOT_HTTP", settings.listen),
        ("SWARMBOT_SLACK_HTTP", settings.slack_listen),
    ):
        if port > 65535:
            raise InvalidSettingError(variable, "the port has to be at most 65535")
    if settings.slack_api_url and not settings.slack_api_url.endswith("/api/"):
        raise InvalidSettingError("SLACK_API_URL", "it has to end in /api/")
