"""A private Dovecot on loopback, from Debian's binaries with a configuration and mailboxes of its own.

Every user name is a mailbox, with the password PASSWORD. Access tokens (XOAUTH2) are shown to `token_url`, which says whose
they are. Mail comes in by LMTP or IMAP.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project.demo.instance import free_ports
from tests.certificates import make_certificate
from tests.waiting import eventually

PASSWORD = "correct-horse"
PROTOCOLS = Path("/usr/lib/dovecot")


def missing() -> str:
    """Why no private Dovecot can be started here; empty where one can."""
    if not shutil.which("dovecot") or not all((PROTOCOLS / name).exists() for name in ("imap", "pop3", "lmtp")):
        return "Debian's dovecot-imapd, dovecot-pop3d and dovecot-lmtpd are not installed"
    if os.geteuid() != 0:
        return "a private Dovecot must be started by root"
    return ""


@dataclass(frozen=True, slots=True)
class PrivateDovecot:
    """Ports of loopback; `certificate` is the PEM file of its certificate authority."""

    folder: Path
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    lmtp: int

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def log(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def running_dovecot(folder: Path, token_url: str) -> Iterator[PrivateDovecot]:
    """Starts it, yields where it listens, and stops it."""
    folder.chmod(0o755)  # Dovecot's own users must be able to enter
    certificate, key = make_certificate(folder)
    server = PrivateDovecot(folder, *free_ports(5))
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody")
    (folder / "log").touch(mode=0o666)
    configuration = folder / "dovecot.conf"
    configuration.write_text(_configuration(server, certificate, key))
    (folder / "oauth2.conf").write_text(
        f"introspection_mode = post\nintrospection_url = {token_url}/whose\nusername_attribute = user\n"
        "active_attribute = active\nactive_value = yes\n"
    )
    process = subprocess.Popen(["dovecot", "-F", "-c", str(configuration)], stderr=(folder / "stderr").open("w"))
    try:
        eventually(lambda: "starting up" in server.log(), "Dovecot starts", log=(folder / "stderr").read_text)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _configuration(server: PrivateDovecot, certificate: Path, key: Path) -> str:
    folder = server.folder
    return f"""
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = mdbox:~/mail
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
mailbox_idle_check_interval = 1s
namespace inbox {{
  inbox = yes
}}
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u allow_all_users=yes
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.imap}
  }}
  inet_listener imaps {{
    port = {server.imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {server.pop3}
  }}
  inet_listener pop3s {{
    port = {server.pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {server.lmtp}
  }}
}}
"""
