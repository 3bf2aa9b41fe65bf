"""Whether this process lives, and whether it can do its work."""

import asyncio
from dataclasses import dataclass

import redis
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from router.app import App
from router.errors import LeadRouterError
from router.store.revision import needed_revision, stored_revision
from router.store.tx import transaction

_BROKER_S = 1.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found."""

    #: Whether requests can be taken.
    ready: bool
    #: Each thing that was looked at, and ``ok`` or what is wrong with it.
    checks: dict[str, str]


def readiness(app: App) -> Readiness:
    """Look at everything that intake and API rest on. Asks database and broker; blocks.

    A broker that cannot be reached is told and does not count: the database is the truth, and the
    ticker works without hints.

    Args:
        app: Of this process.
    """
    checks = {"database": "ok", "migrations": "ok", "rule_book": "ok", "broker": "ok"}
    try:
        checks["migrations"] = _migrations(app)
        app.shelf.active()
    except LeadRouterError as error:
        failed = "rule_book" if _reachable(app) else "database"
        checks[failed] = str(error)
    ready = all(word == "ok" for word in checks.values())
    checks["broker"] = _broker(app)
    return Readiness(ready, checks)


def routes(app: App) -> list[Route]:
    """Return ``/livez``, ``/readyz`` and the way from ``/`` to the API's pages.

    Args:
        app: Of this process.
    """

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        found = await asyncio.to_thread(readiness, app)
        return JSONResponse(
            {"status": "ok" if found.ready else "not ready", "checks": found.checks},
            status_code=200 if found.ready else 503,
            headers={"cache-control": "no-store"} | ({} if found.ready else {"retry-after": "5"}),
        )

    async def index(_request: Request) -> Response:
        return RedirectResponse("/docs")

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/", index)]


def _reachable(app: App) -> bool:
    try:
        with transaction(app.engine) as tx:
            tx.row("SELECT 1")
    except LeadRouterError:
        return False
    return True


def _migrations(app: App) -> str:
    with transaction(app.engine) as tx:
        found, wanted = stored_revision(tx), needed_revision()
    if found == wanted:
        return "ok"
    return (
        f"The tables are at revision {found or 'nothing'}, this program needs {wanted}. Run"
        " `lead-router migrate`."
    )


def _broker(app: App) -> str:
    told = app.settings.redis_url
    if told is None:
        return "not set"
    client = redis.Redis.from_url(
        told.get_secret_value(), socket_timeout=_BROKER_S, socket_connect_timeout=_BROKER_S
    )
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"cannot be reached ({type(error).__name__}); the ticker works without it"
    finally:
        client.close()
    return "ok"
