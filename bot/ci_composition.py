"""How the parts behind the calls of CI depend on each other.

It is apart from the others, for it is loaded with the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.pipeline.pipeline import Pipeline
from bot.pipeline.request import Request
from handlers.http.authentication import MOST_CALLS, MOST_FAILURES, TokenAuthentication
from handlers.http.call_rates import CallRates
from handlers.http.ci_api import CiApi
from handlers.http.commands_api import CommandsApi
from handlers.http.feed import Feed
from handlers.http.hooks import RegistryHooks
from handlers.http.issuer_keys import IssuerKeys
from handlers.http.oidc import Oidc

if TYPE_CHECKING:
    from bot.composition import Ports


def ci_api(ports: Ports, pipeline: Pipeline, begin: Callable[[Request], object]) -> CiApi:
    """Put the parts together over these ports."""
    store, now = ports.store, ports.now
    feed = Feed(store.commands, ports.stopping.is_set)
    return CiApi(
        CommandsApi(pipeline, ports.pool, feed, now, begin),
        _authentication(ports),
        RegistryHooks(store.new_images, ports.settings.images.hook_secret_file),
    )


def _authentication(ports: Ports) -> TokenAuthentication:
    entries = ports.settings.ci
    keys = {entry.issuer: IssuerKeys(entry.issuer, ports.monotonic) for entry in entries}
    return TokenAuthentication(
        ports.store.tokens,
        Oidc(entries, keys),
        CallRates(MOST_CALLS, ports.monotonic),
        CallRates(MOST_FAILURES, ports.monotonic),
        ports.metrics,
        ports.now,
    )
