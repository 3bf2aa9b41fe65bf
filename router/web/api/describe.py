"""The API's description for programs: ``python -m router.web.api.describe > docs/openapi.json``."""

import sys

import orjson
from pydantic import SecretStr

from router.app import build_app
from router.road.drain import Road
from router.settings import Settings
from router.web.api.application import make_api, openapi

#: Nothing is asked there: a description needs no server.
_NOWHERE = Settings(
    database_url=SecretStr("postgresql://nobody@localhost/nothing"),
    redis_url=SecretStr("redis://localhost:6379/0"),
)


def describe() -> str:
    """Return the OpenAPI description as JSON, always in the same order."""
    app = build_app(_NOWHERE)
    try:
        found = openapi(make_api(Road(app), bound_to_loopback=True))
    finally:
        app.close()
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
