"""Whether the credentials that Swarm has stored with a service may be older than the bot's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from bot.errors import StoreUnavailableError
from bot.model import Service, Spec
from bot.model.stored_login import LoginState, StoredLogins, login_state
from bot.store.store import Store
from bot.swarm.spec.edit import image_of
from bot.swarm.swarm import Swarm

_AT_REST = ("", "completed", "rollback_completed")


def known(swarm: Swarm, store: Store, services: Iterable[Service]) -> StoredLogins:
    """What can be known of the credentials stored with these services.

    Raises StoreUnavailableError.
    """
    of_host: dict[str, list[Service]] = defaultdict(list)
    for service in services:
        if service.image.name:
            of_host[service.image.registry].append(service)
    logins = {host: swarm.credentials.look(host) for host in of_host}
    posted = store.posted_logins.of(
        [s.id for host, login in logins.items() if login.credential for s in of_host[host]]
    )
    states = {}
    for host, login in logins.items():
        header = login.header(with_own=False)
        mark = store.posted_logins.mark(header)
        for service in of_host[host] if header else ():
            states[service.id] = login_state(
                posted.get(service.id), mark, service.updated, login.changed
            )
    return StoredLogins(states, {host: login.source for host, login in logins.items()})


def may_be_old(swarm: Swarm, store: Store, service: Service, spec: Spec) -> bool:
    """Whether the service should get the credentials of now before `spec` replaces its tasks.

    Not in the middle of an update, which would go on, or begin anew, with the specification that
    is posted. Not while Redis is away.
    """
    restarts = spec.get("TaskTemplate") != service.spec.get("TaskTemplate")
    update = service.update.state if service.update else ""
    if not restarts or update not in _AT_REST or service.mode.is_job:
        return False
    if not swarm.services.gives_login(service, service.spec):
        return False
    header = swarm.credentials.for_image(image_of(service.spec)).header(with_own=False)
    with suppress(StoreUnavailableError):
        posted = store.posted_logins.of([service.id]).get(service.id)
        mark = store.posted_logins.mark(header)
        return login_state(posted, mark, None, None) is not LoginState.SAME
    return False
