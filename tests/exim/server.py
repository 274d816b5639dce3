"""A private Exim on loopback, from Debian's binary with a configuration and spool of its own.

Debian's exim4 and postfix exclude each other, so the packages are unpacked, not installed: see .ci/run.

What it does with a recipient depends on the domain:
  local.test     mailboxes: bob@ exists (delivered), everybody else is unknown (failed)
  nodsn.test     handed to a next hop that does not offer DSN (relayed)
  slow.test      handed to a next hop that nobody listens on: deferred, a delay report after a second
  alias.test     everybody there is an alias of bob@local.test
Everything else goes to `reports_to`: reports for the return path come back to the listener, other mail is refused there.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project.demo.instance import free_ports
from tests.waiting import eventually

USER = "Debian-exim"
PLACES = (Path("/usr/sbin/exim4"), Path("/opt/exim4/usr/sbin/exim4"))


def binary() -> Path | None:
    return next((place for place in PLACES if place.exists()), None)


def missing() -> str:
    """Why no private Exim can be started here; empty where one can."""
    found = binary()
    if found is None:
        return f"Debian's exim4-daemon-light is neither installed nor unpacked into {PLACES[1].parents[2]}"
    if os.geteuid() != 0:
        return "a private Exim must be started by root"
    try:
        pwd.getpwnam(USER)
    except KeyError:
        return f"Exim wants a user {USER}"
    told = subprocess.run([found, "-C", "/dev/null", "-bV"], capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else f"Exim does not start: {told.stderr.strip()}"


@dataclass(frozen=True, slots=True)
class PrivateExim:
    port: int
    folder: Path

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted((self.folder / "log").iterdir()))


@contextmanager
def running_exim(folder: Path, *, reports_to: int, next_hop_without_dsn: int) -> Iterator[PrivateExim]:
    """Starts it, yields where it listens, and stops it."""
    port, nobody = free_ports(2)
    server = PrivateExim(port, folder)
    folder.chmod(0o755)  # Exim's own user must be able to enter
    for name in ("spool", "log", "mail"):
        (folder / name).mkdir()
        shutil.chown(folder / name, USER, USER)
    configuration = folder / "exim.conf"
    configuration.write_text(_configuration(server, reports_to, next_hop_without_dsn, nobody))
    command = [str(binary()), "-C", str(configuration), "-bdf", "-q1s"]
    process = subprocess.Popen(command, stderr=(folder / "log" / "stderr").open("w"), start_new_session=True)
    try:
        eventually(lambda: "daemon started" in server.log(), "Exim starts", log=server.log)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # its deliveries and queue runners, too
        process.wait()


def _configuration(server: PrivateExim, reports_to: int, next_hop_without_dsn: int, nobody: int) -> str:
    folder = server.folder
    return f"""
exim_path = {binary()}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/spool/pid
primary_hostname = mta.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {server.port}
tls_advertise_hosts =
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
deliver_drop_privilege = true
delay_warning = 1s
delay_warning_condition = yes
acl_smtp_rcpt = take
acl_smtp_data = take

begin acl
take:
  accept

begin routers
alias:
  driver = redirect
  domains = alias.test
  data = bob@local.test
mailbox:
  driver = accept
  domains = local.test
  local_parts = bob : b\u00f8b
  transport = mailbox
nobody:
  driver = redirect
  domains = local.test
  allow_fail
  data = :fail: 550 5.1.1 User unknown
next_hop_without_dsn:
  driver = manualroute
  domains = nodsn.test
  route_list = * 127.0.0.1
  self = send
  transport = next_hop_without_dsn
nobody_listens:
  driver = manualroute
  domains = slow.test
  route_list = * 127.0.0.1
  self = send
  transport = nobody_listens
reports:
  driver = manualroute
  domains = *
  route_list = * 127.0.0.1
  self = send
  transport = listener

begin transports
mailbox:
  driver = appendfile
  directory = {folder}/mail/bob
  maildir_format
  user = {USER}
next_hop_without_dsn:
  driver = smtp
  port = {next_hop_without_dsn}
  allow_localhost
nobody_listens:
  driver = smtp
  port = {nobody}
  allow_localhost
listener:
  driver = smtp
  port = {reports_to}
  allow_localhost

begin retry
* * F,1h,1s
"""
