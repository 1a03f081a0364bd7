"""What is wrong now, who takes care of it, and what nobody wants to be told of.

These commands only write down what somebody said; the bot that watches heeds it at its next look,
and edits the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from bot.command.ends import For, Until, end, picked
from bot.command.fields import Argument
from bot.command.model import Change, Command, Context, Form, Query
from bot.errors import SwarmbotError, UnknownNameError, UnsupportedError
from bot.model import Ending, Message, Outcome, Plan
from bot.model.english import and_more
from bot.model.incident import AlertState, Incident, Silence
from bot.model.slash import SLASH
from bot.policy.patterns import is_pattern
from bot.render.alerts import alert_lists
from bot.rollout.run import Run
from bot.swarm.names import nearest

QUORUM = "quorum"
_LONGEST = 300
_BY_ID = ("node:", "service:")


def read_key(value: str) -> str:
    """Accept the name of an alert, or a pattern in which `*` stands for anything."""
    if not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"an alert as `{SLASH} alerts` names it, or a pattern such as shop_*")
    return value


Key = Annotated[str, AfterValidator(read_key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgePlan(Plan):
    """The subjects of the incidents that somebody takes care of."""

    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan(Plan):
    """The silence to put, or to end."""

    silence: Silence | None


class ListAlerts(Query):
    """List open alerts, what is silenced, and what ended within a day."""

    names: ClassVar = ("alerts",)

    def run(self, context: Context) -> Message:
        """What the bot that watches wrote down last."""
        store, now = context.store.alerts, context.now()
        return alert_lists.alerts(
            store.memory().incidents.values(),
            store.silences(now),
            now,
            store.history(now - alert_lists.LATELY),
        )


class Acknowledge(Change[AcknowledgePlan]):
    """Say that you take care of an alert; its message tells everybody.

    It is named as in its message (`node4`, `web`, `quorum`); a pattern such as `shop_*` means all
    that fit.
    """

    names: ClassVar = ("ack",)
    examples: ClassVar = ("ack node4", "ack shop_*")
    heeds_holds: ClassVar = False

    key: Annotated[Key, Argument("ALERT")]

    def plan(self, context: Context) -> AcknowledgePlan:
        """Which alerts are meant, and whether somebody was quicker."""
        incidents = context.store.alerts.memory().incidents
        fitting = _fitting(incidents.values(), self.key)
        still_open = _open(incidents.values(), self.key)
        if not fitting:
            names = [
                incident.name
                for incident in incidents.values()
                if incident.state is AlertState.FIRING
            ]
            raise UnknownNameError("alert", self.key, nearest(self.key, names))
        free = [incident for incident in still_open if incident.acknowledged_by is None]
        return AcknowledgePlan(
            title=f"acknowledge {_listed(free or fitting)}",
            targets=(),
            fingerprint=" ".join(incident.id for incident in free),
            services=_to_be_allowed(incidents.values(), self.key),
            needs_approval=False,
            noop_reason="" if free else _taken(still_open, _listed(fitting)),
            subjects=tuple(incident.subject for incident in free),
        )

    def apply(self, context: Context, plan: AcknowledgePlan, run: Run) -> Outcome:
        """Write it down; where somebody was quicker, they stay."""
        del run
        store = context.store.alerts
        taken = [
            store.acknowledge(subject, context.actor, context.now()) for subject in plan.subjects
        ]
        return _done(
            plan,
            alert_lists.acknowledged([incident for incident in taken if incident], context.actor),
        )


class SilenceForm(Form):
    """What `silence` asks for when nothing else is typed."""

    title: ClassVar = "Silence an alert"
    submit: ClassVar = "Silence"

    key: Key = Field(title="Alert", description=f"as `{SLASH} alerts` names it, or a pattern")
    until: datetime | None = Field(None, description="left out: until it is over")

    def command(self) -> SilenceAlerts:
        """The silence of this one name or pattern."""
        return SilenceAlerts(key=self.key, until=picked(self.until))


class SilenceAlerts(Change[SilencePlan]):
    """Tell nobody of an alert for a while, or without `--for` until it is over.

    It is named as in its message (`node4`, `web`, `quorum`), before it happens too; a pattern such
    as `shop_*` means all that fit. What is silenced is still watched.
    """

    names: ClassVar = ("silence",)
    form: ClassVar = SilenceForm
    examples: ClassVar = ("silence node4 --for 1h", "silence shop_* --for 2d", "silence web")
    heeds_holds: ClassVar = False

    key: Annotated[Key, Argument("ALERT")]
    span: For = Field(None, description="for how long, such as 1h; left out: until it is over")
    until: Until = Field(None, description="15:40 or 2026-03-04T15:40 (UTC)")

    def plan(self, context: Context) -> SilencePlan:
        """Refuse what nothing is named like, and what would end at once."""
        incidents = context.store.alerts.memory().incidents
        still_open = _open(incidents.values(), self.key)
        if not _fitting(incidents.values(), self.key):
            _refuse_unknown(context, self.key, [incident.name for incident in incidents.values()])
        now = context.now()
        ends = end(self.span, self.until, now)
        if ends is None and not still_open:
            raise UnsupportedError(
                f"no open alert fits `{self.key}`, so there is no end to wait for",
                f"Say for how long: `{SLASH} silence {self.key} --for 2h`",
            )
        silence = Silence(
            pattern=self.key,
            by=context.actor,
            since=now,
            until=ends,
            name=_name_of_subject(context, incidents.values(), self.key),
        )
        return SilencePlan(
            title=f"silence {silence.shown}",
            targets=(),
            fingerprint=f"{self.key} {self.span} {self.until}",
            services=_covered(context, incidents.values(), self.key),
            needs_approval=False,
            silence=silence,
        )

    def apply(self, context: Context, plan: SilencePlan, run: Run) -> Outcome:
        """Write it down."""
        del run
        assert plan.silence
        store = context.store.alerts
        store.silence(plan.silence)
        return _done(
            plan,
            alert_lists.silenced(plan.silence, _open(store.memory().incidents.values(), self.key)),
        )


class Unsilence(Change[SilencePlan]):
    """Let people be told of an alert again; what is still wrong is told now."""

    names: ClassVar = ("unsilence",)
    examples: ClassVar = ("unsilence node4",)
    heeds_holds: ClassVar = False

    key: Annotated[Key, Argument("ALERT")]

    def plan(self, context: Context) -> SilencePlan:
        """The silence with exactly this pattern."""
        store = context.store.alerts
        silences = store.silences(context.now())
        silence = next(
            (silence for silence in silences if self.key in (silence.pattern, silence.name)), None
        )
        incidents = store.memory().incidents
        if silence is None and silences:
            near = nearest(self.key, [silence.shown for silence in silences])
            wider = [
                silence.pattern for silence in silences if fnmatchcase(self.key, silence.pattern)
            ]
            if near or wider:
                raise UnknownNameError("silence", self.key, tuple(dict.fromkeys((*wider, *near))))
        return SilencePlan(
            title=f"unsilence {silence.shown if silence else self.key}",
            targets=(),
            fingerprint=f"{silence}",
            services=_covered(context, incidents.values(), self.key),
            needs_approval=False,
            noop_reason="" if silence else f"`{self.key}` is not silenced",
            silence=silence,
        )

    def apply(self, context: Context, plan: SilencePlan, run: Run) -> Outcome:
        """End it; where somebody was quicker, it has ended as well."""
        del run
        assert plan.silence
        context.store.alerts.unsilence(plan.silence.pattern)
        return _done(plan, alert_lists.unsilenced(plan.silence))


COMMANDS: tuple[type[Command], ...] = (ListAlerts, Acknowledge, SilenceAlerts, Unsilence)


def _fitting(incidents: Iterable[Incident], key: str) -> list[Incident]:
    """Those of which people were told, or will be: the one with this subject, or else those whose
    name fits."""
    known = tuple(incidents)
    named = [incident for incident in known if incident.subject == key] or [
        incident for incident in known if incident.name == key
    ]
    return named or [incident for incident in known if fnmatchcase(incident.name, key)]


def _open(incidents: Iterable[Incident], key: str) -> list[Incident]:
    return [
        incident for incident in _fitting(incidents, key) if incident.state is AlertState.FIRING
    ]


def _to_be_allowed(incidents: Iterable[Incident], key: str) -> tuple[str, ...]:
    """What the rules have to allow for what is open now, as `_covered` names it."""
    fitting = _fitting(incidents, key)
    services = (incident.name for incident in fitting if _is_about_a_service(incident))
    others = any(not _is_about_a_service(incident) for incident in fitting)
    pattern = (key,) if is_pattern(key) else ()
    return tuple(dict.fromkeys((*pattern, *services, *(("",) if others else ()))))


def _is_about_a_service(incident: Incident) -> bool:
    return incident.subject.startswith("service:")


def _covered(context: Context, incidents: Iterable[Incident], key: str) -> tuple[str, ...]:
    """What the rules have to allow, by the names of services, also for what is not open yet.

    That is a pattern as a whole, and a service by its name. What is, or may be, about anything but
    services takes a rule for any service, which stands as an empty name.
    """
    now = _to_be_allowed(incidents, key)
    if is_pattern(key):
        return tuple(dict.fromkeys((*now, *(("",) if _fits_a_node(context, key) else ()))))
    return now or (_service(context, key),)


def _fits_a_node(context: Context, key: str) -> bool:
    """Where no manager answers, a node may be meant."""
    try:
        return any(fnmatchcase(node.name, key) for node in context.swarm.nodes.list())
    except SwarmbotError:
        return True


def _service(context: Context, key: str) -> str:
    """The service with this name, or with the id in this subject; an empty name where none has."""
    try:
        services = context.swarm.services.list()
    except SwarmbotError:
        return ""
    meant = (service.name for service in services if key in (service.name, f"service:{service.id}"))
    return next(meant, "")


def _name_of_subject(context: Context, incidents: Iterable[Incident], key: str) -> str:
    """The name of the node or service with the id in this subject; empty for any other key."""
    named = (incident.name for incident in incidents if incident.subject == key != incident.name)
    if open_now := next(named, ""):
        return open_now
    try:
        return _subjects(context).get(key, "") if key.startswith(_BY_ID) else ""
    except SwarmbotError:
        return ""


def _refuse_unknown(context: Context, key: str, known: Sequence[str]) -> None:
    """Refuse a name that neither a node nor a service has; where no manager answers, any name may
    be right."""
    if is_pattern(key):
        return
    try:
        subjects = _subjects(context)
    except SwarmbotError:
        return
    names = [*known, QUORUM, *subjects.values()]
    if key not in names and key not in subjects:
        raise UnknownNameError("alert", key, nearest(key, names))


def _subjects(context: Context) -> dict[str, str]:
    """The names of all nodes and services, by what alerts call them: `node:…`, `service:…`."""
    nodes, services = context.swarm.nodes.list(), context.swarm.services.list()
    return {
        **{f"node:{node.id}": node.name for node in nodes},
        **{f"service:{service.id}": service.name for service in services},
    }


def _taken(incidents: Sequence[Incident], names: str) -> str:
    first = next((incident for incident in incidents if incident.acknowledged_by), None)
    if first is None or first.acknowledged_by is None:
        return f"{names} is over"
    return f"{first.name} is acknowledged by {first.acknowledged_by.name} already"


def _listed(incidents: Sequence[Incident]) -> str:
    names = [incident.name for incident in incidents[:5]]
    left = len(incidents) - len(names)
    return ", ".join(names) + and_more(left)


def _done(plan: Plan, message: Message) -> Outcome:
    return Outcome(ending=Ending.DONE, title=plan.title, seconds=0.0, private=message)
