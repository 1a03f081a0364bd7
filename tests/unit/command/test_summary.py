"""The list of commands says of each what it does, in a whole sentence."""

from __future__ import annotations

import pytest

from bot.command.model import Command
from handlers.commands import TABLE


@pytest.mark.parametrize("command", TABLE.commands)
def test_a_summary_is_a_whole_sentence(command: type[Command]) -> None:
    text = " ".join((command.__doc__ or "").split())
    assert command.summary()
    assert text.startswith(f"{command.summary()}.")
    rest = text.removeprefix(f"{command.summary()}.").lstrip()
    assert not rest[:1].islower()
