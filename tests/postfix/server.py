"""A private Postfix on loopback, from Debian's binaries with a configuration and spool of its own.

What it does with a recipient depends on the domain:
  local.test     virtual mailboxes: bob@ exists (delivered), everybody else is unknown only after acceptance (bounced);
                 late@ is refused after the final dot
  nodsn.test     handed to a next hop that does not offer DSN (relayed)
  alias.test     team@ is an alias of two mailboxes in local.test (expanded)
  slow.test      handed to a next hop that nobody listens on: deferred, a delay report after a second
Everything else goes to `reports_to`, so reports for the return path come back to the listener: `smtp:…` or `lmtp:…`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project.demo.instance import free_ports

DAEMONS = Path("/usr/lib/postfix/sbin")


def missing() -> str:
    """Why no private Postfix can be started here; empty where one can."""
    if not shutil.which("postfix"):
        return "Debian's postfix is not installed"
    if os.geteuid() != 0:
        return "a private Postfix must be started by root"
    return ""


@dataclass(frozen=True, slots=True)
class PrivatePostfix:
    port: int
    folder: Path

    def log(self) -> str:
        return (self.folder / "mail.log").read_text()


@contextmanager
def running_postfix(folder: Path, *, reports_to: str, next_hop_without_dsn: int) -> Iterator[PrivatePostfix]:
    """Starts it, yields where it listens, and stops it."""
    port, nobody = free_ports(2)
    configuration = folder / "conf"
    _lay_out(folder, configuration)
    (configuration / "main.cf").write_text(_main_cf(folder))
    (configuration / "transport").write_text(
        f"local.test virtual:\nalias.test local:\nnodsn.test smtp:[127.0.0.1]:{next_hop_without_dsn}\n"
        f"slow.test smtp:[127.0.0.1]:{nobody}\n* {reports_to}\n"
    )
    (configuration / "aliases").write_text("team bob@local.test, rob@local.test\n")
    (configuration / "mailboxes").write_text("bob@local.test bob/\nrob@local.test rob/\nb\u00f8b@local.test bob/\n")
    master = (configuration / "master.cf").read_text().splitlines()
    (configuration / "master.cf").write_text("\n".join(_service(line, port) for line in master) + "\n")
    _postfix(configuration, "start")
    try:
        yield PrivatePostfix(port, folder)
    finally:
        _postfix(configuration, "stop")


def _lay_out(folder: Path, configuration: Path) -> None:
    folder.chmod(0o755)  # Postfix's own users must be able to enter
    shutil.copytree("/etc/postfix", configuration, symlinks=False, ignore=shutil.ignore_patterns("makedefs.out"))
    for name in ("spool", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "nobody")


def _main_cf(folder: Path) -> str:
    return f"""
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {DAEMONS}
mail_owner = postfix
setgid_group = postdrop
myhostname = mta.test
mydestination = alias.test
local_recipient_maps =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = local.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/conf/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = texthash:{folder}/conf/transport
alias_maps = texthash:{folder}/conf/aliases
alias_database =
propagate_unmatched_extensions =
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
delay_warning_time = 1s
smtputf8_enable = yes
smtpd_end_of_data_restrictions = check_recipient_access inline:{{late@local.test=REJECT}}
"""


def _service(line: str, port: int) -> str:
    """One line of master.cf: smtpd on our port, nothing chrooted."""
    words = line.split()
    if len(words) < 8 or line.startswith(("#", " ")):
        return line
    if words[:2] == ["smtp", "inet"]:
        words[0] = f"127.0.0.1:{port}"
    words[4] = "n"
    return " ".join(words)


def _postfix(configuration: Path, command: str) -> None:
    done = subprocess.run(["postfix", "-c", str(configuration), command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"postfix {command}: {done.stderr}\n{(configuration.parent / 'mail.log').read_text()}")
