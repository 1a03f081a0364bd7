"""The Swarm as one value: what handlers and jobs get in hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from bot.model.cluster import EngineAddress
from bot.settings import Settings
from bot.settings.sources import docker_config
from bot.swarm.certificates.survey import Certificates
from bot.swarm.engine.fence import Fence
from bot.swarm.engine.fenced import FencedEngines
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.engine.port import EnginePool
from bot.swarm.last_seen import LastSeen
from bot.swarm.objects.cluster import Cluster
from bot.swarm.objects.images import Images
from bot.swarm.objects.logs import Logs
from bot.swarm.objects.networks import Networks
from bot.swarm.objects.nodes import Nodes
from bot.swarm.objects.secrets import StoredObjects
from bot.swarm.objects.services import Services
from bot.swarm.registries.credentials import (
    NO_CREDENTIALS,
    Posted,
    RegistryCredentials,
    untold,
)
from bot.swarm.registry_calls import RegistryCalls
from bot.swarm.right_of_way import RightOfWay
from bot.swarm.sight import Sight


@dataclass(frozen=True, slots=True)
class Swarm:
    """All operations on the Swarm that these engines manage, by what they are about.

    It only reads until it is `fenced_by` a lease.
    """

    engines: EnginePool
    sight: Sight | None = None
    registries: RegistryCalls = field(default_factory=RegistryCalls)
    credentials: RegistryCredentials = NO_CREDENTIALS
    last_seen: LastSeen = field(default_factory=LastSeen)
    right_of_way: RightOfWay = field(default_factory=RightOfWay)

    @classmethod
    def configured(cls, settings: Settings, posted: Posted = untold) -> Self:
        """The Swarm that the operator means, with the credentials of its registries.

        `posted`: see `RegistryCredentials`.
        """
        engines = settings.managers
        return cls(
            FailoverPool(EngineAddress(engine.name, engine.url, engine.tls) for engine in engines),
            credentials=RegistryCredentials(
                settings.registries, posted=posted, own=docker_config()
            ),
        )

    def seen_by(self, sight: Sight | None) -> Swarm:
        """The same Swarm for somebody who may see some services only; None where all."""
        return replace(self, sight=sight)

    def fenced_by(self, fence: Fence) -> Swarm:
        """The same Swarm for who may change it while this fence stands."""
        engines = FencedEngines(self.engines, fence, self.last_seen.changed)
        return replace(self, engines=engines)

    @property
    def services(self) -> Services:
        """Services and tasks."""
        return Services(
            self.engines, self.sight, self.credentials, self.last_seen, self.right_of_way
        )

    @property
    def nodes(self) -> Nodes:
        """Nodes."""
        return Nodes(self.engines, self.last_seen)

    @property
    def images(self) -> Images:
        """Images in their registries."""
        return Images(self.engines, self.registries, self.credentials)

    @property
    def networks(self) -> Networks:
        """Networks."""
        return Networks(self.engines)

    @property
    def cluster(self) -> Cluster:
        """The Swarm's own configuration, tokens and keys."""
        return Cluster(self.engines)

    @property
    def certificates(self) -> Certificates:
        """Certificates and their ends."""
        return Certificates(self.engines, self.credentials)

    @property
    def stored_objects(self) -> StoredObjects:
        """Secrets and configs."""
        return StoredObjects(self.engines)

    @property
    def logs(self) -> Logs:
        """What tasks wrote."""
        return Logs(self.engines)
