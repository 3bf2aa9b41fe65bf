"""The web process: intake, the API and the health checks, composed into one application."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from router.app import App, build_app
from router.errors import LeadRouterError, Misconfigured
from router.now import set_shift
from router.road.drain import Road
from router.road.heartbeat import Heartbeat
from router.settings import Settings
from router.web import health, problem
from router.web.api import make_api
from router.web.arrival import is_loopback
from router.web.book import BookAtHand
from router.web.committer import Committer
from router.web.door import at_the_door, refuse_open_api
from router.web.intake import Intake
from router.web.wait import OwnerWait
from router.web.wire import WholeAnswers

log = structlog.get_logger()

#: Database connections kept: the intake's, those who wait for an owner (two each), and the API's.
CONNECTIONS = 10
#: Seconds that requests under way get when the process is told to stop.
GRACE_S = 10
_BACKLOG = 2048


def make_web(app: App) -> ASGIApp:
    """Compose the application of one process.

    Args:
        app: Of this process; closed when the application shuts down.
    """
    road = Road(app)
    wait = OwnerWait(road)
    book = BookAtHand(app.shelf.active)
    # A connection of its own: people who wait for a lead's lock must not hold up a form.
    deliveries = app.deliveries()
    committer = Committer(
        deliveries,
        lambda _fresh: app.bell.ring("capture"),
        backlog=app.settings.intake_backlog,
    )
    heartbeat = Heartbeat(app, "web")

    @contextlib.asynccontextmanager
    async def lifespan(_web: Starlette) -> AsyncIterator[None]:
        heartbeat.start()
        warming = asyncio.create_task(_warm(book))
        yield
        warming.cancel()
        await committer.close()
        wait.close()
        heartbeat.stop()
        await deliveries.close()
        app.close()

    routes: list[BaseRoute] = [
        *health.routes(app),
        Mount("/", make_api(road, bound_to_loopback=is_loopback(app.settings.host))),
    ]
    web = Starlette(routes=routes, middleware=_middleware(app.settings), lifespan=lifespan)
    problem.install(web)
    return at_the_door(Intake(book, committer, app.settings, wait), web)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM; requests under way are finished.

    Args:
        settings: With addresses of database and broker.

    Raises:
        Misconfigured: The address cannot be bound, or is open to others while no key exists.
        Transient: The database cannot be reached.
    """
    set_shift(timedelta(seconds=settings.now_shift_s))
    # A look for cycles in the middle of a burst is what its slowest answers wait for.
    gc.set_threshold(50_000, 20, 100)
    app = build_app(settings, pool_size=CONNECTIONS)
    refuse_open_api(app)
    listener = listen(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    log.info("web_listens", host=host, port=port)
    config = uvicorn.Config(
        make_web(app),
        http=WholeAnswers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=_BACKLOG,
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Bind an address and listen.

    Args:
        host: Address of this machine, or a name of it.
        port: 0 for any.

    Raises:
        Misconfigured: It is taken, reserved, or not of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Misconfigured(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. Set LEAD_ROUTER_HOST"
            " and LEAD_ROUTER_PORT to a free address of this machine."
        ) from error


def _middleware(settings: Settings) -> list[Middleware]:
    """Answer only to this machine's names while bound to it, so that no web page can reach in."""
    if not is_loopback(settings.host):
        return []
    names = ["127.0.0.1", "localhost", "::1", "[::1]", settings.host]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)]


async def _warm(book: BookAtHand) -> None:
    """Read the book before the first request needs it."""
    try:
        await book.get()
    except LeadRouterError as error:
        log.warning("web_starts_without_book", error=str(error))
