"""The parse edge: what comes through can be stored; what cannot is refused with a reason."""

import pytest

from router.errors import Rejected
from router.stages.capture.parse import parse_body, readable

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", JSON, "not_json"),
        (b"hello", JSON, "not_json"),
        (b'{"a": 1', JSON, "not_json"),
        (b'"text"', JSON, "not_an_object"),
        (b"42", JSON, "not_an_object"),
        (b"null", JSON, "not_an_object"),
        (b"[" * 10_000 + b"]" * 10_000, JSON, "too_deep"),
        (b"[" * 33 + b"]" * 33, JSON, "too_deep"),
        (b'{"a":' * 50 + b"1" + b"}" * 50, JSON, "too_deep"),
        (b"[" + b",".join([b"1"] * 1_001) + b"]", JSON, "too_many_fields"),
        (b'{"a": "\xff"}', JSON, "charset"),
        (b'{"a": 1}', JSON + "; charset=punycode", "charset"),
        (b'{"a": "\x81"}', JSON + "; charset=shift_jis", "charset"),
        (b"&".join(b"a%d=1" % n for n in range(1_001)), FORM, "too_many_fields"),
        (b"a" + b"[x]" * 40 + b"=1", FORM, "too_deep"),
        (b"a=1", FORM + "; charset=idna", "charset"),
        (b"a=%81", FORM, "charset"),
    ],
)
def test_what_can_never_become_a_lead_is_refused_with_422(
    body: bytes, content_type: str, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        parse_body(body, content_type)
    assert (caught.value.status, caught.value.code) == (422, code)


def test_an_unknown_content_type_is_refused_with_415() -> None:
    with pytest.raises(Rejected) as caught:
        parse_body(b"x", "image/png")
    assert caught.value.status == 415
    assert not readable("multipart/form-data; boundary=x")


@pytest.mark.parametrize("content_type", [JSON, "", "text/plain", "application/vnd.x+json"])
def test_json_is_read_under_the_types_that_senders_use(content_type: str) -> None:
    assert parse_body(b'\xef\xbb\xbf {"a": [1, 2.5, true, null]}', content_type) == {
        "a": [1, 2.5, True, None]
    }


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}', dict.fromkeys("abcd")),
        (b'{"a": "x\\u0000y\\u0007"}', {"a": "xy"}),
        (b'{"a": "x\x00y"}', {"a": "xy"}),
        (b'{"a": "\\ud83d!"}', {"a": "\ufffd!"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a\\u0000b": 1}', {"ab": 1}),
        (b'{"a": "1\\r\\n2\\r3\\t4"}', {"a": "1\n2\n3\t4"}),
        (b'{"a": 9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a": -9223372036854775808}', {"a": -(2**63)}),
        (b'{"a": 9223372036854775808}', {"a": "9223372036854775808"}),
        (b'{"a": 123456789012345678901234567890}', {"a": "123456789012345678901234567890"}),
        (b'{"a": ' + b"9" * 5_000 + b"}", {"a": "9" * 5_000}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_dirt_is_cleaned_and_the_rest_kept(body: bytes, value: object) -> None:
    assert parse_body(body, JSON) == value


@pytest.mark.parametrize("charset", ["iso-8859-1", "WINDOWS-1252", "utf-8", '"utf-16"'])
def test_the_charset_of_the_sender_is_honoured(charset: str) -> None:
    name = charset.strip('"')
    body = '{"name": "Zoë Müller"}'.encode(name)
    assert parse_body(body, f"{JSON}; charset={charset}") == {"name": "Zoë Müller"}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        (b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[]=1", {"a": ["1"]}),
        (b"a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        (b"a=1&a[b]=2", {"a": "1", "a[b]": "2"}),
        (b"a[b]=1&a=2", {"a": {"b": "1", "": "2"}}),
        (b"a]b[=1&[x]=2", {"a]b[": "1", "[x]": "2"}),
        (b"n=Zo%C3%AB&m=x%00y%0D%0Az", {"n": "Zoë", "m": "xy\nz"}),
        (b"n=Zo%EB", {"n": "Zoë"}),
        (b"n=Zo\xeb", {"n": "Zoë"}),
        (b'{"a": 1}', {"a": 1}),
    ],
)
def test_form_posts_become_objects(body: bytes, value: object) -> None:
    assert parse_body(body, FORM) == value


def test_a_form_says_which_charset_it_is_in() -> None:
    assert parse_body(b"n=%D6", FORM + "; charset=koi8-r") == {"n": "ж"}
