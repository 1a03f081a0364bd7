"""How the parts between Slack, the clock and the Swarm depend on each other: the same for the bot
and for a story that runs in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from bot.clock import Stopping, utc_now
from bot.errors import StoreUnavailableError
from bot.metrics import Metrics
from bot.model import Actor
from bot.model.registry_login import LoginSource
from bot.pipeline.answers import Answers
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.interrupted import InterruptedChanges
from bot.pipeline.left_messages import LeftMessages
from bot.pipeline.pipeline import Pipeline
from bot.policy.auto_actor import auto_actor
from bot.poster import Poster
from bot.registry.reader import Login, RegistryReader
from bot.registry.transport import HttpTransport, RegistryTransport
from bot.render.slack.slash import SLASH_COMMAND
from bot.rollout.roller import Roller
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.registries.credential import TOKEN_USER, Credential
from bot.swarm.registries.credentials import Posted, RegistryCredentials
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from handlers.http.begin import Begin
from handlers.http.callers import Callers
from handlers.slack.authors import Authors
from handlers.slack.home import HomeTabs
from handlers.slack.identity import Identity
from handlers.slack.listeners import SlackListeners
from handlers.slack.names import Names, readers
from handlers.slack.people import People
from handlers.slack.rates import Rates
from handlers.slack.reach import ReachWatch
from handlers.slack.shortcuts import MessageShortcuts
from jobs.approvals import ApprovalUpkeep
from jobs.auto_deploys import AutoDeploys
from jobs.commands import CommandUpkeep
from jobs.deliveries import DeliveryUpkeep
from jobs.image_jobs import ImageJobs
from jobs.image_offers import ImageOffers
from jobs.images import ImageLook
from jobs.orphans import Orphans
from jobs.queue import QueueRunner

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from handlers.http.ci_api import CiApi


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the parts reach the world by. `name`: of this bot among several; `fence`:
    of its leadership; `now` dates things, `monotonic` measures (seconds)."""

    name: str
    settings: Settings
    client: WebClient
    swarm: Swarm
    store: Store
    poster: Poster
    metrics: Metrics
    pool: Executor
    stopping: Stopping
    fence: Callable[[], int] = lambda: 0
    registries: RegistryTransport = field(default_factory=HttpTransport)
    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Parts:
    """What answers people, and what the clock calls."""

    identity: Identity
    pipeline: Pipeline
    homes: HomeTabs
    listeners: SlackListeners
    upkeep: ApprovalUpkeep
    orphans: Orphans
    queue: QueueRunner
    deliveries: DeliveryUpkeep
    reach: ReachWatch
    commands: CommandUpkeep
    images: ImageJobs
    ci: Callable[[], CiApi]


def compose(ports: Ports) -> Parts:
    """Put the parts together over these ports."""
    SLASH_COMMAND.name = ports.settings.command
    store, pool, now = ports.store, ports.pool, ports.now
    identity = Identity(ports.client, ports.monotonic)
    people = People(ports.client, identity, ports.settings, ports.stopping.wait, ports.monotonic)
    verified = Callers(
        store.tokens, ports.settings.ci, now, people.verified, auto_actor(ports.settings).rights
    ).verified
    pipeline = _pipeline(ports, verified)
    begin = Begin(pipeline.execute, Authors(ports.client, ports.monotonic).named)

    @cache
    def ci() -> CiApi:
        from bot.ci_composition import ci_api  # noqa: PLC0415 - for the first call of CI

        return ci_api(ports, pipeline, begin)

    homes = HomeTabs(pipeline.context, people, ports.poster.publish, clock=ports.monotonic)
    listeners = SlackListeners(
        ports.client,
        TABLE,
        Names(readers(ports.swarm)),
        pipeline.execute,
        people,
        store.seen,
        pool,
        homes,
        pipeline.offered,
        pipeline.answers.turn_away,
        ports.poster.access,
        Rates(ports.monotonic),
        MessageShortcuts(store.rollouts),
        identity,
        ports.settings.command,
    )
    return Parts(
        identity,
        pipeline,
        homes,
        listeners,
        ApprovalUpkeep(store, pipeline.approvals, pipeline.resume, pool, now),
        Orphans(
            store,
            pipeline.executor,
            InterruptedChanges(store, ports.poster, now, pipeline.reports),
            pool,
            pipeline.context,
        ),
        QueueRunner(store, pipeline.execute, verified, pool, now),
        DeliveryUpkeep(store, ports.poster, pipeline.executor.left),
        ReachWatch(ports.client, ports.poster, ports.settings),
        CommandUpkeep(store, pipeline.reports, begin, verified, pool, now),
        _image_jobs(ports, pipeline),
        ci,
    )


def _image_jobs(ports: Ports, pipeline: Pipeline) -> ImageJobs:
    swarm, store, settings = ports.swarm, ports.store, ports.settings
    now, monotonic = ports.now, ports.monotonic
    return ImageJobs(
        ImageLook(swarm, store, pipeline.registry, settings, now, monotonic),
        ImageOffers(
            swarm,
            store,
            ports.poster,
            settings,
            AutoDeploys(pipeline, ports.pool, now),
            ports.fence,
            now,
            monotonic,
        ),
    )


def _pipeline(ports: Ports, verified: Callable[[Actor], Actor]) -> Pipeline:
    swarm, store, poster, settings = ports.swarm, ports.store, ports.poster, ports.settings
    metrics, now, stopping = ports.metrics, ports.now, ports.stopping
    reports = CommandReports(store.commands, now, ports.monotonic)
    roller = Roller(swarm, store, now, stopping, settings.messages.log_tail)
    return Pipeline(
        swarm,
        store,
        Answers(store, poster, TABLE, settings, metrics, now, reports),
        roller,
        ChangeExecutor(store, poster, roller, metrics, now, stopping, reports, LeftMessages(store)),
        ApprovalFlow(store, poster, settings, TABLE, now, verified, ports.name, reports),
        TABLE,
        settings,
        metrics,
        now,
        stopping,
        reports,
        registry_reader(settings, ports.registries, ports.monotonic, swarm.credentials),
    )


def posted_to(store: Store) -> Posted:
    """Writes down what services were given; what Redis does not take is not known later."""

    def posted(service_id: str, credential: Credential) -> None:
        with suppress(StoreUnavailableError):
            store.posted_logins.note(service_id, credential.header)

    return posted


def registry_reader(
    settings: Settings,
    transport: RegistryTransport,
    monotonic: Callable[[], float],
    credentials: RegistryCredentials,
) -> RegistryReader:
    """Asks registries as the settings have it, with the credentials of now."""

    def plain_http(host: str) -> bool:
        known = settings.registry(host)
        return known is not None and known.plain_http

    def login(host: str) -> Login | None:
        credential = credentials.of(host)
        # An identity token is no password: only the registry's own service takes it.
        is_password = credential is not None and credential.username != TOKEN_USER
        return Login(credential.username, credential.secret) if credential and is_password else None

    def source(host: str) -> LoginSource:
        return credentials.look(host).source

    return RegistryReader(transport, login, plain_http, source, monotonic)
