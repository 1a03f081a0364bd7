"""Builds and runs the bot: settings, then clients, then the store, then the parts that
`bot.composition` puts together, then the scheduler and HTTP."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.clock import Stopping, utc_now
from bot.composition import Ports, compose, posted_to
from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.metrics import Metrics
from bot.policy.rule_names import with_full_names
from bot.poster import Calls, Drawing, Poster
from bot.render import unreachable
from bot.rollout.outside import OutsideChanges
from bot.settings import Settings
from bot.store.anchor import AnchorFile
from bot.store.embedded import Embedded
from bot.store.keys import Keys
from bot.store.leader import Leader
from bot.store.store import Store
from bot.swarm.engine.events import EventStreams
from bot.swarm.swarm import Swarm
from bot.tracing import begun
from bot.workers import LoggingPool
from handlers.commands import TABLE
from handlers.http.server import Server, Web
from handlers.slack.http_mode import web_app
from handlers.slack.identity import Identity
from handlers.slack.listeners import bolt, web_client
from handlers.slack.shared_channels import SharedChannelWatch
from handlers.slack.socket import Socket
from jobs.anchor import AuditHeadWatch
from jobs.digest import Digest
from jobs.heartbeat import Heartbeat
from jobs.last_resort import LastResort, mended_by_a_restart
from jobs.notifier import Notifier
from jobs.observer import Observer
from jobs.scheduler import Job, Scheduler
from jobs.watch import Watch
from jobs.watchdog import Watchdog

if TYPE_CHECKING:
    from bot.otlp import OtlpRecorder

log = logging.getLogger(__name__)

WORKERS = 128
"""A rollout keeps one of these busy until its end; idle ones cost nothing but address space."""
LEAD_EVERY = 1.0
"""Seconds between two tries to lead: with the lease, and the jobs' own time, another leads 10 s
after a death at the latest."""
DIGEST_EVERY = 20.0
ANCHOR_EVERY = 10.0
"""Seconds between two looks at the head of the audit."""
REACH_EVERY = 60.0
"""Seconds between two looks whether Slack knows the bot, and whether the channels take messages."""
SHARING_EVERY = 600.0
"""Seconds between two looks whether a channel has been shared with other workspaces."""
UPKEEP_EVERY = 2.0
"""Seconds between two looks for what a bot that is gone has left, for what expires, and for whose
turn has come."""


@dataclass(frozen=True)
class Bot:
    """The whole bot. `start` returns when all parts run; `stop` leaves rollouts to the next bot."""

    settings: Settings
    swarm: Swarm
    store: Store
    poster: Poster
    pool: ThreadPoolExecutor
    leader: Leader
    scheduler: Scheduler
    watchdog: Watchdog
    watch: Watch
    streams: EventStreams
    servers: list[Server]
    stopping: Stopping
    socket: Socket | None
    redis: Embedded | None
    identity: Identity
    last_resort: LastResort
    traces: OtlpRecorder | None

    def start(self) -> None:
        """Begin to answer: HTTP first, so that what is missing can be asked for."""
        for server in self.servers:
            server.start()
        self.pool.submit(self.identity.read)
        self.leader.campaign()
        self.scheduler.start()
        self.watchdog.start()
        self.last_resort.start()
        self.watch.start()
        self.streams.start()
        if self.socket:
            self.socket.start()

    def stop(self) -> None:
        """Take no more requests, let go of the rollouts, send what is still to be sent."""
        self.stopping.set()
        if self.socket:
            self.socket.stop()
        for server in self.servers:
            server.stop()
        self.last_resort.stop()
        self.streams.stop()
        self.watchdog.stop()
        self.scheduler.stop()
        self.watch.stop()
        self.leader.resign()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.poster.flush(5)
        self.poster.stop()
        self.store.close()
        if self.redis:
            self.redis.stop()
        if self.traces:
            self.traces.stop()


def build(configured: Settings, give_up: Callable[[], None] = lambda: None) -> Bot:
    """Put the bot together. `give_up` is called where it has not been ready for long.

    Raises InvalidSettingError where something that it cannot do without is not configured, or where
    a rule names a command that there is not.
    """
    settings = with_full_names(configured, TABLE.full_names)
    if settings.slack_bot_token is None:
        raise InvalidSettingError(
            "SLACK_BOT_TOKEN", "it is not set; Slack shows it under OAuth & Permissions, as xoxb-…"
        )
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise InvalidSettingError(
            "SLACK_APP_TOKEN", "it is not set, and neither is SLACK_SIGNING_SECRET (HTTP mode)"
        )
    # First, so that an address that is taken leaves nothing behind.
    listener = _listen("SWARMBOT_HTTP", settings.listen)
    client = web_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    shared_channels = SharedChannelWatch(client, settings)
    shared_channels.refuse()
    metrics = Metrics()
    redis, store = _store(settings, metrics)
    swarm = Swarm.configured(settings, posted_to(store))
    poster = Poster(Calls(client), on_event=metrics.slack, draw=Drawing())
    poster.recorded_in(store.deliveries, unreachable.copies())
    stopping = Stopping()
    leader = store.leader(name := secrets.token_hex(4))
    traces = begun(settings, name)
    pool = LoggingPool(WORKERS, thread_name_prefix="work")
    parts = compose(
        Ports(
            name=name,
            settings=settings,
            client=client,
            swarm=swarm,
            store=store,
            poster=poster,
            metrics=metrics,
            pool=pool,
            stopping=stopping,
            fence=lambda: leader.fence,
        )
    )
    signing_secret = settings.slack_signing_secret
    app = bolt(
        client, parts.identity, signing_secret.get_secret_value() if signing_secret else None
    )
    parts.listeners.wire(app)
    app_token = settings.slack_app_token
    slack_socket = Socket(app, client, app_token.get_secret_value()) if app_token else None
    notifier = Notifier(poster, store, settings, lambda: leader.fence)
    checks = _checks(store, swarm, slack_socket, poster) | {
        "channels": parts.reach.problem,
        "alerts": notifier.problem,
    }
    observer = Observer(
        swarm,
        store,
        settings.watch,
        checks["slack"],
        lambda: scheduler.hanging(),  # noqa: PLW0108 - the scheduler is made below
        stopping,
    )
    watch = Watch(
        observer,
        store,
        notifier,
        leader,
        settings.watch,
        utc_now,
        OutsideChanges(swarm, store),
    )
    audit_head = AuditHeadWatch(store, poster, settings)
    jobs = (
        Job("leadership", LEAD_EVERY, leader.campaign, everywhere=True),
        Job("messages", UPKEEP_EVERY, parts.upkeep.remember, everywhere=True),
        Job("deliveries", UPKEEP_EVERY, parts.deliveries.run, everywhere=True),
        Job("commands", UPKEEP_EVERY, parts.commands.remember, everywhere=True),
        Job("left commands", UPKEEP_EVERY, parts.commands.run),
        Job("rollouts", UPKEEP_EVERY, parts.orphans.run),
        Job("approvals", UPKEEP_EVERY, parts.upkeep.run),
        Job("home", UPKEEP_EVERY, parts.homes.refresh, everywhere=True),
        Job("audit", ANCHOR_EVERY, audit_head.run, everywhere=True),
        Job("queue", UPKEEP_EVERY, parts.queue.run),
        Job("reach", REACH_EVERY, parts.reach.look, everywhere=True),
        Job("shared channels", SHARING_EVERY, shared_channels.look, everywhere=True),
        Job(
            "digest", DIGEST_EVERY, Digest(swarm, store, poster, settings, utc_now).run, deadline=60
        ),
        *watch.jobs(),
        *parts.images.jobs(),
        *_heartbeat(settings, watch, checks),
    )
    scheduler = Scheduler(jobs, lambda: leader.leads, metrics.cut_off)
    watchdog = Watchdog(
        scheduler.stands_still_for,
        lambda: watch.looked_at,
        lambda: leader.leads,
        lambda: metrics.cut_off("watchdog"),
    )
    readiness = {**checks, "watch": watchdog.stands_still}

    def link() -> str:
        return slack_socket.problem if slack_socket else ""

    web = Web(
        readiness,
        metrics.exposition,
        settings.readiness_details,
        watchdog.looked_seconds_ago,
        shared_channels.warnings,
        parts.ci,
    )
    servers = [Server(web.app(), listener)]
    if slack_socket is None:
        slack_address = _listen("SWARMBOT_SLACK_HTTP", settings.slack_listen)
        servers.append(Server(web_app(app), slack_address))
    return Bot(
        settings,
        swarm,
        store,
        poster,
        pool,
        leader,
        scheduler,
        watchdog,
        watch,
        EventStreams(swarm.engines.addresses, watch.heard, watch.joined),
        servers,
        stopping,
        slack_socket,
        redis,
        parts.identity,
        LastResort(mended_by_a_restart(readiness, link), give_up),
        traces,
    )


def _heartbeat(
    settings: Settings, watch: Watch, checks: Mapping[str, Callable[[], str]]
) -> tuple[Job, ...]:
    """The dead man's switch, where the operator wants one.

    It stops when nobody would be told of anything any more.
    """

    def well() -> str:
        ill = {name: check() for name, check in checks.items()} | {"watch": watch.stands_still()}
        return "; ".join(f"{name}: {why}" for name, why in ill.items() if why)

    url, every = settings.watch.heartbeat, settings.watch.heartbeat_every.total_seconds()
    return (Job("heartbeat", every, Heartbeat(url, well).run),) if url else ()


def _store(settings: Settings, metrics: Metrics) -> tuple[Embedded | None, Store]:
    keys = Keys.load(settings.key_file, settings.data)
    redis = None
    if settings.redis_url:
        url = settings.redis_url.get_secret_value()
    else:
        redis = Embedded(settings.data / "redis")
        url = redis.start()
    store = Store.connect(url, keys, metrics.forged, AnchorFile.under(settings.data))
    # While Redis is away the bot starts all the same, and readiness says later what is wrong.
    with suppress(StoreUnavailableError):
        _refuse_unfit(store)
        store.compare_key()
    return redis, store


def _refuse_unfit(store: Store) -> None:
    unfitness = store.unfitness()
    if unfitness:
        raise InvalidSettingError("REDIS_URL", unfitness)


def _listen(variable: str, address: tuple[str, int]) -> socket.socket:
    try:
        return socket.create_server(address)
    except OSError as error:
        where = f"{address[0]}:{address[1]}"
        raise InvalidSettingError(
            variable, f"{where} cannot be listened on: {error.strerror}"
        ) from None


def _checks(
    store: Store, swarm: Swarm, socket: Socket | None, poster: Poster
) -> dict[str, Callable[[], str]]:
    def redis() -> str:
        try:
            store.ping()
            return store.unfitness()
        except StoreUnavailableError as error:
            return error.reason or "no answer"

    def engines() -> str:
        states = swarm.engines.states()
        return (
            ""
            if any(state.reachable for state in states)
            else "; ".join(f"{state.name}: {state.error}" for state in states)
        )

    def slack() -> str:
        return poster.access.problem() or (socket.problem if socket else "")

    return {"slack": slack, "redis": redis, "engines": engines}
