"""The flags that the Docker CLI's lists share: `--filter`, `--format` and `--quiet`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from bot.command.fields import Option
from bot.errors import InvalidValueError
from bot.model import Message, Node, Service, Task
from bot.render.cli import listing, objects
from bot.render.cli.listing import Listing
from bot.render.cli.template import TemplateError
from bot.swarm import filters
from bot.swarm.filters import Conditions, NamedTask

T = TypeVar("T")
Format = Annotated[
    str, AfterValidator(listing.read_format), Option(("--format",), "TEMPLATE|json|table")
]
FORMAT = "as the CLI prints it: json, table, or a Go template such as {{.Name}}"


class FormatFlag(BaseModel):
    """`--format` of a list."""

    format: Format = Field("", description=FORMAT)

    @property
    def printed(self) -> bool:
        """Whether the answer is to look as the CLI's."""
        return bool(self.format)

    def print(self, shown: Listing, name: str) -> Message:
        """The list as the CLI prints it. Raises InvalidValueError for a field that is not there."""
        return _printed(shown, name, self.format, quiet=False)


class InspectFlags(BaseModel):
    """`--format` of a look at single objects."""

    format: Annotated[
        str,
        AfterValidator(listing.read_format),
        Option(("--format", "-f"), "TEMPLATE|json|pretty"),
    ] = Field("", description="what the engine says: json, or a template such as {{.ID}}")
    pretty: bool = Field(False, description="accepted; without --format it is readable anyway")

    @property
    def printed(self) -> bool:
        """Whether the answer is to be what the engine says."""
        return self.format not in ("", "pretty")

    def print(self, documents: Sequence[Mapping[str, Any]], name: str) -> Message:
        """What the engine says of each object. Raises InvalidValueError."""
        try:
            return listing.of_documents(name, documents, self.format)
        except TemplateError as error:
            raise InvalidValueError("--format", self.format, str(error)) from None


class ListFlags(FormatFlag):
    """`--filter`, `--format` and `--quiet` of a list; `conditions` are the filters that it has."""

    conditions: ClassVar[Conditions] = {}

    filter: Annotated[tuple[str, ...], Option(("--filter", "-f"), "NAME=VALUE")] = Field(
        (), description="only what fits, such as name=web or label=zone=a"
    )
    quiet: Annotated[bool, Option(("--quiet", "-q"))] = Field(False, description="ids alone")

    @property
    def printed(self) -> bool:
        """Whether the answer is to look as the CLI's."""
        return bool(self.format or self.quiet)

    def print(self, shown: Listing, name: str) -> Message:
        """The list as the CLI prints it. Raises InvalidValueError for a field that is not there."""
        return _printed(shown, name, self.format, quiet=self.quiet)

    def kept(self, listed: Iterable[T]) -> tuple[T, ...]:
        """The objects that fit `--filter`. Raises InvalidValueError for one that there is not."""
        known = type(self).conditions
        for text in self.filter:
            name, equals, _ = text.partition("=")
            if not equals or name.strip().lower() not in known:
                raise InvalidValueError("--filter", text, _expected(name, known))
        return filters.kept(listed, self.filter, known)


def _expected(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name.strip().lower(), known, n=1)
    if near:
        return f"a filter such as {near[0]}=…; there are {', '.join(known)}"
    return f"one of the filters {', '.join(f'{known_name}=…' for known_name in known)}"


def _printed(shown: Listing, name: str, wanted: str, *, quiet: bool) -> Message:
    try:
        return listing.printed(shown, name, wanted, quiet=quiet)
    except TemplateError as error:
        raise InvalidValueError("--format", wanted, str(error)) from None


class TaskListFlags(ListFlags):
    """The flags of the lists of tasks."""

    conditions: ClassVar[Conditions] = filters.TASKS

    no_trunc: bool = Field(False, description="errors, ids and images in full")
    no_resolve: bool = Field(False, description="ids of nodes in place of their names")

    def fitting(
        self, tasks: Iterable[Task], services: Mapping[str, Service], nodes: Mapping[str, Node]
    ) -> tuple[NamedTask, ...]:
        """The tasks that fit `--filter`, with their names; services and nodes by id."""
        named = (filters.named(task, services, nodes) for task in tasks)
        return self.kept(named)

    def print_tasks(self, named: Sequence[NamedTask], name: str, now: datetime) -> Message:
        """The tasks as the CLI prints them. Raises InvalidValueError as `print` does."""
        names = self._names(named)
        nodes = {task.task.node_id: task.node for task in named if not self.no_resolve}
        detail = objects.Detail(now, whole=self.no_trunc or self.quiet)
        return self.print(objects.tasks([task.task for task in named], names, nodes, detail), name)

    def _names(self, named: Sequence[NamedTask]) -> Mapping[str, str]:
        """The names of the tasks by their ids; in a table, an earlier one of a slot is indented."""
        names, before = dict[str, str](), ""
        for task in named:
            is_earlier = listing.is_table(self.format) and task.name == before
            names[task.task.id] = f" \\_ {task.name}" if is_earlier else task.name
            before = task.name
        return names
