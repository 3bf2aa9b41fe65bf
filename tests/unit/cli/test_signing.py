"""What ``send`` signs is what intake accepts, for every scheme of the shipped sources and more."""

from datetime import UTC, datetime

import pytest

from router.cli.signing import prove
from router.errors import Misconfigured
from router.plugins.sources import verify
from router.plugins.sources.verify import Outcome
from router.rulebook.model import RuleBook, Verification

_NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
_SECRET = "whsec_c2FtcGxlLXNlY3JldC1vZi1hLXRlc3Q="  # noqa: S105 - opens nothing
_BODY = b'{"email":"ann@example.org"}'


def _outcome(how: Verification, secret: str = _SECRET, live: str = _SECRET) -> Outcome:
    proof = prove(how, secret, _BODY, ident="msg_1", now=_NOW)
    headers = {name.lower(): value for name, value in proof.headers.items()}
    offered = verify.Proof(body=_BODY, headers=headers, path_token=proof.token)
    return verify.verify(how, [live], offered, _NOW)


@pytest.mark.parametrize(
    "how",
    [
        Verification(),
        Verification(scheme="path"),
        Verification(scheme="header", header="X-Token"),
        Verification(scheme="header", header="Authorization", prefix="Bearer "),
        Verification(scheme="standard"),
        Verification(scheme="hmac", header="X-Sign", encoding="hex"),
        Verification(scheme="hmac", header="X-Sign", encoding="base64", prefix="v0="),
        Verification(
            scheme="hmac",
            header="X-Sign",
            prefix="v0=",
            signed="v0:{timestamp}:{body}",
            timestamp_header="X-Time",
            timestamp_unit="ms",
        ),
        Verification(
            scheme="hmac",
            header="X-Sign",
            prefix="v1=",
            signed="{timestamp}.{body}",
            timestamp_header="X-Sign",
        ),
    ],
    ids=lambda how: f"{how.scheme}-{how.header or 'plain'}-{how.signed}",
)
def test_every_scheme_is_accepted_by_intake(how: Verification) -> None:
    assert _outcome(how) is Outcome.OK


def test_every_shipped_source_is_accepted_by_intake(starter_book: RuleBook) -> None:
    outcomes = {each.id: _outcome(each.verify) for each in starter_book.sources.values()}
    assert set(outcomes.values()) == {Outcome.OK}, outcomes


def test_another_secret_is_refused() -> None:
    other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtYS10ZXN0"
    how = Verification(scheme="standard")
    assert _outcome(how, secret=other) is Outcome.WRONG


def test_a_secret_that_is_none_of_standard_webhooks_is_told() -> None:
    with pytest.raises(Misconfigured, match="whsec_"):
        prove(Verification(scheme="standard"), "whsec_%%%", _BODY, ident="m", now=_NOW)
