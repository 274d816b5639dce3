"""The world as a whole: patience, memory, files, TLS, stopping, the command."""

import asyncio
import datetime
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from email_processor.simulator import SimulatedWorld, running_world
from tests.simulator.tools import MAIL, RETURN_PATH, Client, actions


def test_it_runs_in_the_event_loop_of_a_test() -> None:
    async def exchange() -> int:
        async with SimulatedWorld() as home, SimulatedWorld(report_to=("127.0.0.1", home.port)) as world:
            await aiosmtplib.send(MAIL, sender=RETURN_PATH, recipients=["bounce@x.example"], port=world.port)
            return len(await home.wait_for_mail(1))

    assert asyncio.run(exchange()) == 1


def test_it_tries_again_until_the_next_hop_is_there() -> None:
    port = free_port()
    with running_world(report_to=("127.0.0.1", port), retry_pause=0.01) as world:
        Client(world).send("bounce")
        with running_world(port=port) as home:
            assert actions(home.wait_for_mail(1)) == ["failed"]


def test_it_tries_again_when_the_next_hop_says_later() -> None:
    with (
        running_world() as home,
        running_world(report_to=(home.host, home.port), retry_pause=0.01) as world,
    ):
        # The next hop greylists this return path.
        Client(world).send("bounce", sender="deferred@epm.example")
        assert home.wait_for_mail(1)[0].rcpt_tos == ("deferred@epm.example",)


@pytest.mark.parametrize("sender", ["refused@epm.example", "full-now@epm.example"])
def test_it_gives_up_a_letter_that_is_refused_or_too_old(sender: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        running_world() as home,
        running_world(report_to=(home.host, home.port), retry_pause=0.01, patience=0.05, long_wait=0.3) as world,
    ):
        Client(world).send("bounce", sender=sender)
        Client(world).send("late-bounce")
        home.wait_for_mail(1)
    assert f"gave up the letter to <{sender}>" in caplog.text


def test_it_says_how_much_came_when_time_is_up() -> None:
    with running_world() as world, pytest.raises(TimeoutError, match="0 of 1 mails"):
        world.wait_for_mail(1, timeout=0.01)


def test_it_keeps_the_last_mails_and_counts_them_all() -> None:
    with running_world(keep=2) as world:
        for _ in range(3):
            Client(world).send("anna")
        assert ([mail.number for mail in world.received], world.count) == ([2, 3], 3)


def test_it_keeps_no_more_octets_than_it_may() -> None:
    with running_world(keep_octets=len(MAIL) + 1) as world:
        for _ in range(3):
            Client(world).send("anna")
        assert [mail.number for mail in world.received] == [3]


def test_it_writes_a_file_for_every_recipient(tmp_path: Path) -> None:
    with running_world(maildir=tmp_path) as world, Client(world).connect() as smtp:
        smtp.sendmail(RETURN_PATH, ["anna@x.example", "../b@x.example"], MAIL, rcpt_options=["NOTIFY=NEVER"])
    first, second = sorted(tmp_path.iterdir())
    assert (first.name, second.name) == ("00000001-anna@x.example.eml", "00000002-.._b@x.example.eml")
    assert b"X-Sim-Rcpt-To: <anna@x.example>\r\nX-Sim-Rcpt-Parameters: NOTIFY=NEVER\r\n" in first.read_bytes()
    assert first.read_bytes().endswith(MAIL)


def test_it_takes_no_mail_it_cannot_write(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    with running_world(maildir=folder) as world:
        folder.rmdir()
        assert Client(world).send("anna")[0] == 451
        assert world.count == 0


def test_it_goes_on_counting_files_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with running_world(maildir=tmp_path) as world:
            Client(world).send("anna")
    assert sorted(path.name[:8] for path in tmp_path.iterdir()) == ["00000001", "00000002"]


def test_it_takes_mail_over_starttls(tmp_path: Path) -> None:
    with running_world(tls=self_signed(tmp_path)) as world, Client(world).connect() as smtp:
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.sendmail(RETURN_PATH, ["anna@x.example"], MAIL)
        assert world.received[0].content == MAIL


def test_it_closes_open_connections_when_it_stops() -> None:
    with running_world() as world:
        smtp = Client(world).connect()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.noop()


def test_it_raises_where_it_cannot_listen() -> None:
    with running_world() as world, pytest.raises(OSError, match="in use"), running_world(port=world.port):
        pass


def test_it_refuses_to_leave_out_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="CHUNKING"):
        SimulatedWorld(without=frozenset({"CHUNKING"}))


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_as_a_command_and_stops_on_a_signal(tmp_path: Path, stop: signal.Signals) -> None:
    port = free_port()
    command = [
        sys.executable,
        "manage.py",
        "simulator",
        "--port",
        str(port),
        "--no-reports",
        "--maildir",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        assert f":{port}" in process.stdout.readline()
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example") as smtp:
            smtp.sendmail(RETURN_PATH, ["anna@x.example"], MAIL)
        process.send_signal(stop)
        assert process.stdout.read().startswith("took 1 mails")
        assert process.wait(10) == 0
    assert len(list(tmp_path.iterdir())) == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
        )
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context
