"""A name server on loopback that says what a test wants, by UDP and TCP."""

import socket
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer:
    """`records` maps "name type" to rdatas; a name that is nowhere in it does not exist. CNAMEs are followed.

    `broken` names get SERVFAIL, `silent` ones no answer, `long` ones only by TCP. With `vouches` the AD bit is set.
    """

    records: dict[str, list[str]]
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    long: set[str] = field(default_factory=set)
    vouches: bool = False
    ttl: int = 300
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, *, by_udp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, type = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked[f"{name} {type}"] += 1
        if name in self.silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif by_udp and name in self.long:
            response.flags |= dns.flags.TC
        else:
            self._fill(response, name, type)
        if self.vouches:
            response.flags |= dns.flags.AD
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: str, type: str) -> None:
        for _ in range(20):
            if alias := self.records.get(f"{name} CNAME"):
                response.answer.append(dns.rrset.from_text(f"{name}.", self.ttl, "IN", "CNAME", f"{alias[0]}."))
                name = alias[0]
                continue
            if found := self.records.get(f"{name} {type}"):
                response.answer.append(dns.rrset.from_text(f"{name}.", self.ttl, "IN", type, *found))
            elif not any(key.partition(" ")[0] == name for key in self.records):
                response.set_rcode(dns.rcode.NXDOMAIN)
            return


@contextmanager
def name_server(server: NameServer) -> Iterator[NameServer]:
    """`server`, answering on a free port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(("127.0.0.1", 0))
        server.port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", server.port))
        tcp.listen()
        threads = [
            Thread(target=_answer_by_udp, args=(udp, server), daemon=True),
            Thread(target=_answer_by_tcp, args=(tcp, server), daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield server
        udp.sendto(b"", udp.getsockname())
        tcp.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def _answer_by_udp(udp: socket.socket, server: NameServer) -> None:
    while True:
        wire, peer = udp.recvfrom(4096)
        if wire == b"":
            return
        if answer := server.answer(wire, by_udp=True):
            udp.sendto(answer, peer)


def _answer_by_tcp(tcp: socket.socket, server: NameServer) -> None:
    while True:
        try:
            connection, _ = tcp.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as stream:
            (length,) = struct.unpack("!H", stream.read(2))
            if answer := server.answer(stream.read(length), by_udp=False):
                connection.sendall(struct.pack("!H", len(answer)) + answer)
