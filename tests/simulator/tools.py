"""A client and a reader for the simulator's tests."""

import smtplib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from email_processor.simulator import ReceivedMail, RunningWorld

RETURN_PATH = "bounces+7f3a@epm.example"
MAIL = (
    b"From: Shop <shop@epm.example>\r\nTo: anna@there.example\r\nSubject: Your order\r\n"
    b"Message-ID: <order-1@epm.example>\r\n\r\nHello Anna,\r\n.this line begins with a dot\r\n"
)


@dataclass(frozen=True)
class Envelope:
    """What the client says in MAIL and RCPT; `mail` and `rcpt` are parameters."""

    sender: str = RETURN_PATH
    mail: tuple[str, ...] = ()
    rcpt: tuple[str, ...] = ()


@dataclass
class Client:
    """Sends one mail at a time, each on a connection of its own."""

    world: RunningWorld
    content: bytes = MAIL

    def connect(self) -> smtplib.SMTP:
        smtp = smtplib.SMTP(self.world.host, self.world.port, local_hostname="client.example", timeout=10)
        smtp.ehlo()
        return smtp

    def send(
        self, local_part: str, *rcpt: str, mail: tuple[str, ...] = (), sender: str = RETURN_PATH
    ) -> tuple[int, str]:
        """The reply that settled it: a refusal, or the one to the final dot."""
        return self.send_to(f"{local_part}@there.example", Envelope(sender, mail, rcpt))

    def send_to(self, address: str, envelope: Envelope) -> tuple[int, str]:
        with self.connect() as smtp:
            for command in (
                " ".join((f"MAIL FROM:<{envelope.sender}>", *envelope.mail)),
                " ".join((f"RCPT TO:<{address}>", *envelope.rcpt)),
            ):
                smtp.command_encoding = "utf-8"
                code, text = smtp.docmd(command)
                if code != 250:
                    return code, text.decode()
            code, text = smtp.data(self.content)
            return code, text.decode()


def parsed(mail: ReceivedMail) -> EmailMessage:
    return message_from_bytes(mail.content, _class=EmailMessage, policy=policy.default)


def part_of(mail: ReceivedMail, content_type: str) -> Message:
    """The first part of that type."""
    return next(part for part in parsed(mail).walk() if part.get_content_type() == content_type)


def status_blocks(mail: ReceivedMail) -> list[Message]:
    """The blocks of message/delivery-status: the mail's, then one a recipient."""
    blocks = part_of(mail, "message/delivery-status").get_payload()
    assert isinstance(blocks, list)
    return [block for block in blocks if isinstance(block, Message)]


def actions(mails: list[ReceivedMail]) -> list[str]:
    return [str(block["Action"]) for mail in mails for block in status_blocks(mail)[1:]]
