"""A mail server that takes everything, and notes who handed it over: `python -m tests.hosts.sink HOST PORT FILE`."""

import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Notes:
    """A line for each mail: the address it came from, and its recipient."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(self, door: SMTP, session: Session, envelope: Envelope) -> str:
        with self._file.open("a") as file:
            assert session.peer is not None
            file.write(f"{session.peer[0]} {envelope.rcpt_tos[0]}\n")
        return "250 2.0.0 taken"


async def main(host: str, port: int, file: Path) -> None:
    notes = Notes(file)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(notes), host, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
