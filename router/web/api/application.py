"""Puts the API together."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from router.road.drain import Road
from router.web import problem
from router.web.api import (
    accounts,
    desk,
    imports,
    leads,
    people,
    pools,
    review,
    traffic,
    transfer,
)
from router.web.api.edge import Edge
from router.web.api.page import write_page
from router.web.auth import Gate

#: Of the interface, not of the program.
VERSION = "1"
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key made by `lead-router keys create`. Not needed on a server that only this"
    " machine reaches, until the first key was made.",
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "urn:lead-router:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do about it."},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def make_api(road: Road, *, bound_to_loopback: bool) -> FastAPI:
    """Build the API of one process: ``/api/...``, ``/openapi.json`` and ``/docs``.

    Args:
        road: The runner of this process.
        bound_to_loopback: Whether only this machine reaches the server; then no key is needed
            until the first one was made.
    """
    # FastAPI's own pages load their scripts from elsewhere; ours load nothing.
    api = FastAPI(title="lead-router", version=VERSION, docs_url=None, redoc_url=None)
    api.state.road = road
    api.state.gate = Gate(road.app, bound_to_loopback=bound_to_loopback)
    for part in (leads, desk, traffic, review, people, pools, accounts, imports, transfer):
        api.include_router(part.router)
    api.add_middleware(Edge)
    problem.install(api)

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(write_page(openapi(api)))

    api.openapi = lambda: openapi(api)  # type: ignore[method-assign]  # FastAPI's documented way to extend its own description
    return api


def openapi(api: FastAPI) -> dict[str, Any]:
    """Describe the API: FastAPI's description, our errors and our keys.

    Args:
        api: The application.
    """
    found: dict[str, Any] = api.openapi_schema or FastAPI.openapi(api)
    parts = found.setdefault("components", {})
    if "Problem" in parts.get("schemas", {}):
        return found
    parts["securitySchemes"] = {"key": _KEY}
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    answer = {
        "description": "A problem (RFC 9457).",
        "content": {problem.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for calls in found["paths"].values():
        for call in calls.values():
            call["responses"].pop("422", None)
            call["responses"]["default"] = answer
            call["security"] = [{}, {"key": []}]
    return found
