"""Numbers within the fields of a flag: what has more digits than any number of Docker's is none."""

from __future__ import annotations

import pytest

from bot.swarm.spec import syntax


@pytest.mark.parametrize("digits", [21, 4_000, 5_000, 100_000])
def test_a_number_of_more_digits_than_docker_has_is_not_even_read(digits: int) -> None:
    text = "1".zfill(digits)

    with pytest.raises(ValueError, match="a port as a number of at most 65535"):
        syntax.whole(text, 65_535, "a port")
    with pytest.raises(ValueError, match="such as GPU=2, of at most 9223372036854775807"):
        syntax.resource(f"GPU={text}")


def test_as_many_digits_as_docker_has_are_read() -> None:
    text = "1".zfill(20)

    assert syntax.whole(text, 65_535, "a port") == 1
    assert syntax.resource(f"GPU={text}")["DiscreteResourceSpec"]["Value"] == 1
