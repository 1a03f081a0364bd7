"""`python -m bot.render.picture`: a sheet as JSON comes in, a PNG goes out; the process ends, and
its memory with it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from bot.model.picture import Sheet


def main() -> None:
    """Draw one sheet."""
    # Were memory to run out, a picture is what the bot can do without.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    from bot.render.picture.draw import draw  # noqa: PLC0415 - not before the line above

    sys.stdout.buffer.write(draw(Sheet.from_json(sys.stdin.buffer.read().decode())))


if __name__ == "__main__":
    main()
