"""Docker's health check of the image: has the bot started, and does it answer?

Run as a file, with `python3 -IS`: it is started every ten seconds, so it loads nothing of the bot.
It ends with 0 where `/startupz` answers 200, else with 1, and says what is missing.
"""

from __future__ import annotations

import os
import socket
import sys

_SECONDS = 3.0
_REQUEST = b"GET /startupz HTTP/1.0\r\nHost: localhost\r\n\r\n"


def main() -> None:
    """Ask the bot of this container."""
    port = int(os.environ.get("SWARMBOT_HTTP", "").rpartition(":")[2] or 8090)
    try:
        with socket.create_connection(("127.0.0.1", port), _SECONDS) as connection:
            connection.sendall(_REQUEST)
            with connection.makefile("rb") as answer:
                status, _, body = answer.read(4096).partition(b"\r\n")
    except OSError as error:
        sys.exit(f"no answer on port {port}: {error}")
    if status.split(b" ")[1:2] != [b"200"]:
        sys.exit(body.rpartition(b"\r\n")[2].decode(errors="replace"))


if __name__ == "__main__":
    main()
