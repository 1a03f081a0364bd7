"""`python -m tests.bench.simulation --nodes 1000 FILE`: then `docker -H unix://FILE node ls`."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from tests.bench.simulation.server import SimulatedServer


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.simulation")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--nodes", type=int, default=1000, help="5 to 1,000")
    wanted = parser.parse_args()
    wanted.socket.unlink(missing_ok=True)
    with SimulatedServer(wanted.socket, wanted.nodes) as server:
        # Nothing of all that was made ever goes away: nobody has to look through it again.
        gc.freeze()
        server.serve_forever()


if __name__ == "__main__":
    main()
