"""The Swarm as one value: what handlers and jobs get in hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.swarm.certificates.survey import Certificates
from bot.swarm.engine.fence import Fence
from bot.swarm.engine.fenced import FencedEngines
from bot.swarm.engine.port import EnginePool
from bot.swarm.objects.cluster import Cluster
from bot.swarm.objects.images import Images
from bot.swarm.objects.logs import Logs
from bot.swarm.objects.networks import Networks
from bot.swarm.objects.nodes import Nodes
from bot.swarm.objects.secrets import StoredObjects
from bot.swarm.objects.services import Services
from bot.swarm.registry_calls import RegistryCalls
from bot.swarm.sight import Sight


@dataclass(frozen=True, slots=True)
class Swarm:
    """All operations on the Swarm that these engines manage, by what they are about.

    It only reads until it is `fenced_by` a lease.
    """

    engines: EnginePool
    sight: Sight | None = None
    registries: RegistryCalls = field(default_factory=RegistryCalls)

    def seen_by(self, sight: Sight | None) -> Swarm:
        """The same Swarm for somebody who may see some services only; None where all."""
        return replace(self, sight=sight)

    def fenced_by(self, fence: Fence) -> Swarm:
        """The same Swarm for who may change it while this fence stands."""
        return replace(self, engines=FencedEngines(self.engines, fence))

    @property
    def services(self) -> Services:
        """Services and tasks."""
        return Services(self.engines, self.sight)

    @property
    def nodes(self) -> Nodes:
        """Nodes."""
        return Nodes(self.engines)

    @property
    def images(self) -> Images:
        """Images in their registries."""
        return Images(self.engines, self.registries)

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
        return Certificates(self.engines)

    @property
    def stored_objects(self) -> StoredObjects:
        """Secrets and configs."""
        return StoredObjects(self.engines)

    @property
    def logs(self) -> Logs:
        """What tasks wrote."""
        return Logs(self.engines)
