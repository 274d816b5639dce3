import os
import subprocess
import sys

import psycopg
import pytest
import redis

from project.demo.instance import ROOT

SHOW = "import os, signal; print(os.environ['DATABASE_URL'], os.environ['BROKER_URL'], flush=True); signal.pause()"


def test_the_servers_of_a_command_end_with_it_when_it_is_terminated() -> None:
    command = [sys.executable, "-m", "tests.real_servers", sys.executable, "-c", SHOW]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    database, broker = process.stdout.readline().split()
    psycopg.connect(database).close()
    process.terminate()
    process.communicate()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database)
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(broker).ping()
