"""Bad input of every kind is told what is wrong, and no good delivery beside it is harmed."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson
import pytest

from tests.build import inquiry
from tests.journey import forms, ledger
from tests.journey.crm import Crm
from tests.journey.post import Form, post
from tests.journey.town import Town

_JSON = {"content-type": "application/json"}
_MIB = 1024 * 1024


def _json(body: bytes, source: str = "generic") -> Form:
    return Form(f"/in/{source}", body, _JSON)


def _signed_wrongly() -> Form:
    form = forms.typeform()
    return replace(form, body=form.body + b" ")


def _unsigned() -> Form:
    return replace(forms.tally(), headers=_JSON)


#: What is sent, and what the sender is told: status and the word of the problem.
_REFUSED: Mapping[str, tuple[Callable[[], Form], int, str]] = {
    "not JSON": (lambda: _json(b"{name: ann"), 422, "not_json"),
    "empty": (lambda: _json(b""), 422, "not_json"),
    "a number": (lambda: _json(b"17"), 422, "not_an_object"),
    "half of UTF-8": (lambda: _json(b'{"email": "\xc3"}'), 422, "charset"),
    "depth 10,000": (lambda: _json(b"[" * 10_000 + b"]" * 10_000), 422, "too_deep"),
    "depth 10,000 of objects": (
        lambda: _json(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        422,
        "too_deep",
    ),
    "10 MB": (lambda: _json(b'{"a": "' + b"x" * 10 * _MIB + b'"}'), 413, "too_large"),
    "a picture": (
        lambda: Form("/in/generic", b"\x89PNG", {"content-type": "image/png"}),
        415,
        "unsupported_media_type",
    ),
    "signed wrongly": (_signed_wrongly, 401, "signature_wrong"),
    "unsigned": (_unsigned, 401, "signature_missing"),
    "of yesterday": (lambda: forms.standard(age_s=86_400), 503, "timestamp_outside_window"),
    "of tomorrow": (lambda: forms.standard(age_s=-86_400), 503, "timestamp_outside_window"),
    "for nobody": (lambda: _json(b"{}", "nobody"), 404, "unknown_source"),
}


#: Odd, yet readable: each becomes a lead.
_TAKEN: Mapping[str, Callable[[], bytes]] = {
    "wrong types": lambda: orjson.dumps(
        inquiry(name=["Ann", 7], company={"a": None}, company_size="many", tags={"x": [1]})
    ),
    "NaN": lambda: (
        orjson.dumps(inquiry(company_size=0))[:-1] + b', "score": NaN, "rank": -Infinity}'
    ),
    "NUL": lambda: orjson.dumps(inquiry(company="Archer\0 Mills", city="\0")),
    "lone surrogates": lambda: orjson.dumps(inquiry())[:-1] + b', "city": "\\ud800 town \\udc00"}',
    "a long number": lambda: orjson.dumps(inquiry())[:-1] + b', "ref": ' + b"9" * 5000 + b"}",
    "no such date": lambda: orjson.dumps(inquiry(submitted_at="0000-99-99T99:99:99Z")),
    "a date of another age": lambda: orjson.dumps(inquiry(submitted_at="-200000-01-01")),
    "a long text": lambda: orjson.dumps(inquiry(company="x" * 900_000)),
    "every key a NUL": lambda: orjson.dumps(inquiry() | {f"\0{n}": "\0" for n in range(300)}),
}


@pytest.mark.parametrize("what", _REFUSED)
def test_what_cannot_be_a_lead_is_told_why_as_a_problem(place: Town, what: str) -> None:
    make, status, code = _REFUSED[what]
    answer = post(place.port, make())
    assert (answer.status, answer.said["type"]) == (status, f"urn:lead-router:problem:{code}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.said["status"] == status
    assert ("retry-after" in answer.headers) is (status == 503)


def test_good_deliveries_between_bad_and_odd_ones_all_become_leads(
    place: Town, receiver: Crm
) -> None:
    good, odd = [], []
    refused = [make for make, _status, _code in _REFUSED.values()]
    for round_ in range(3):
        for make in refused:
            assert post(place.port, make()).status != 200
            good.append(post(place.port, forms.generic()).delivery_id)
        for what, body in _TAKEN.items():
            answer = post(place.port, _json(body()))
            assert answer.status == 200, (round_, what, answer.body)
            odd.append(answer.delivery_id)
    place.rest()
    leads = ledger.ended(place.app, good)
    assert len({lead.id for lead in leads}) == len(good)
    assert all(lead.rule == "uk-and-ireland" and not lead.attempts for lead in leads)
    astray = {
        str(each): [(lead.state.value, lead.last_error) for lead in leads]
        for each, leads in ledger.leads_by_delivery(place.app, odd).items()
        if [lead.attempts for lead in leads] != [0]
    }
    assert not astray
    ledger.check_receiver(place.app, receiver, {lead.id for lead in leads})
    ledger.check_chains(place.app)
