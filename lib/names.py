"""The addresses behind a name, as the operating system finds them (hosts file, DNS, search list).

Asked in the threads of the loop's own executor, for each name in one at a time: uvloop's getaddrinfo has four for the whole
process, and one name server that says nothing would hold up all that is to be opened.
"""

import asyncio
import socket
from functools import partial
from ipaddress import ip_address

_Found = tuple[str, ...] | OSError

_asking: dict[tuple[asyncio.AbstractEventLoop, str], asyncio.Future[_Found]] = {}


async def addresses_of(host: str, timeout: float | None = None) -> tuple[str, ...]:
    """The addresses of `host`, in the order in which to try them; of an address itself.

    Odd notations (0x7f.1) are read as the C library reads them. Raises OSError; `timeout` is in seconds.
    """
    try:
        return (str(ip_address(host)),)
    except ValueError:
        pass
    # Others may be waiting for the same answer: who gives up leaves it to them.
    found = await asyncio.wait_for(asyncio.shield(_answer(host)), timeout)
    if isinstance(found, OSError):
        raise found
    return found


def _answer(host: str) -> asyncio.Future[_Found]:
    key = asyncio.get_running_loop(), host
    if key not in _asking:
        _asking[key] = asyncio.ensure_future(_ask(host))
        _asking[key].add_done_callback(lambda _: _asking.pop(key))
    return _asking[key]


async def _ask(host: str) -> _Found:
    """Trouble is an answer, too: perhaps nobody waits for it any more."""
    asking = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(None, asking)
    except UnicodeError as error:
        return OSError(0, f"is no name of a server: {error}")
    except OSError as trouble:
        return trouble
    return tuple(dict.fromkeys(str(address) for *_, (address, *_) in found))
