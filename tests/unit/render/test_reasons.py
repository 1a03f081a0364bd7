"""What is kept of an error reaches people in words."""

from __future__ import annotations

import pytest

from bot.errors import ImageNotFoundError, SwarmbotError, error_code
from bot.model import Image
from bot.render.errors.reasons import reason


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ImageNotFoundError(Image("web")), "ImageNotFound", "image not found"),
        (SwarmbotError(), "Unexpected", "unexpected"),
        (KeyError("x"), "Unexpected", "unexpected"),
    ],
)
def test_a_code_in_words(error: Exception, code: str, words: str) -> None:
    assert error_code(error) == code
    assert reason(code) == words


@pytest.mark.parametrize("error", SwarmbotError.__subclasses__())
def test_no_class_name_reaches_people(error: type[SwarmbotError]) -> None:
    words = reason(error.__name__.removesuffix("Error"))
    assert words == words.lower()
    assert "error" not in words


@pytest.mark.parametrize(
    "kept", ["", "done", "rolled back", "nothing to change", "Not before 5 pm"]
)
def test_what_is_no_code_stays_as_it_is(kept: str) -> None:
    assert reason(kept) == kept
