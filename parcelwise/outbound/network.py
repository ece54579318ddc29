"""Sockets with a deadline and a guard: each step of a call gets only the time that is left of the whole, and a name
is looked up once, judged by every address it has, and connected to by the very address that was judged.
"""

from __future__ import annotations

import ipaddress
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from parcelwise.errors import GiveUp

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_call = threading.local()

#: RFC 6052: addresses of IPv4 inside IPv6, translated on the way.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Ranges that older Pythons count as global: NAT64 for local use, 6to4 relays, protocol assignments.
_MORE_PRIVATE = [
    ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "192.88.99.0/24", "192.0.0.0/24", "fec0::/10")
]


class Deadline:
    """A moment by which a whole call has to be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left; negative when it is over."""
        return self._ends - time.monotonic()


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """What this thread reads, writes and connects to inside the block ends at ``deadline``."""
    _call.deadline = deadline
    try:
        yield
    finally:
        _call.deadline = None


def _left(error: type[Exception]) -> float:
    deadline: Deadline | None = getattr(_call, "deadline", None)
    if deadline is None:
        raise RuntimeError("a call without a deadline")
    if (left := deadline.left()) <= 0:
        raise error("the deadline has passed")
    return left


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, whatever IPv6 wraps it in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if any(address.version == net.version and address in net for net in _MORE_PRIVATE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class OutOfBounds(GiveUp):
    """The call leads where calls may not go: into a private network, or to what is no http or https address."""


class Guard:
    """Says where calls may go: anywhere public, and to the exceptions.

    An exception is a host name or address (``twin.local``, ``127.0.0.1``, ``[::1]``), a network (``10.1.0.0/16``), and
    may name a port (``127.0.0.1:8721``).
    """

    def __init__(self, exceptions: Iterable[str] = (), *, everything: bool = False) -> None:
        self._everything = everything
        self._names: set[tuple[str, int | None]] = set()
        self._networks: list[tuple[Any, int | None]] = []
        for text in exceptions:
            name, port = _host_and_port(text.strip().lower())
            try:
                self._networks.append((ipaddress.ip_network(name, strict=False), port))
            except ValueError:
                self._names.add((name, port))

    def check(self, host: str, port: int, addresses: Iterable[Address]) -> None:
        """OutOfBounds when any of the host's addresses is."""
        if self._everything or {(host, None), (host, port)} & self._names:
            return
        for address in addresses:
            if not is_public(address) and not self._excepted(address, port):
                raise OutOfBounds(
                    f"{host} leads to {address}, an address inside a private network, and is not called. "
                    'If it is meant to be, add it to PARCELWISE["OUTBOUND"]["ALLOW_PRIVATE"].'
                )

    def _excepted(self, address: Address, port: int) -> bool:
        return any(
            address.version == net.version and address in net and wanted in (None, port)
            for net, wanted in self._networks
        )


def _host_and_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port[1:]) if port[1:].isdigit() else None
    host, colon, port = text.rpartition(":")
    if colon and ":" not in host and port.isdigit():
        return host, int(port)
    return text, None


def look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """``getaddrinfo`` with a deadline: the system's own call has none, so it waits in a thread that may be left."""
    found: queue.SimpleQueue[list[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name="parcelwise-look-up", daemon=True).start()
    try:
        answer = found.get(timeout=_left(httpcore.ConnectTimeout))
    except queue.Empty as error:
        raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from error
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(f"the name {host} cannot be resolved ({answer})") from answer
    return answer


class Backend(httpcore.NetworkBackend):
    """Opens connections for one guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = look_up(host, port)
        self._guard.check(host, port, [ipaddress.ip_address(place[4][0].partition("%")[0]) for place in found])
        trouble: Exception = httpcore.ConnectError(f"{host} has no address")
        for number, (family, kind, protocol, _, place) in enumerate(found):
            share = _left(httpcore.ConnectTimeout) / (len(found) - number)
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(share)
                sock.connect(place)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                kind_of_error = httpcore.ConnectTimeout if isinstance(error, TimeoutError) else httpcore.ConnectError
                trouble = kind_of_error(str(error))
            else:
                return Stream(sock)
        raise trouble


class StaleConnection(httpcore.ReadError):
    """A kept connection that the other side had closed by the time it was used again: nothing came back on it."""


class Stream(httpcore.NetworkStream):
    """A socket that gives each step the time left of the call it serves, whoever opened the connection before."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        #: Whether an earlier call was answered here, and whether this one has been, by a first byte.
        self._kept = self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._sock.settimeout(_left(httpcore.ReadTimeout))
        try:
            piece = self._sock.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise self._broken(httpcore.ReadError, str(error)) from error
        if not piece and self._kept and not self._answered:
            raise StaleConnection("the connection was closed meanwhile")
        self._answered = True
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answered:
            self._kept, self._answered = True, False
        rest = memoryview(buffer)
        while rest:
            self._sock.settimeout(_left(httpcore.WriteTimeout))
            try:
                rest = rest[self._sock.send(rest) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from error
            except OSError as error:
                raise self._broken(httpcore.WriteError, str(error)) from error

    def _broken(self, kind: type[httpcore.NetworkError], why: str) -> httpcore.NetworkError:
        return StaleConnection(why) if self._kept and not self._answered else kind(why)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._sock.settimeout(_left(httpcore.ConnectTimeout))
            return Stream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname))
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        # An idle connection that became readable was closed by the other side: httpcore asks before it uses it again.
        return _readable(self._sock) if info == "is_readable" else None


def _readable(sock: socket.socket) -> bool:
    if sock.fileno() < 0:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))
