"""A lean HTTP client in a process of its own: so many keep-alive connections, each asking again as soon as it was answered.

usage: python -m bench.keep_alive HOST PORT CLIENTS COUNT RATE < request      (RATE per second in all; 0: as fast as can be)
Prints {"seconds": …, "milliseconds": [one for each request]}. Ends with an error where an answer is not 2xx.
"""

import asyncio
import json
import sys
import time

import uvloop


async def main(host: str, port: int, clients: int, count: int, rate: float) -> None:
    request = sys.stdin.buffer.read()
    waits: list[float] = []
    turns = iter(range(count))
    began = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for number in turns:
            if rate:
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            asked = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            waits.append(1000 * (time.perf_counter() - asked))
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    print(json.dumps({"seconds": time.perf_counter() - began, "milliseconds": waits}))


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(head.decode())
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))


if __name__ == "__main__":
    host, port, clients, count, rate = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(host, int(port), int(clients), int(count), float(rate)))
