"""Where an outgoing call may go: the address that is judged is the address that is connected to.

A name is looked up once per connection, every answer is judged, and the connection is made to one
of the judged answers. So a name server that answers differently the second time gains nothing.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from router.errors import LeadRouterError, Permanent, Transient

Resolver = Callable[[str, int], tuple[str, ...]]
"""Turns a host name and a port into all of its addresses, as text."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65535
_PRIVATE = "private"
_LOOPBACK = "loopback"
_MAY_BE_ALLOWED = frozenset({_PRIVATE, _LOOPBACK})

# IANA special-purpose registries (RFC 6890 and successors), written out because the standard
# library's `is_private` and `is_global` differ between patch releases of Python.
_SPECIAL: tuple[tuple[_Network, str], ...] = tuple(
    (ipaddress.ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", _PRIVATE),
        ("100.64.0.0/10", _PRIVATE),
        ("127.0.0.0/8", _LOOPBACK),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", _LOOPBACK),
        ("fc00::/7", _PRIVATE),
        ("fec0::/10", _PRIVATE),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# Ranges whose address is only a wrapping of an IPv4 address: how many bits follow that address.
_WRAPPED: tuple[tuple[ipaddress.IPv6Network, int], ...] = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})


@dataclass(frozen=True, slots=True)
class Target:
    """One destination's address, taken apart and found fit to be called."""

    #: ``http`` or ``https``.
    scheme: str
    #: The name as it goes into certificates: lower case, international names as punycode.
    host: str
    port: int
    #: Path and query. May hold a token: never shown.
    path: bytes
    #: The name as it goes into the ``Host`` header, with the port where it is not the usual one.
    authority: bytes


def parse_target(url: str) -> Target:
    """Take an address apart.

    >>> target = parse_target("https://crm.northwind.example/hooks?key=1")
    >>> target.host, target.port, target.path
    ('crm.northwind.example', 443, b'/hooks?key=1')

    Args:
        url: The whole address, from the settings.

    Raises:
        Permanent: It is no http or https address, or it carries a user or a password. The text
            never repeats the address, because its path may be a secret.
    """
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Permanent("The address is not a URL; write it as https://host/path.") from error
    if parsed.scheme not in _DEFAULT_PORTS:
        raise Permanent("The address must start with https:// or http://.")
    if parsed.userinfo or b"@" in parsed.netloc:
        raise Permanent(
            "The address carries a user or a password; remove it, and name a secret that signs "
            "the messages instead."
        )
    host = parsed.raw_host.decode("ascii")
    if not host or "%" in host:
        raise Permanent("The address has no usable host; write it as https://host/path.")
    port = _DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port <= _HIGHEST_PORT:
        raise Permanent(f"The address has port {port}; a port lies between 1 and {_HIGHEST_PORT}.")
    return Target(parsed.scheme, host, port, parsed.raw_path, parsed.netloc)


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Say why an address must not be called, or None when it may be.

    IPv4 addresses wrapped in IPv6 (mapped, translated, 6to4, NAT64, ISATAP) are judged unwrapped.

    >>> refusal("8.8.8.8", allow_private=False) is None
    True
    >>> refusal("64:ff9b::a9fe:a9fe", allow_private=True)
    'link-local'
    >>> refusal("127.0.0.1", allow_private=False), refusal("127.0.0.1", allow_private=True)
    ('loopback', None)

    Args:
        address: An IPv4 or IPv6 address as text, possibly with a zone (``fe80::1%eth0``).
        allow_private: Accept private and loopback networks. Link-local addresses (where clouds
            keep their credentials), multicast and reserved ones stay refused.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "not an address"
    for inner in _unwrapped(parsed):
        kind = _kind(inner)
        if kind is not None and not (allow_private and kind in _MAY_BE_ALLOWED):
            return kind
    return None


def addresses_of(
    target: Target, *, resolver: Resolver, allow_private: bool, timeout_s: float
) -> tuple[str, ...]:
    """Look a target up once and return the addresses that a connection may be made to.

    One refused answer refuses the name: whoever mixes a private address into public ones is not
    to be trusted with the others.

    Args:
        target: Whom to look up. An address in place of a name is judged without a look-up.
        resolver: Asks the name server; ``ask_system`` outside tests.
        allow_private: Accept private and loopback networks.
        timeout_s: Seconds the look-up may take. The system's look-up cannot be interrupted: past
            that, its answer is dropped when it comes.

    Raises:
        Permanent: An address is not allowed.
        Transient: The name could not be looked up (in time).
    """
    if _is_literal(target.host):
        found: tuple[str, ...] = (target.host,)
    else:
        found = _look_up(target, resolver, timeout_s)
    if not found:
        raise Transient(f"The name {target.host} has no address now; it is tried again.")
    for address in found:
        why = refusal(address, allow_private=allow_private)
        if why is not None:
            raise Permanent(_refused(target.host, address, why))
    return found


def ask_system(host: str, port: int) -> tuple[str, ...]:
    """Look a name up as the operating system does; the order is the system's.

    Args:
        host: A host name, international ones as punycode.
        port: Port that will be connected to.

    Raises:
        Transient: The name server gave no answer, or says that there is no such name: that too
            may pass, and a lead's message is not lost to somebody's mistake in a zone file.
        Permanent: It cannot be a host name at all.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Permanent(f"{host!r} cannot be a host name; correct the address.") from error
    except OSError as error:
        raise Transient(
            f"The name {host} could not be looked up ({error}); it is tried again. "
            "If this stays, check the host in the destination's address."
        ) from error
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _look_up(target: Target, resolver: Resolver, timeout_s: float) -> tuple[str, ...]:
    """Ask the resolver in a thread of its own: the system's call takes no deadline."""
    box: queue.SimpleQueue[tuple[str, ...] | LeadRouterError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            box.put(resolver(target.host, target.port))
        except LeadRouterError as error:
            box.put(error)

    # A daemon, so that a look-up that hangs does not hold up the end of the process.
    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = box.get(timeout=max(timeout_s, 0.0))
    except queue.Empty as error:
        raise Transient(
            f"The name {target.host} could not be looked up in time; it is tried again."
        ) from error
    if isinstance(answer, LeadRouterError):
        raise answer
    return answer


def _refused(host: str, address: str, why: str) -> str:
    """Tell the operator what was refused and what to change."""
    text = f"{host} leads to {address}, which is {why}: not called."
    if why in _MAY_BE_ALLOWED:
        return f"{text} If that is meant, set allow_private for this destination."
    return f"{text} Correct the destination's address."


def _is_literal(host: str) -> bool:
    """Say whether the host is an address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _unwrapped(address: _Address) -> tuple[_Address, ...]:
    """Return what has to be judged: the IPv4 address inside, the IPv6 one, or both."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    number = int(address)
    for network, bits_after in _WRAPPED:
        if address in network:
            return (ipaddress.IPv4Address((number >> bits_after) & 0xFFFF_FFFF),)
    if (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        return (address, ipaddress.IPv4Address(number & 0xFFFF_FFFF))
    return (address,)


def _kind(address: _Address) -> str | None:
    """Name the special range an address lies in; None for an ordinary public one."""
    for network, kind in _SPECIAL:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_V6:
        return "reserved"
    return None
