"""Who may be called: every address that the name server gives is judged."""

import threading

import pytest

from router.errors import Permanent, Transient
from router.plugins.destinations.address import (
    addresses_of,
    ask_system,
    parse_target,
    refusal,
)

PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888")
PRIVATE = (
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.0.9",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "64:ff9b::7f00:1",
    "64:ff9b::a01:203",
    "2002:7f00:1::",
    "2002:a01:203::1",
    "::ffff:0:127.0.0.1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:192.168.0.1",
)
NEVER = (
    "0.0.0.0",  # noqa: S104 - an address to refuse, nothing is bound
    "0.1.2.3",
    "169.254.169.254",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::ffff:0.0.0.0",
    "not-an-address",
    "",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_called_only_when_allowed(address: str) -> None:
    assert refusal(address, allow_private=False) in {"private", "loopback"}
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_link_local_reserved_and_unspecified_are_never_called(address: str) -> None:
    assert refusal(address, allow_private=False) is not None
    assert refusal(address, allow_private=True) is not None


def test_a_public_address_behind_nat64_may_be_called() -> None:
    assert refusal("64:ff9b::808:808", allow_private=False) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.northwind.example/",
        "file:///etc/passwd",
        "gopher://crm.northwind.example/",
        "crm.northwind.example/hooks",
        "",
        "https://",
        "https:///hooks",
        "https://user:hunter2@crm.northwind.example/",
        "https://user@crm.northwind.example/",
        "https://:hunter2@crm.northwind.example/",
        "https://crm northwind.example/",
        "https://crm.northwind.example:0/",
        "https://crm.northwind.example:70000/",
        "https://crm.northwind.example:port/",
        "https://crm\n.northwind.example/",
        "http://[::1/",
    ],
)
def test_what_is_no_plain_web_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Permanent) as refused:
        parse_target(url)
    assert "hunter2" not in str(refused.value)


def test_an_international_name_is_looked_up_as_punycode() -> None:
    target = parse_target("https://bücher.example:8443/a?b=c")
    assert (target.host, target.port, target.path, target.authority) == (
        "xn--bcher-kva.example",
        8443,
        b"/a?b=c",
        b"xn--bcher-kva.example:8443",
    )


def test_one_private_answer_among_public_ones_refuses_the_name() -> None:
    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        return ("8.8.8.8", "10.0.0.1")

    target = parse_target("https://crm.northwind.example/")
    with pytest.raises(Permanent, match=r"10\.0\.0\.1, which is private.*allow_private"):
        addresses_of(target, resolver=resolver, allow_private=False, timeout_s=5)


def test_an_address_in_place_of_a_name_is_judged_without_a_look_up() -> None:
    def resolver(host: str, _port: int) -> tuple[str, ...]:
        raise AssertionError(host)

    with pytest.raises(Permanent, match="loopback"):
        addresses_of(
            parse_target("http://[::1]:8080/"), resolver=resolver, allow_private=False, timeout_s=5
        )
    found = addresses_of(
        parse_target("http://8.8.4.4/"), resolver=resolver, allow_private=False, timeout_s=5
    )
    assert found == ("8.8.4.4",)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001"])
def test_a_disguised_loopback_address_is_refused(host: str) -> None:
    with pytest.raises(Permanent, match="loopback"):
        addresses_of(
            parse_target(f"http://{host}/"), resolver=ask_system, allow_private=False, timeout_s=5
        )


def test_a_name_that_does_not_exist_is_tried_again_later() -> None:
    with pytest.raises(Transient, match="could not be looked up"):
        ask_system("nobody.invalid", 443)


def test_a_name_that_cannot_exist_is_refused() -> None:
    with pytest.raises(Permanent, match="cannot be a host name"):
        ask_system("a" * 64 + ".example", 443)


def test_a_name_without_addresses_is_tried_again_later() -> None:
    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        return ()

    with pytest.raises(Transient, match="has no address"):
        addresses_of(
            parse_target("http://crm.northwind.example/"),
            resolver=resolver,
            allow_private=False,
            timeout_s=5,
        )


def test_a_look_up_that_hangs_ends_in_time() -> None:
    over = threading.Event()

    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        over.wait(30)
        return ("8.8.8.8",)

    try:
        with pytest.raises(Transient, match="in time"):
            addresses_of(
                parse_target("http://crm.northwind.example/"),
                resolver=resolver,
                allow_private=False,
                timeout_s=0.1,
            )
    finally:
        over.set()


def test_the_resolvers_own_error_reaches_the_caller() -> None:
    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        raise Transient("the name server is away")

    with pytest.raises(Transient, match="the name server is away"):
        addresses_of(
            parse_target("http://crm.northwind.example/"),
            resolver=resolver,
            allow_private=False,
            timeout_s=5,
        )
