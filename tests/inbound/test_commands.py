import io
import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from email_processor.inbound import intake
from email_processor.models import InboundMessage
from epm.models import Zone
from tests import factories
from tests.inbound.reports import regular

MAIL = regular("orders@example.com")


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    buffer = io.BytesIO(MAIL)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=buffer))
    return buffer


def test_it_takes_in_a_mail_from_a_pipe(db: None, pipe: io.BytesIO) -> None:
    call_command("take_in", "--from", "<customer@example.net>", "--to", "orders@example.com", stdout=io.StringIO())
    inbound = InboundMessage.objects.get()
    assert (inbound.mail_from, inbound.rcpt_to) == ("customer@example.net", "orders@example.com")
    assert (bytes(inbound.raw), inbound.source) == (MAIL, InboundMessage.Source.COMMAND)


def test_it_asks_the_headers_where_the_pipe_tells_no_recipient(zone: Zone, pipe: io.BytesIO) -> None:
    factories.make_application(zone, addresses=("orders@example.com",))
    call_command("take_in", stdout=io.StringIO())
    inbound = InboundMessage.objects.get()
    assert (inbound.mail_from, inbound.rcpt_to) == ("customer@example.net", "orders@example.com")


def test_it_asks_the_calling_server_to_try_again_where_nothing_is_stored(
    pipe: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ill(*args: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(intake, "keep", ill)
    with pytest.raises(CommandError) as raised:
        call_command("take_in", "--to", "orders@example.com")
    assert raised.value.returncode == os.EX_TEMPFAIL


def test_it_takes_no_empty_mail(pipe: io.BytesIO) -> None:
    pipe.seek(0, io.SEEK_END)
    with pytest.raises(CommandError, match="no mail on standard input"):
        call_command("take_in", "--to", "orders@example.com")


def test_it_takes_no_mail_for_what_is_no_address(pipe: io.BytesIO) -> None:
    with pytest.raises(CommandError, match="no address"):
        call_command("take_in", "--to", "orders\udce9@example.com")


def test_it_names_the_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"127\.0\.0\.1:{port} \(SMTP listener\): .*in use"):
            call_command("listener", "--port", str(port), "--lmtp-port", "0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_until_it_is_told_to_stop(number: signal.Signals) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "listener", "--port", "0", "--lmtp-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            assert client.recv(1000).startswith(b"220 ")
            process.send_signal(number)
            assert client.recv(1000).startswith(b"421 ")
        assert process.wait(timeout=10) == 0


def test_it_reads_mailboxes_until_it_is_told_to_stop() -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "mailboxes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading mailboxes\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
