"""The whole suite, twice: on SQLite with the file broker, then on a real PostgreSQL and Valkey. Arguments go to pytest."""

import os
import subprocess
import sys
import tempfile


def main(arguments: list[str]) -> int:
    pytest = [sys.executable, "-m", "pytest", *arguments]
    with tempfile.TemporaryDirectory(prefix="epm-test-") as folder:
        environment = {**os.environ, "EPM_VAR": folder}
        embedded = _run("SQLite and the file broker", pytest, environment)
        production = _run("PostgreSQL and Valkey", [sys.executable, "-m", "tests.real_servers", *pytest], environment)
    return embedded or production


def _run(title: str, command: list[str], environment: dict[str, str]) -> int:
    print(f"\n== {title}", flush=True)
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
