"""The Swarm looked over from all sides: what is wrong or risky now, each with its fix."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from bot.command.model import Command, Context, Query
from bot.doctor.examine import examine
from bot.doctor.probes import Probes
from bot.doctor.updates import images_that_decide
from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Image, Message, Service
from bot.model.cluster import Certificate, EngineState, RegistryAnswer
from bot.model.incident import Memory
from bot.model.stored_login import StoredLogins
from bot.render.doctor import doctor_message
from bot.rollout import stored_login
from bot.swarm.certificates import root_ca
from bot.swarm.engine.failover import LONGEST_SECONDS
from bot.swarm.last_seen import Observed
from bot.swarm.objects.images import Images
from bot.swarm.swarm import Swarm
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Snapshot
from bot.workers import Workers

T = TypeVar("T")

LOOK_SECONDS = LONGEST_SECONDS + 1.0
"""A little longer than the engines have for a list that goes on coming; who is silent is given up
sooner."""
PROBE_SECONDS = 9.0
THREADS = 16
MOST_IMAGES = 100


class Examination(Query):
    """Show what is wrong or risky now, each with its fix: managers, nodes, clocks, services,
    images, certificates.

    It looks at everything at once and takes some seconds; registries are asked once a minute. Where
    the managers have no leader it says so first, and what the engines themselves say.
    """

    names: ClassVar = ("doctor",)

    def run(self, context: Context) -> Message:
        """What cannot be looked at in time is named; everything else is judged."""
        with _threads() as pool:
            snapshot, probes = _Reader(context.swarm, pool).around(context)
        evaluation = Evaluation.at_a_glance(
            snapshot, _memory(context), context.settings.watch, context.swarm.last_seen.layout
        )
        advice, unseen = examine(evaluation, probes), _unseen(snapshot, probes)
        return doctor_message.advised(advice, unseen, probes.seen_ago)


def _memory(context: Context) -> Memory:
    """What the watch remembers, so that both judge alike; without it each look is the first."""
    try:
        return context.store.alerts.memory()
    except StoreUnavailableError:
        return Memory()


COMMANDS: tuple[type[Command], ...] = (Examination,)


@dataclass(frozen=True)
class _Reader:
    """Reads all that is judged, side by side, so that nobody waits longer than for the slowest."""

    swarm: Swarm
    pool: Executor

    def around(self, context: Context) -> tuple[Snapshot, Probes]:
        """First what the engines say, then what has to be asked because of it."""
        swarm, ask = self.swarm, self.pool.submit
        engines: Future[tuple[EngineState, ...]] = ask(swarm.engines.states)
        nodes, services, tasks = (
            ask(swarm.nodes.lately),
            ask(swarm.services.lately),
            ask(swarm.services.tasks_lately),
        )
        cluster = ask(swarm.cluster.inspect)
        networks = ask(swarm.networks.list)
        looks: list[Future[Any]] = [engines, nodes, services, tasks, cluster, networks]
        wait(looks, LOOK_SECONDS)
        said: tuple[EngineState, ...] | None = _answer(engines)
        snapshot = Snapshot(
            at=context.now(),
            engines=self._heard(said or ()),
            nodes=_seen(nodes),
            services=_seen(services),
            tasks=_seen(tasks),
            cluster=_answer(cluster),
            leaderless=_leaderless(nodes),
        )
        until = time.monotonic() + PROBE_SECONDS
        certificates = ask(self._certificates, snapshot, context.settings.watch.endpoints)
        rotation = (
            ask(root_ca.rotation, swarm.engines)
            if snapshot.cluster and snapshot.cluster.root_rotation
            else None
        )
        images = _images(snapshot.services or ())
        decide = images_that_decide(snapshot.layout(swarm.last_seen.layout))
        registry = {image: ask(self.swarm.images.held, image) for image in images}
        checks = {image: ask(self._checked, image) for image in images if image in decide}
        logins = ask(stored_login.known, swarm, context.store, snapshot.services or ())
        asked: list[Future[Any]] = [
            certificates,
            logins,
            *registry.values(),
            *checks.values(),
            *([rotation] if rotation else []),
        ]
        wait(asked, max(0.0, until - time.monotonic()))
        probes = Probes(
            clocks=tuple(engine.clock for engine in said or () if engine.clock),
            registry={
                str(image): _answer(held) or RegistryAnswer.UNKNOWN
                for image, held in registry.items()
            },
            health_checks=_known(
                {str(image): _answer(checked) for image, checked in checks.items()}
            ),
            rotation=_answer(rotation) if rotation else None,
            networks=_answer(networks) or (),
            logins=_answer(logins) or StoredLogins(),
            seen_ago=max(_ago(nodes), _ago(services), _ago(tasks)),
            own_service=context.settings.own_service,
        )
        return replace(snapshot, certificates=_answer(certificates)), probes

    def _heard(self, engines: Sequence[EngineState]) -> tuple[EngineState, ...]:
        """The engines, those asked again that are there and said nothing: without a leader one may
        take long, once."""
        again = {
            engine.name: self.pool.submit(self.swarm.cluster.info, engine.name)
            for engine in engines
            if engine.reachable and not engine.swarm
        }
        wait(again.values(), LOOK_SECONDS)
        return tuple(
            _answer(again[engine.name]) or engine if engine.name in again else engine
            for engine in engines
        )

    def _certificates(
        self, snapshot: Snapshot, endpoints: Sequence[str]
    ) -> tuple[Certificate, ...] | None:
        """All certificates; None where nobody says whose there are."""
        if snapshot.nodes is None or snapshot.cluster is None:
            return None
        return self.swarm.certificates.of(snapshot.nodes, snapshot.cluster.trust_root, endpoints)

    def _checked(self, image: Image) -> bool | None:
        """Whether the image brings a health check: any engine that has it can tell."""
        for name in self.swarm.engines.names:
            try:
                checked = Images(self.swarm.engines.on(name)).has_healthcheck(image)
            except SwarmbotError:
                continue
            if checked is not None:
                return checked
        return None


@contextmanager
def _threads() -> Iterator[Executor]:
    """Threads that nobody waits for: what is late is late."""
    pool = Workers(THREADS, thread_name_prefix="doctor")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _answer(asked: Future[T]) -> T | None:
    """What was found; None where it is late, or nobody could say."""
    if not asked.done() or asked.cancelled():
        return None
    error = asked.exception()
    if error is None:
        return asked.result()
    if isinstance(error, SwarmbotError):
        return None
    raise error


def _seen(asked: Future[Observed[T]]) -> T | None:
    observed = _answer(asked)
    return observed.value if observed else None


def _ago(asked: Future[Observed[Any]]) -> float:
    observed = _answer(asked)
    return observed.ago if observed else 0.0


def _leaderless(nodes: Future[T]) -> str:
    if not nodes.done():
        return "no answer in time"
    error = nodes.exception()
    return (
        (getattr(error, "reason", "") or type(error).__name__)
        if isinstance(error, SwarmbotError)
        else ""
    )


def _images(services: Sequence[Service]) -> tuple[Image, ...]:
    """Each once; those without digest first, for they are the likelier ones to be in no
    registry."""
    images = dict.fromkeys(
        service.image for service in services if service.replicas != 0 and service.image.name
    )
    return tuple(sorted(images, key=lambda image: bool(image.digest)))[:MOST_IMAGES]


def _known(answers: Mapping[str, bool | None]) -> Mapping[str, bool]:
    return {image: checked for image, checked in answers.items() if checked is not None}


def _unseen(snapshot: Snapshot, probes: Probes) -> tuple[str, ...]:
    """What nobody could say, in words; without a leader that is clear."""
    if snapshot.leaderless:
        return ()
    parts = {
        "services": snapshot.services is None,
        "tasks": snapshot.tasks is None,
        "the Swarm's settings": snapshot.cluster is None,
        "certificates": snapshot.certificates is None,
    }
    silent = sorted(
        image for image, held in probes.registry.items() if held is RegistryAnswer.UNKNOWN
    )
    registries = (
        [f"{len(silent)} images in their registries"]
        if len(silent) > 1
        else [f"{image} in its registry" for image in silent]
    )
    return (*(name for name, missing in parts.items() if missing), *registries)
