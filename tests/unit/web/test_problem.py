"""Every error is told in one shape, and nothing of ours leaks."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

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
from router.web.problem import install, problem_of


@pytest.mark.parametrize(
    ("error", "status", "code", "after"),
    [
        (Rejected("x", status=415, code="odd"), 415, "odd", None),
        (Conflict("x"), 409, "conflict", None),
        (NotFound("x"), 404, "not_found", None),
        (Transient("x"), 503, "busy", "5"),
        (Slow("x", after_s=7.2), 503, "busy", "8"),
        (DataFault("x"), 422, "unstorable", None),
        (Permanent("x"), 500, "failed", None),
        (Misconfigured("postgres://u:hidden@h"), 503, "not_ready", "60"),
        (KeyError("hidden"), 500, "internal", None),
    ],
)
def test_an_error_is_told_by_its_kind(
    error: Exception, status: int, code: str, after: str | None
) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)
    assert problem.headers().get("retry-after") == after
    assert b"hidden" not in problem.body("/x")


class Answer(BaseModel):
    """A body with one number."""

    number: int


def _app() -> FastAPI:
    app = FastAPI()
    install(app)

    @app.post("/answer")
    def answer(body: Answer) -> int:
        if body.number == 0:
            raise Conflict("Somebody was faster.")
        return 10 // (body.number - 1)

    return app


async def _ask(method: str, path: str, body: object) -> httpx2.Response:
    transport = httpx2.ASGITransport(_app(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, path, json=body)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/answer", {"number": "ann@example.com"}, 422, "invalid_request"),
        ("POST", "/answer", {"number": 0}, 409, "conflict"),
        ("POST", "/answer", {"number": 1}, 500, "internal"),
        ("GET", "/answer", None, 405, "method_not_allowed"),
        ("GET", "/nothing", None, 404, "not_found"),
    ],
)
def test_an_application_tells_every_error_as_a_problem(
    method: str, path: str, body: object, status: int, code: str
) -> None:
    response = asyncio.run(_ask(method, path, body))
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == status
    told = response.json()
    assert told["type"] == f"urn:lead-router:problem:{code}"
    assert told["instance"] == path
    assert "ann@example.com" not in response.text
    assert status != 405 or "POST" in response.headers["allow"]
