"""The forms that fictitious people fill in, as each form tool sends them."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import standardwebhooks

from router.now import unshifted
from tests.build import inquiry
from tests.journey.post import Form

#: Secrets that the towns are told, by source.
SECRETS: Mapping[str, str] = {
    "typeform": "a-secret-of-typeform",
    "tally": "a-secret-of-tally",
    "standard": "whsec_" + base64.b64encode(b"a secret of standard webhooks").decode(),
}
_JSON = {"content-type": "application/json"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}


def generic(*, wait: bool = False, **changes: object) -> Form:
    """Return an inquiry as JSON, without a signature."""
    path = "/in/generic?wait=owner" if wait else "/in/generic"
    return Form(path, orjson.dumps(inquiry(**changes)), _JSON)


def urlencoded(source: str = "generic", **changes: object) -> Form:
    """Return an inquiry as a browser posts it."""
    return Form(f"/in/{source}", urlencode(inquiry(**changes)).encode(), _FORM)


def typeform(**changes: object) -> Form:
    """Return a signed inquiry of Typeform."""
    asked = inquiry(**changes)
    answers = [
        _answer("name", "text", asked["name"]),
        _answer("email", "email", asked["email"]),
        _answer("company", "text", asked["company"]),
        _answer("country", "text", asked["country"]),
        _answer("message", "text", asked["message"]),
    ]
    body = orjson.dumps(
        {
            "event_id": uuid4().hex,
            "event_type": "form_response",
            "form_response": {"form_id": "Xk20Qa", "token": uuid4().hex, "answers": answers},
        }
    )
    signature = _signature(SECRETS["typeform"], body)
    return Form("/in/typeform", body, _JSON | {"typeform-signature": f"sha256={signature}"})


def tally(**changes: object) -> Form:
    """Return a signed inquiry of Tally."""
    asked = inquiry(**changes)
    fields = [
        {"key": "q1", "label": "Name", "type": "INPUT_TEXT", "value": asked["name"]},
        {"key": "q2", "label": "E-mail", "type": "INPUT_EMAIL", "value": asked["email"]},
        {"key": "q3", "label": "Company", "type": "INPUT_TEXT", "value": asked["company"]},
        {"key": "q4", "label": "Country", "type": "INPUT_TEXT", "value": asked["country"]},
        {"key": "q5", "label": "Message", "type": "TEXTAREA", "value": asked["message"]},
    ]
    body = orjson.dumps(
        {
            "eventId": str(uuid4()),
            "eventType": "FORM_RESPONSE",
            "data": {"responseId": uuid4().hex[:8], "formId": "fEx001", "fields": fields},
        }
    )
    return Form("/in/tally", body, _JSON | {"tally-signature": _signature(SECRETS["tally"], body)})


def standard(*, age_s: float = 0.0, **changes: object) -> Form:
    """Return an inquiry signed after Standard Webhooks.

    Args:
        age_s: Seconds by which its signed time lies in the past; negative for the future.
        changes: As ``inquiry`` takes them.
    """
    asked = inquiry(**changes)
    body = orjson.dumps(
        {
            "type": "lead.created",
            "data": {
                "id": uuid4().hex,
                "fullName": asked["name"],
                "emailAddress": asked["email"],
                "companyName": asked["company"],
                "country": asked["country"],
                "message": asked["message"],
            },
        }
    )
    ident, at = f"msg_{uuid4().hex}", unshifted().timestamp() - age_s
    moment = unshifted().fromtimestamp(int(at), tz=unshifted().tzinfo)
    signed = standardwebhooks.Webhook(SECRETS["standard"]).sign(ident, moment, body.decode())
    headers = {
        "webhook-id": ident,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": signed,
    }
    return Form("/in/standard", body, _JSON | headers)


def every_source() -> dict[str, Form]:
    """Return one inquiry for each way in, by its name."""
    return {
        "generic JSON": generic(),
        "generic form": urlencoded(),
        "html": urlencoded("html"),
        "typeform": typeform(),
        "tally": tally(),
        "standard": standard(),
    }


def _answer(ref: str, kind: str, value: object) -> dict[str, object]:
    return {"type": kind, kind: value, "field": {"id": ref, "ref": ref, "type": kind}}


def _signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
