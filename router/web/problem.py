"""What a caller is told when something is refused: RFC 9457 problem details, one shape for all.

``type`` is ``urn:lead-router:problem:<code>``: stable words that a program may rely on. ``detail``
tells a person what to fix. 429 and 503 carry ``Retry-After``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.errors import (
    Conflict,
    DataFault,
    Misconfigured,
    NotFound,
    Permanent,
    Rejected,
    Slow,
    Transient,
)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:lead-router:problem:"

#: Seconds after which a caller may try again what failed through a passing fault of ours.
RETRY_S = 5
#: The same, where a person must change a setting first.
OPERATOR_S = 60

_log = structlog.get_logger()
_NEEDS_RETRY = frozenset({429, 503})
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal, before it is written."""

    status: int
    #: Stable machine word, e.g. ``signature_wrong``.
    code: str
    #: What happened and what to do about it; without secrets and personal data.
    detail: str
    #: Seconds for ``Retry-After``; None leaves it out, except where the status asks for it.
    retry_after: int | None = None
    #: Further members of the body.
    extra: Mapping[str, object] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Return the headers of the answer, lower case."""
        found = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
        after = self.retry_after
        if after is None and self.status in _NEEDS_RETRY:
            after = RETRY_S
        if after is not None:
            found["retry-after"] = str(after)
        return found

    def body(self, instance: str) -> bytes:
        """Return the answer's JSON.

        >>> Problem(404, "not_found", "There is no lead 7.").body("/api/leads/7").decode()
        '{"type":"urn:lead-router:problem:not_found","title":"Not Found","status":404,\
"detail":"There is no lead 7.","instance":"/api/leads/7"}'

        Args:
            instance: Path of the request, without query and without secrets.
        """
        return orjson.dumps(
            {
                "type": TYPE + self.code,
                "title": HTTPStatus(self.status).phrase,
                "status": self.status,
                "detail": self.detail,
                "instance": instance,
                **self.extra,
            }
        )


#: Errors that are told in their own words; the more special ones first.
_PLAIN: tuple[tuple[type[Exception], int, str], ...] = (
    (Conflict, 409, "conflict"),
    (NotFound, 404, "not_found"),
    (Transient, 503, "busy"),
    (DataFault, 422, "unstorable"),
    (Permanent, 500, "failed"),
)
_NOT_READY = Problem(
    503,
    "not_ready",
    "This installation is not ready. Its log and `lead-router doctor` say why.",
    OPERATOR_S,
)
_INTERNAL = Problem(500, "internal", "Something broke here; it is in the log. Try again later.")


def problem_of(error: Exception) -> Problem:
    """Return how an error is told to the caller.

    >>> problem_of(Conflict("Lead 7 belongs to Bo now.")).status
    409

    Args:
        error: Anything that was raised; what is not ours becomes a 500 that says nothing.
    """
    text = str(error)
    if isinstance(error, Rejected):
        return Problem(error.status, error.code, text)
    if isinstance(error, Slow):
        return Problem(503, "busy", text, max(1, math.ceil(error.after_s)))
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).name.lower()
        return Problem(error.status_code, code, str(error.detail))
    for kind, status, word in _PLAIN:
        if isinstance(error, kind):
            return Problem(status, word, text)
    return _NOT_READY if isinstance(error, Misconfigured) else _INTERNAL


def _invalid(error: RequestValidationError) -> Problem:
    """Tell which values are wrong without repeating them: they may be personal."""
    found = [
        {"at": ".".join(str(part) for part in one["loc"]), "problem": one["msg"]}
        for one in error.errors()[:_MAX_ERRORS]
    ]
    detail = "; ".join(f"{one['at']}: {one['problem']}" for one in found)
    return Problem(422, "invalid_request", detail, extra={"errors": found})


def problem_response(problem: Problem, instance: str) -> Response:
    """Write a problem as a response.

    Args:
        problem: What is refused.
        instance: Path of the request, without query and without secrets.
    """
    return Response(problem.body(instance), problem.status, problem.headers())


def install(app: Starlette) -> None:
    """Make an application tell every error as a problem.

    Args:
        app: Starlette or FastAPI; handlers it has for the same errors are replaced.
    """

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if isinstance(error, Misconfigured):
            _log.error("web_not_ready", error=str(error))
        elif problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("web_failed", error=type(error).__name__, path=request.url.path)
        response = problem_response(problem, request.url.path)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    for kind in (
        Rejected,
        Conflict,
        NotFound,
        Transient,
        Misconfigured,
        Permanent,
        RequestValidationError,
        HTTPException,
        Exception,
    ):
        app.add_exception_handler(kind, handle)
