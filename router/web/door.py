"""Who comes in at the web process: deliveries first; and an open address needs a key."""

from starlette.types import ASGIApp, Receive, Scope, Send

from router.app import App
from router.errors import Misconfigured
from router.store.keys import any_key
from router.store.tx import transaction
from router.web.arrival import is_loopback
from router.web.intake import Intake

_PREFIX = "/in/"


def refuse_open_api(app: App) -> None:
    """Refuse to serve other machines while nobody has a key: the API would be open to all.

    Args:
        app: Of this process.

    Raises:
        Misconfigured: The bound address is not of this machine alone, and no key exists.
        Transient: The database cannot be reached.
    """
    if is_loopback(app.settings.host):
        return
    with transaction(app.engine) as tx:
        if any_key(tx):
            return
    raise Misconfigured(
        f"LEAD_ROUTER_HOST={app.settings.host} opens the API to other machines while it has no"
        " key. Make one with `lead-router keys create`, or bind 127.0.0.1."
    )


def at_the_door(intake: Intake, behind: ASGIApp) -> ASGIApp:
    """Let deliveries in before anything else looks at a request.

    Every lead passes here, and the routes, hosts and error pages of people cost more than the
    whole of intake does.

    Args:
        intake: Answers ``/in/{source}`` and ``/in/{source}/{token}``, all methods.
        behind: Answers everything else.
    """

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PREFIX):
            source, _, token = scope["path"][len(_PREFIX) :].partition("/")
            if source and "/" not in token:
                scope["path_params"] = {"source": source, **({"token": token} if token else {})}
                await intake(scope, receive, send)
                return
        await behind(scope, receive, send)

    return door
