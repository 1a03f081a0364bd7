"""The order of names that people and the Docker CLI expect: web2 before web10."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = re.compile(r"([0-9]{1,18})")

Natural = tuple[tuple[int, int | str], ...]


@lru_cache(4096)  # The same names are sorted again with every list.
def natural(name: str) -> Natural:
    """A sort key: numbers in a name count by their value, as in the lists of the Docker CLI."""
    parts = _NUMBER.split(name)
    return tuple((0, int(part)) if index % 2 else (1, part) for index, part in enumerate(parts))
