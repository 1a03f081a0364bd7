"""The Swarm's root certificate: looking at it, and replacing it without any node losing touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from bot.changes import several
from bot.command.address_fields import ExternalCaText
from bot.command.elsewhere import FILE
from bot.command.fields import Detach, Duration, Option, Quiet, Timeout
from bot.command.model import Change, Command, Context, Query
from bot.errors import (
    NO_MANAGER,
    ChangeInterruptedError,
    ChangeUnsureError,
    OutcomeUnknownError,
    PlanOutdatedError,
    UnsupportedError,
)
from bot.model import Difference, Ending, Kind, Message, NodeState, Outcome, Plan
from bot.model.batch import Batch
from bot.model.cluster import RootRotation
from bot.model.slash import SLASH
from bot.render.objects import swarm_sheet
from bot.rollout.run import Run, StoppingError
from bot.swarm.certificates import root_ca
from bot.swarm.objects.cluster import SWARM
from bot.swarm.spec import swarm_settings
from bot.swarm.spec.edit import fingerprint
from bot.swarm.waiting import wait_until

ROTATION_TIMEOUT = timedelta(minutes=10)
"""How long a rotation is followed, where nothing else is said: a node that is away holds it up."""
ROTATION_LOOK_SECONDS = 0.5
ROTATION_SHOWN_SECONDS = 5.0
"""After this time the message is shown anew though nothing moved but the time."""
_FORCED = "force-rotate"
"""The difference that says how often a new root was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaPlan(Plan):
    """The root certificate to be replaced, with these settings beside it."""

    wanted: swarm_settings.Wanted


class RootLook(Query):
    """Show the Swarm's root certificate."""

    names: ClassVar = ("swarm ca",)

    def run(self, context: Context) -> Message:
        """What it is, and how far its replacement is."""
        cluster = context.swarm.cluster.inspect()
        look = root_ca.rotation(context.swarm.engines)
        root = root_ca.certificate(cluster.trust_root)
        return swarm_sheet.authority(cluster, root, look, context.now())


class Ca(Change[CaPlan]):
    """Show the Swarm's root certificate; with `--rotate` replace it, and follow until every node
    trusts the new one."""

    names: ClassVar = ("swarm ca",)
    about_services: ClassVar = False
    kind: ClassVar = Kind.DANGER
    examples: ClassVar = ("swarm ca", "swarm ca --rotate")
    elsewhere: ClassVar = {"--ca-cert": FILE, "--ca-key": FILE}

    rotate: bool = Field(
        False, description="replace the root certificate and all node certificates"
    )
    cert_expiry: Duration | None = Field(
        None, description="how long node certificates live from then on"
    )
    external_ca: Annotated[tuple[ExternalCaText, ...], Option(metavar="protocol=cfssl,url=URL")] = (
        Field((), description="an authority outside of the Swarm that signs from then on")
    )
    timeout: Timeout = Field(ROTATION_TIMEOUT, description="how long it is followed (default 10m)")
    detach: Detach = False
    quiet: Quiet = False

    @model_validator(mode="after")
    def _only_with_rotate(self) -> Ca:
        if (self.cert_expiry is not None or self.external_ca) and not self.rotate:
            raise ValueError(
                "--cert-expiry and --external-ca go along with --rotate; else use `swarm update`"
            )
        if self.cert_expiry is not None and self.cert_expiry.total_seconds() < 3600:
            raise ValueError("certificates have to live at least 1h")
        return self

    def meant(self) -> Command:
        """Without `--rotate` it is only looked at."""
        return self if self.rotate else RootLook()

    def plan(self, context: Context) -> CaPlan:
        """Say which nodes have to come along, and which would hold it up."""
        spec, look = context.swarm.cluster.spec(), root_ca.rotation(context.swarm.engines)
        if look.running:
            raise UnsupportedError(
                (
                    "a change of the root certificate is under way "
                    f"({look.renewed}/{look.total} nodes)"
                ),
                _behind(look),
            )
        wanted = swarm_settings.wanted(
            {"cert_expiry": self.cert_expiry, "external_ca": self.external_ca}
        )
        held_up = [
            f"{node.name} is not Ready: it holds this up until it is back or removed"
            for node in context.swarm.nodes.list()
            if node.state != NodeState.READY
        ]
        count = _forced_roots(spec)
        return CaPlan(
            title="Swarm: new root certificate",
            targets=(SWARM,),
            fingerprint=_fingerprint(spec, wanted),
            kind=Kind.DANGER,
            changes=(
                Difference(_FORCED, str(count), str(count + 1)),
                *swarm_settings.differences(spec, wanted),
            ),
            summary=(
                f"all {look.total} nodes get new certificates, and trust the new root at the end"
            ),
            warnings=(
                *held_up,
                "join tokens change with the root: those handed out before stop working",
            ),
            wanted=wanted,
        )

    def apply(self, context: Context, plan: CaPlan, run: Run) -> Outcome:
        """Begin the change and follow it.

        Swarm goes on with it also where nobody follows any more.
        """
        cluster = context.swarm.cluster
        if _fingerprint(cluster.spec(), plan.wanted) != plan.fingerprint:
            raise PlanOutdatedError("swarm", "its settings")
        batch = several.recorded(self, context, plan, (), run)
        try:
            cluster.update(lambda spec: _renew(spec, plan.wanted))
        except OutcomeUnknownError:
            if not self._was_sent(context, batch):
                raise
        return self._followed(context, batch, run)

    def take_up(self, context: Context, batch: Batch, run: Run) -> Outcome:
        """Follow the one that another bot has begun.

        Raises ChangeInterruptedError where it had not sent anything yet.
        """
        if not self._was_sent(context, batch):
            raise ChangeInterruptedError("swarm")
        return self._followed(context, batch, run)

    def _was_sent(self, context: Context, batch: Batch) -> bool:
        """Whether a new root was asked for since it was planned, as soon as a manager says so."""
        (planned,) = (int(c.before) for c in batch.plan.changes if c.field == _FORCED)
        roots: list[int] = []

        def is_known() -> bool:
            roots.append(_forced_roots(context.swarm.cluster.spec()))
            return True

        if wait_until(is_known, self._left(context, batch), context.stopping):
            return roots[-1] > planned
        if context.stopping.is_set():
            raise StoppingError
        raise ChangeUnsureError("swarm")

    def _left(self, context: Context, batch: Batch) -> float:
        """Seconds until its deadline."""
        return (batch.started + self.timeout - context.now()).total_seconds()

    def _followed(self, context: Context, batch: Batch, run: Run) -> Outcome:
        """Follow it to its end, whoever began it."""
        last = self._follow(context, batch, run)
        took = (context.now() - batch.started).total_seconds()
        if last.complete:
            return Outcome(
                ending=Ending.DONE,
                title=f"Swarm has a new root certificate · {last.total}/{last.total} nodes",
                seconds=took,
                lines=(
                    (
                        "Every node trusts it. Join tokens are new: those handed out before do "
                        "not work any more."
                    ),
                ),
            )
        return Outcome(
            ending=Ending.TIMED_OUT,
            title=f"Swarm: new root certificate · {last.renewed}/{last.total} nodes so far",
            seconds=took,
            lines=(
                *swarm_sheet.held_up(last),
                f"Swarm goes on by itself: `{SLASH} swarm ca` shows how far it is.",
            ),
        )

    def _follow(self, context: Context, batch: Batch, run: Run) -> RootRotation:
        """Look until all nodes have come along, or the time is up; the last look is returned.

        It is shown when something moved, or when it was shown a while ago. Raises StoppingError
        where the bot ends before that.
        """
        seen, shown_at = RootRotation(running=True, total=0, renewed=0), float("-inf")
        while self._left(context, batch) > 0:
            try:
                look = root_ca.rotation(context.swarm.engines)
            except NO_MANAGER:
                # Managers take new certificates too, and may be out of touch for a moment.
                look = seen
            if look.complete and look.total:
                return look
            now = context.stopping.monotonic()
            if look.total and (look != seen or now - shown_at > ROTATION_SHOWN_SECONDS):
                took = (context.now() - batch.started).total_seconds()
                run.tell(swarm_sheet.rotating(look, took))
                shown_at = now
            seen = look
            if context.stopping.wait(ROTATION_LOOK_SECONDS):
                raise StoppingError
        return seen


COMMANDS: tuple[type[Command], ...] = (Ca,)


def _renew(spec: dict[str, Any], wanted: swarm_settings.Wanted) -> None:
    swarm_settings.put(spec, wanted)
    ca = spec.setdefault("CAConfig", {})
    ca["ForceRotate"] = _forced_roots(spec) + 1
    # Where these stay, the engine takes them for the root that is wanted, and makes no new one.
    ca.pop("SigningCACert", None)
    ca.pop("SigningCAKey", None)


def _forced_roots(spec: Mapping[str, Any]) -> int:
    """How often a new root was asked for so far."""
    return int((spec.get("CAConfig") or {}).get("ForceRotate") or 0)


def _fingerprint(spec: Any, wanted: swarm_settings.Wanted) -> str:
    return f"{fingerprint(spec)}:{fingerprint(wanted)}"


def _behind(look: RootRotation) -> str:
    return next(iter(swarm_sheet.held_up(look)), f"Wait for its end: `{SLASH} swarm ca` shows it")
