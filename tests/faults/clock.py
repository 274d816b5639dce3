"""A wall clock that jumps: processes started under it take its shift for the time of day."""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


def missing() -> str:
    """Why the clock cannot be had; empty where it can."""
    return "" if shutil.which("cc") else "no C compiler is installed (cc)"


class Clock:
    """`environment` puts a process under this clock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        library = folder / "clock.so"
        self.jump_to(0)
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(self._file)}

    def jump_to(self, seconds: int) -> None:
        """So many seconds after the true time."""
        # Written in place: the processes have mapped it.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
