"""One worker process of bench.outbound: python -m bench.outbound_worker send ZONE | tell

Says on a line of its own when it is ready, waits for one on its standard input, works until nothing is due, and prints what
it did as JSON.
"""

import json
import resource
import sys
import threading
import time
from pathlib import Path

import django

_PAGE = 4096


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1_000_000


def main(kind: str, *arguments: str) -> None:
    django.setup()
    from email_processor.outbound.sending import drain
    from notifications.dispatching import tell_due

    print("ready", flush=True)
    sys.stdin.readline()
    sizes: list[float] = []
    threading.Thread(target=_watch, args=(sizes,), daemon=True).start()
    started, used = time.perf_counter(), time.process_time()
    done = drain(*arguments) if kind == "send" else tell_due()
    sizes.append(resident())
    print(
        json.dumps(
            {
                "done": done,
                "seconds": time.perf_counter() - started,
                "cpu": time.process_time() - used,
                "sizes": sizes,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            }
        ),
        flush=True,
    )


def _watch(sizes: list[float]) -> None:
    while True:
        time.sleep(0.25)
        sizes.append(resident())


if __name__ == "__main__":
    main(*sys.argv[1:])
