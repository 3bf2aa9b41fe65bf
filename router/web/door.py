"""Who may reach the web process: an open address needs a key first."""

from router.app import App
from router.errors import Misconfigured
from router.store.keys import any_key
from router.store.tx import transaction
from router.web.arrival import is_loopback


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
