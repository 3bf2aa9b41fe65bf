"""Posts sample deliveries to a running web process, as form tools would.

Slow to import: commands import it when they run.
"""

import base64
import http.client
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import quote, urlencode

import orjson

from router.cli import samples
from router.cli.signing import Proof, prove
from router.embedded.folders import write_private
from router.errors import LeadRouterError, Misconfigured, NotFound, Rejected, Transient
from router.now import now
from router.rulebook.model import Source
from router.settings import Settings, secret_variable

_TIMEOUT_S = 15.0
_OK = range(200, 300)
_SECRETS = "demo-secrets.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """One delivery, ready to be sent."""

    name: str
    #: What it is, for people.
    about: str
    source: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where deliveries are posted to."""

    host: str
    port: int


def sample_names() -> tuple[str, ...]:
    """Return the names of the samples that come with the program, sorted."""
    found = (entry.name for entry in files(samples).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


def read_sample(name: str) -> Sample:
    """Read a sample, with its placeholders filled in anew.

    Args:
        name: One of :func:`sample_names`, or the path of a file of the same shape.

    Raises:
        NotFound: There is no such sample and no such file.
        Rejected: The file is not a sample.
    """
    place: Traversable | Path = files(samples) / f"{name}.json"
    if name not in sample_names():
        place = Path(name)
    try:
        return _parsed(name, fill(place.read_text(encoding="utf-8")))
    except OSError as error:
        known = ", ".join(sample_names())
        raise NotFound(
            f"There is no sample or file {name!r} ({error.strerror}). Samples: {known}."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Rejected(
            f"{name} is not a sample: it needs `source`, and `json` or `form` ({error})."
        ) from error


def fill(text: str) -> str:
    """Replace ``{{token}}`` by letters and ``{{digits}}`` by digits, each the same throughout."""
    token = "".join(secrets.choice(string.ascii_lowercase) for _ in range(6))
    digits = "".join(secrets.choice(string.digits) for _ in range(3))
    return text.replace("{{token}}", token).replace("{{digits}}", digits)


def _parsed(name: str, text: str) -> Sample:
    data = orjson.loads(text)
    about, source = str(data.get("about", name)), str(data["source"])
    if "form" in data:
        form = {str(key): str(value) for key, value in data["form"].items()}
        kind = "application/x-www-form-urlencoded"
        return Sample(name, about, source, kind, urlencode(form).encode())
    return Sample(name, about, source, "application/json", orjson.dumps(data["json"]))


def proof_for(sample: Sample, source: Source, told: Settings, home: Path) -> Proof:
    """Sign a sample as its source asks for.

    Args:
        sample: What is sent.
        source: As the active book has it.
        told: Holds the secrets; those of a demo on the same data folder are used, too.
        home: The data folder.

    Raises:
        Misconfigured: The source is signed, and its secret is not set here.
    """
    name = source.verify.secret or source.id
    live = [secret.get_secret_value() for secret in told.secrets(name)]
    live += [demo_secrets(home)[name]] if name in demo_secrets(home) else []
    how = source.verify
    if how.scheme == "none" and live:
        # An unsigned source that has a secret takes it as the last part of its path.
        how = replace(how, scheme="path")
    if how.scheme != "none" and not live:
        raise Misconfigured(
            f"The source {source.id!r} is signed: set {secret_variable(name)} here and for the web"
            " process, and try again."
        )
    ident = f"msg_{secrets.token_hex(8)}"
    return prove(how, live[0] if live else "", sample.body, ident=ident, now=now())


def post(place: Place, sample: Sample, proof: Proof, *, wait: bool = False) -> dict[str, object]:
    """Post one delivery; return the answer's JSON.

    Args:
        place: Of the web process.
        sample: What is sent.
        proof: From :func:`proof_for`.
        wait: Ask for the owner in the answer, where the source allows it.

    Raises:
        Transient: The web process cannot be reached, or asks to try again.
        Rejected: It refused the delivery; the text is its own.
    """
    path = f"/in/{quote(sample.source)}" + (f"/{quote(proof.token)}" if proof.token else "")
    connection = http.client.HTTPConnection(place.host, place.port, timeout=_TIMEOUT_S)
    try:
        connection.request(
            "POST",
            path + ("?wait=owner" if wait else ""),
            body=sample.body,
            headers={"content-type": sample.content_type, **proof.headers},
        )
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Transient(
            f"The web process at {place.host}:{place.port} cannot be reached"
            f" ({type(error).__name__}). Is `lead-router up` running?"
        ) from error
    finally:
        connection.close()
    return _answer(status, text)


def get_json(place: Place, path: str) -> dict[str, object] | None:
    """Return the JSON object at a path of the web process; None when it gives none.

    Args:
        place: Of the web process.
        path: From the root, e.g. ``/readyz``.
    """
    connection = http.client.HTTPConnection(place.host, place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        data = orjson.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return data if isinstance(data, dict) else None


def _answer(status: int, text: bytes) -> dict[str, object]:
    try:
        data = orjson.loads(text)
    except ValueError:
        data = {}
    if status in _OK and isinstance(data, dict):
        return data
    detail = str(data.get("detail", "")) if isinstance(data, Mapping) else ""
    refused = f"The web process answered {status}: {detail or text[:200].decode(errors='replace')}"
    error: LeadRouterError = Rejected(refused, status=status)
    if status in {429, 503}:
        error = Transient(refused)
    raise error


def demo_secrets(home: Path) -> dict[str, str]:
    """Return the secrets that a demo on this data folder made up; empty when there was none.

    Args:
        home: The data folder.
    """
    try:
        data = orjson.loads((home / _SECRETS).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(secret) for name, secret in data.items()}


def make_demo_secrets(home: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Make up secrets for a demo and keep them in the data folder, readable by us only.

    Args:
        home: The data folder.
        names: As sources name them.
    """
    kept = demo_secrets(home)
    made = {name: kept.get(name) or _new_secret() for name in names}
    write_private(home / _SECRETS, orjson.dumps(made).decode() + "\n")
    return made


def _new_secret() -> str:
    """Return a secret that suits every scheme, Standard Webhooks too."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
