"""The port of the web process."""

import socket
from collections.abc import Iterator

import pytest

from router.embedded.ports import choose_port
from router.errors import Misconfigured


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port somebody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        yield int(holder.getsockname()[1])


def test_any_port_is_a_free_one_without_notice() -> None:
    chosen = choose_port("127.0.0.1", 0)
    assert chosen.number > 1023
    assert chosen.notice is None


def test_a_free_port_is_used_as_wanted() -> None:
    wanted = choose_port("127.0.0.1", 0).number
    assert choose_port("127.0.0.1", wanted).number == wanted


def test_a_taken_port_gives_the_next_one_and_says_so(taken: int) -> None:
    chosen = choose_port("127.0.0.1", taken)
    assert chosen.number > taken
    assert chosen.notice == f"Port {taken} is taken: using {chosen.number} instead."


def test_an_address_of_another_machine_is_refused_in_words() -> None:
    with pytest.raises(Misconfigured, match="LEAD_ROUTER_HOST"):
        choose_port("192.0.2.7", 8080)


def test_nonsense_as_address_is_refused_in_words() -> None:
    with pytest.raises(Misconfigured, match="is not an address"):
        choose_port("no such host", 8080)
