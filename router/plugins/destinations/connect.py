"""Connections to judged addresses only, with one deadline for the whole call.

HTTP clients take a timeout per read, so a server that sends a byte now and then is never too slow.
Here the ``timeout`` that httpcore hands through to the socket is a *moment* in ``ticks()``: every
step gets what is left until then, however many steps there are.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore2

from router.now import ticks
from router.plugins.destinations.address import Resolver, Target, addresses_of

Dial = Callable[[str, int, float], socket.socket]
"""Connects to an address and a port within so many seconds."""


def dial_system(address: str, port: int, timeout_s: float) -> socket.socket:
    """Open a TCP connection.

    Args:
        address: A judged address, never a name.
        port: Port to connect to.
        timeout_s: Seconds it may take.

    Raises:
        OSError: Nobody listens there, or not in time.
    """
    connected = socket.create_connection((address, port), timeout_s)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


class GuardedNetwork(httpcore2.NetworkBackend):
    """Makes the connections of a pool; the only way out of this process for a destination."""

    def __init__(
        self, target: Target, *, allow_private: bool, resolver: Resolver, dial: Dial
    ) -> None:
        """Keep whom we may call.

        Args:
            target: The destination; the pool must not be used for any other.
            allow_private: Accept private and loopback networks.
            resolver: Looks names up.
            dial: Opens a connection.
        """
        self._target = target
        self._allow_private = allow_private
        self._resolver = resolver
        self._dial = dial

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - httpcore's signature; the target is what was judged
        port: int,  # noqa: ARG002 - the same
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the same
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 - the same
    ) -> httpcore2.NetworkStream:
        """Look the target up, judge every answer, and connect to the first that listens.

        Args:
            host: Ignored: the target's host is looked up.
            port: Ignored: the target's port is used.
            timeout: Moment (``ticks()``) by which the connection must stand.
            local_address: Ignored.
            socket_options: Ignored.

        Raises:
            Permanent: An address is not allowed.
            Transient: The name could not be looked up.
            ConnectError: None of the addresses listens (httpcore's).
            ConnectTimeout: None of them in time (httpcore's).
        """
        with _explained(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            addresses = addresses_of(
                self._target,
                resolver=self._resolver,
                allow_private=self._allow_private,
                timeout_s=_left(timeout),
            )
            *others, last = addresses
            for tried, address in enumerate(others):
                # An equal share each, or one address that swallows packets uses all the time.
                share_s = _left(timeout) / (len(addresses) - tried)
                with contextlib.suppress(OSError):
                    return DeadlineStream(self._dial(address, self._target.port, share_s))
            return DeadlineStream(self._dial(last, self._target.port, _left(timeout)))


class DeadlineStream(httpcore2.NetworkStream):
    """One connection whose every step ends by the moment its caller names."""

    def __init__(self, connected: socket.socket) -> None:
        """Take over a connected socket.

        Args:
            connected: The socket; closed with this stream.
        """
        self._socket = connected

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, at most ``max_bytes``; empty when the other side has closed.

        Args:
            max_bytes: Most bytes to return.
            timeout: Moment (``ticks()``) by which something must have arrived.
        """
        with _explained(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(_left(timeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``.

        Args:
            buffer: What to send.
            timeout: Moment (``ticks()``) by which all of it must be on its way.
        """
        with _explained(httpcore2.WriteTimeout, httpcore2.WriteError):
            rest = memoryview(buffer)
            while rest:
                self._socket.settimeout(_left(timeout))
                rest = rest[self._socket.send(rest) :]

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Agree on encryption and check the other side's certificate.

        Args:
            ssl_context: What is trusted.
            server_hostname: The name the certificate must be for: the original one.
            timeout: Moment (``ticks()``) by which the handshake must be over.
        """
        try:
            with _explained(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._socket.settimeout(_left(timeout))
                wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
            self.close()
            raise
        return DeadlineStream(wrapped)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        """Answer httpcore's questions about the connection; None for what it need not know.

        Args:
            info: ``ssl_object``, ``socket`` or ``is_readable``.
        """
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "socket":
            return self._socket
        if info == "is_readable":
            return _is_readable(self._socket)
        return None


def _left(by: float | None) -> float:
    """Return the seconds until a moment; without one, none are left."""
    left_s = 0.0 if by is None else by - ticks()
    if left_s <= 0:
        raise TimeoutError
    return left_s


@contextlib.contextmanager
def _explained(too_late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Turn the socket's errors into those that httpcore understands."""
    try:
        yield
    except TimeoutError as error:
        raise too_late from error
    except (OSError, ValueError) as error:
        raise broken(str(error)) from error


def _is_readable(connected: socket.socket) -> bool:
    """Say whether a read would return at once: on an idle connection, the other side has closed."""
    if connected.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(connected, select.POLLIN)
    return bool(poller.poll(0))
