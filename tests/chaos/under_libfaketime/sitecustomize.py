"""What Python loads first in a bot whose wall clock is libfaketime's.

libfaketime 0.9.10 takes the end of a sleep, which Python gives on the monotonic clock, for a date,
and every `time.sleep` fails (EINVAL). `select` sleeps just as long and is left alone by it.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: SupportsIndex | float) -> None:
    if float(seconds) < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), float(seconds))


time.sleep = _sleep
