"""`python -m bot.render.picture` reads a sheet as JSON and writes a PNG.

The process ends with the picture, and its memory is freed.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from bot.model.picture import Sheet


def main() -> None:
    """Draw one sheet."""
    # Where memory runs out, the kernel should end this process rather than the bot.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    from bot.render.picture.draw import draw  # noqa: PLC0415 - not before the line above

    sys.stdout.buffer.write(draw(Sheet.from_json(sys.stdin.buffer.read().decode())))


if __name__ == "__main__":
    main()
