"""What the commands of the console script share: settings and Redis, or why not, in words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from bot.errors import InvalidSettingError, StoreUnavailableError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from bot.store.store import Store


def configured() -> Settings:
    """The settings; ends the program where they are wrong."""
    try:
        return load()
    except InvalidSettingError as error:
        refuse(error)


@contextmanager
def stored(settings: Settings) -> Iterator[Store]:
    """The configured Redis for as long as the block runs; ends the program where it is away."""
    from bot.store.anchor import AnchorFile  # noqa: PLC0415 - `run` decides for itself when to load what
    from bot.store.embedded import Embedded  # noqa: PLC0415 - as above
    from bot.store.keys import Keys  # noqa: PLC0415 - as above
    from bot.store.store import Store  # noqa: PLC0415 - as above

    redis = Embedded(settings.data / "redis")
    try:
        store = Store.connect(
            settings.redis_url.get_secret_value() if settings.redis_url else redis.start(),
            Keys.load(settings.key_file, settings.data),
            anchor=AnchorFile.under(settings.data),
        )
        yield store
        store.close()
    except InvalidSettingError as error:
        refuse(error)
    except StoreUnavailableError as away:
        refuse(InvalidSettingError("REDIS_URL", f"Redis does not answer: {away.reason}"))
    finally:
        redis.stop()


def refuse(error: InvalidSettingError) -> NoReturn:
    """Say what is wrong, and end with 2."""
    print(f"swarmbot: {error.where}: {error.problem}", file=sys.stderr)
    sys.exit(2)


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of a table as lines, each column as wide as its widest cell."""
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
