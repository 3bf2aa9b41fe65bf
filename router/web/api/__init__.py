"""The HTTP API: what people and CRMs look at and report back.

Takes: JSON. Gives: JSON, or a problem (RFC 9457) that says what to fix. ``make_api(road)`` builds
it; ``docs/openapi.json`` describes it. Fails: a passing fault is 503 with ``Retry-After``.
"""

from router.web.api.application import make_api

__all__ = ["make_api"]
