"""What somebody asks for, read from their line, as far as they may ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.command import masking
from bot.command.model import Command, Table, has_secret
from bot.errors import SwarmbotError, UnsupportedError
from bot.pipeline import rights
from bot.pipeline.disclosure import Listener
from bot.pipeline.request import Request
from bot.settings import Settings
from bot.store.store import Store


def read(request: Request, store: Store, table: Table, settings: Settings) -> Command:
    """The command of a request, where the rules allow it as far as the line alone tells.

    Raises the classes of `bot.errors.input`, and what refuses it.
    """
    rights.refuse_outsider(request.actor, settings)
    rights.refuse_form(request.text, request.actor, table, settings)
    typed = request.command or masking.read(request.text, store, table)
    command = typed.meant()
    judged = command.judged(store, table)
    with told(Listener(request.actor, settings, type(judged))):
        rights.refuse_early(judged, request.actor, settings)
        if request.actor.origin:
            _refuse_secrets(judged)
    return command


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Errors go on as this person may hear them."""
    try:
        yield
    except SwarmbotError as error:
        raise listener.heard(error) from None


def _refuse_secrets(command: Command) -> None:
    if command.answers_secretly() or has_secret(command):
        raise UnsupportedError(
            f"{command.full_name()} shows or takes a secret, and those stay in Slack",
            "Send the line there.",
        )
