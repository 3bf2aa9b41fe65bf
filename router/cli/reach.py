"""How a command reaches the installation: its settings, its addresses, its database.

Slow to import: commands import it when they run.
"""

import logging
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from router.app import App, build_app
from router.embedded import run_file
from router.errors import Misconfigured
from router.now import set_shift
from router.settings import Settings, settings
from router.watch import log


def reached() -> Settings:
    """Return this process's settings with the addresses of database and broker filled in.

    Addresses that are not set are those of a running ``lead-router up`` on the same data folder.

    Raises:
        Misconfigured: A setting cannot be used, or an address is set nowhere.
    """
    told = settings()
    if told.database_url is not None and told.redis_url is not None:
        return told
    run = live_run(told)
    if run is None:
        raise Misconfigured(
            "LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL are not set, and no `lead-router"
            f" up` runs on the data folder {told.home_path()}. Start `lead-router up`, or set both."
        )
    return told.model_copy(
        update={
            "database_url": told.database_url or SecretStr(run.database_url),
            "redis_url": told.redis_url or SecretStr(run.redis_url),
        }
    )


def live_run(told: Settings) -> run_file.Run | None:
    """Return the ``lead-router up`` that runs on the data folder; None if none does.

    Args:
        told: This process's settings.
    """
    run = run_file.read(told.home_path())
    return run if run is not None and run.is_live() else None


def web_address(told: Settings) -> tuple[str, int]:
    """Return host and port at which the web process is reached from this machine.

    Args:
        told: This process's settings; a running ``lead-router up`` on their data folder wins.
    """
    run = live_run(told)
    if run is not None and run.http_port:
        return reachable(run.http_host), run.http_port
    return reachable(told.host), told.port


def reachable(host: str) -> str:
    """Return an address that reaches a server bound to ``host`` from the same machine.

    >>> reachable("0.0.0.0"), reachable("127.0.0.1")
    ('127.0.0.1', '127.0.0.1')
    """
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, never bound


def quiet_log() -> None:
    """Set logging up for a command that people read: it says itself what they should know."""
    log.configure("cli", settings().log_json, level=logging.ERROR)


@contextmanager
def opened() -> Iterator[App]:
    """Put this process together for one command, and give everything back at its end.

    In a rehearsal the command's time is moved as that of the processes is.

    Raises:
        Misconfigured: An address is set nowhere or cannot be used.
        Transient: The database cannot be reached; from the block.
    """
    quiet_log()
    app = build_app(reached(), pool_size=2)
    if app.settings.now_shift_s:
        set_shift(timedelta(seconds=app.settings.now_shift_s))
    try:
        yield app
    finally:
        app.close()


def user_name() -> str:
    """Return who runs this command, as the system knows them."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
