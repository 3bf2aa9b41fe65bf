"""The verifier, against published vectors and against whoever wants to get past it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from router.plugins.sources.verify import Outcome, Proof, verify
from router.rulebook.model import Verification

BODY = b'{"email":"ann@example.com"}'
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
SECRETS = ["first-secret", "second-secret"]


def _hmac(secret: str, message: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.digest(secret.encode(), message, algorithm)


def _check(
    how: Verification,
    headers: Mapping[str, str],
    *,
    body: bytes = BODY,
    secrets: list[str] | None = None,
    now: datetime = NOW,
) -> Outcome:
    url = "https://www.example.com/webhook_uri"
    proof = Proof(body, headers, "POST", url)
    return verify(how, SECRETS if secrets is None else secrets, proof, now)


def test_the_published_standard_webhooks_vector_verifies() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    outcome = _check(
        Verification("standard", "s"),
        headers,
        body=b'{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        now=datetime.fromtimestamp(1614265330, UTC),
    )
    assert outcome is Outcome.OK


def test_the_published_x_hub_signature_vector_verifies() -> None:
    how = Verification("hmac", "s", "X-Hub-Signature-256", prefix="sha256=")
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    outcome = _check(
        how,
        {"x-hub-signature-256": f"sha256={digest.upper()}"},
        body=b"Hello, World!",
        secrets=["It's a Secret to Everybody"],
    )
    assert outcome is Outcome.OK


def test_the_published_hubspot_v3_vector_verifies() -> None:
    how = Verification(
        "hmac",
        "s",
        "X-HubSpot-Signature-v3",
        encoding="base64",
        signed="{method}{url}{body}{timestamp}",
        timestamp_header="X-HubSpot-Request-Timestamp",
        timestamp_unit="ms",
    )
    headers = {
        "x-hubspot-signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        "x-hubspot-request-timestamp": "1693657560000",
    }
    outcome = _check(
        how,
        headers,
        body=b"{'example_field':'example_value'}",
        secrets=["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"],
        now=datetime.fromtimestamp(1693657560, UTC),
    )
    assert outcome is Outcome.OK


TYPEFORM = Verification("hmac", "s", "Typeform-Signature", "sha256", "base64", "sha256=")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_prefixed_base64_signature_of_any_live_secret_verifies(secret: str) -> None:
    signature = base64.b64encode(_hmac(secret, BODY)).decode()
    assert _check(TYPEFORM, {"typeform-signature": f"sha256={signature}"}) is Outcome.OK


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_every_algorithm_and_encoding_verifies(algorithm: str, encoding: str) -> None:
    how = Verification("hmac", "s", "X-Sig", algorithm, encoding)
    digest = _hmac(SECRETS[0], BODY, algorithm)
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert _check(how, {"x-sig": text}) is Outcome.OK
    assert _check(how, {"x-sig": text}, body=BODY + b" ") is Outcome.WRONG


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("", Outcome.MISSING),
        ("sha256=", Outcome.MISSING),
        ("sha1=abc", Outcome.MISSING),
        ("sha256=abc", Outcome.WRONG),
        ("sha256=" + "A" * 10_000, Outcome.WRONG),
        ("sha256=é", Outcome.WRONG),
        ("sha256=a," * 5_000, Outcome.WRONG),
    ],
)
def test_a_forged_or_empty_signature_does_not_verify(value: str, outcome: Outcome) -> None:
    assert _check(TYPEFORM, {"typeform-signature": value}) is outcome


def test_a_list_of_forged_signatures_is_not_searched_to_its_end() -> None:
    good = base64.b64encode(_hmac(SECRETS[0], BODY)).decode()
    many = ",".join([*["sha256=AAAA"] * 100, f"sha256={good}"])
    assert _check(TYPEFORM, {"typeform-signature": many}) is Outcome.WRONG


TIMED = Verification(
    "hmac",
    "s",
    "X-Sig",
    signed="{timestamp}:{body}",
    timestamp_header="X-Time",
    tolerance=timedelta(minutes=5),
)


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        (0, Outcome.OK),
        (-299, Outcome.OK),
        (299, Outcome.OK),
        (-301, Outcome.STALE),
        (301, Outcome.STALE),
        (-(10**9), Outcome.STALE),
    ],
)
@pytest.mark.parametrize("unit", ["s", "ms"])
def test_time_is_checked_in_both_directions(seconds: int, outcome: Outcome, unit: str) -> None:
    how = Verification(
        "hmac", "s", "X-Sig", signed="{timestamp}:{body}", timestamp_header="X-Time",
        timestamp_unit=unit,
    )  # fmt: skip
    stamp = str((int(NOW.timestamp()) + seconds) * (1_000 if unit == "ms" else 1))
    signature = _hmac(SECRETS[0], f"{stamp}:".encode() + BODY).hex()
    assert _check(how, {"x-sig": signature, "x-time": stamp}) is outcome


def test_a_changed_timestamp_is_a_wrong_signature() -> None:
    stamp = str(int(NOW.timestamp()))
    signature = _hmac(SECRETS[0], f"{stamp}:".encode() + BODY).hex()
    headers = {"x-sig": signature, "x-time": str(int(stamp) + 1)}
    assert _check(TIMED, headers) is Outcome.WRONG
    assert _check(TIMED, {"x-sig": signature}) is Outcome.MISSING


def test_a_timestamp_that_is_no_number_is_stale_when_signed() -> None:
    signature = _hmac(SECRETS[0], b"soon:" + BODY).hex()
    assert _check(TIMED, {"x-sig": signature, "x-time": "soon"}) is Outcome.STALE


def test_signature_and_time_may_share_one_header() -> None:
    how = Verification(
        "hmac",
        "s",
        "Calendly-Webhook-Signature",
        prefix="v1=",
        signed="{timestamp}.{body}",
        timestamp_header="Calendly-Webhook-Signature",
    )
    stamp = str(int(NOW.timestamp()))
    signature = _hmac(SECRETS[0], f"{stamp}.".encode() + BODY).hex()
    headers = {"calendly-webhook-signature": f"t={stamp},v1={signature}"}
    assert _check(how, headers) is Outcome.OK
    assert _check(how, {"calendly-webhook-signature": f"v1={signature}"}) is Outcome.MISSING


def test_a_signed_body_that_looks_like_a_template_is_taken_as_it_is() -> None:
    body = b"{timestamp}{url}{body}"
    stamp = str(int(NOW.timestamp()))
    signature = _hmac(SECRETS[0], f"{stamp}:".encode() + body).hex()
    assert _check(TIMED, {"x-sig": signature, "x-time": stamp}, body=body) is Outcome.OK


def _standard(secret: bytes, ident: str = "m1", at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    message = f"{ident}.{stamp}.".encode() + BODY
    signature = base64.b64encode(hmac.digest(secret, message, hashlib.sha256)).decode()
    return {
        "webhook-id": ident,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1a,AAAA v1,{signature}",
    }


STANDARD = Verification("standard", "s")
OLD, NEW = b"old-key-of-24-bytes-long", b"new-key-of-24-bytes-long"
BOTH = ["whsec_" + base64.b64encode(key).decode() for key in (NEW, OLD)]


@pytest.mark.parametrize("key", [OLD, NEW])
def test_both_keys_are_good_during_a_rotation(key: bytes) -> None:
    assert _check(STANDARD, _standard(key), secrets=BOTH) is Outcome.OK


def test_the_same_headers_under_the_older_names_are_good() -> None:
    headers = {name.replace("webhook", "svix"): text for name, text in _standard(NEW).items()}
    assert _check(STANDARD, headers, secrets=BOTH) is Outcome.OK


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_standard_webhook_out_of_time_is_stale(minutes: int) -> None:
    headers = _standard(NEW, at=NOW + timedelta(minutes=minutes))
    assert _check(STANDARD, headers, secrets=BOTH) is Outcome.STALE


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_standard_webhook_needs_all_three_headers(missing: str) -> None:
    headers = _standard(NEW)
    del headers[missing]
    assert _check(STANDARD, headers, secrets=BOTH) is Outcome.MISSING


def test_another_id_is_a_wrong_signature() -> None:
    headers = {**_standard(NEW), "webhook-id": "m2"}
    assert _check(STANDARD, headers, secrets=BOTH) is Outcome.WRONG


@pytest.mark.parametrize("secrets", [[], ["whsec_not base64!"]])
def test_without_a_usable_secret_nothing_verifies(secrets: list[str]) -> None:
    assert _check(STANDARD, _standard(NEW), secrets=secrets) is Outcome.NO_SECRET


@pytest.mark.parametrize(
    ("prefix", "value", "outcome"),
    [
        ("", "second-secret", Outcome.OK),
        ("", "Bearer second-secret", Outcome.OK),
        ("Token ", "token second-secret", Outcome.OK),
        ("Token ", "second-secret", Outcome.WRONG),
        ("", "second-secre", Outcome.WRONG),
        ("", "", Outcome.MISSING),
        ("Token ", "", Outcome.MISSING),
    ],
)
def test_a_shared_secret_in_a_header(prefix: str, value: str, outcome: Outcome) -> None:
    how = Verification("header", "s", "X-Secret", prefix=prefix)
    assert _check(how, {"x-secret": value}) is outcome


@pytest.mark.parametrize(
    ("token", "outcome"),
    [("first-secret", Outcome.OK), ("first", Outcome.WRONG), ("", Outcome.MISSING)],
)
def test_a_secret_in_the_path(token: str, outcome: Outcome) -> None:
    how = Verification("path", "s")
    assert verify(how, SECRETS, Proof(b"", path_token=token), NOW) is outcome
