"""Choosing the port of the web process."""

import errno
import socket
from dataclasses import dataclass

from router.errors import Misconfigured

_TRIED = 50
_HIGHEST = 65535


@dataclass(frozen=True, slots=True)
class Port:
    """A port that was free a moment ago."""

    number: int
    """The port."""
    notice: str | None = None
    """What to tell the operator; None when the wanted port was free."""


def choose_port(host: str, wanted: int) -> Port:
    """Return the wanted port, or the next free one with a notice.

    Somebody may still take it before the web process binds it.

    Args:
        host: Address the web process will bind.
        wanted: Port asked for; 0 means any.

    Raises:
        Misconfigured: The address is not this machine's, the port is reserved, or all are taken.
    """
    if wanted == 0:
        return Port(_bind(host, 0))
    for candidate in range(wanted, min(wanted + _TRIED, _HIGHEST) + 1):
        try:
            _bind(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _refused(host, candidate, error) from error
        else:
            if candidate == wanted:
                return Port(wanted)
            return Port(candidate, f"Port {wanted} is taken: using {candidate} instead.")
    raise Misconfigured(
        f"Port {wanted} on {host} and the {_TRIED} after it are taken: set LEAD_ROUTER_PORT to a "
        "free one, or to 0 for any."
    )


def _bind(host: str, port: int) -> int:
    """Bind a port as a server would, let it go, and return its number; raise OSError if taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise Misconfigured(
            f"LEAD_ROUTER_HOST={host} is not an address: {error.strerror}."
        ) from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        # Binding beside a listener can succeed with SO_REUSEADDR; listening cannot.
        probe.listen(1)
        return int(probe.getsockname()[1])


def _refused(host: str, port: int, error: OSError) -> Misconfigured:
    """Say why the system refuses an address for good."""
    if error.errno == errno.EACCES:
        return Misconfigured(
            f"Port {port} is reserved for the system's own services: set LEAD_ROUTER_PORT to one "
            "above 1023."
        )
    return Misconfigured(
        f"Cannot listen on {host}, port {port}: {error.strerror}. Set LEAD_ROUTER_HOST to an "
        "address of this machine."
    )
