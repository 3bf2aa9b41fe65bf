"""Stopping everything that an ``up`` started, even when its supervisor was killed."""

from collections.abc import Callable
from pathlib import Path

from router.embedded import folders, processes, run_file
from router.embedded.daemon import Daemon
from router.embedded.postgres import Postgres
from router.embedded.valkey import Valkey

_GRACE_S = 20.0
_SERVERS_S = 70.0
_EMBEDDED: tuple[type[Daemon], ...] = (Valkey, Postgres)


def stop_everything(
    home: Path, *, on_progress: Callable[[str], None], grace_s: float = _GRACE_S
) -> tuple[str, ...]:
    """Stop the supervisor, our processes and the embedded servers of a data folder.

    A process that merely has the pid of one of ours by now is left alone. Servers of the
    operator's own are not touched.

    Args:
        home: The data folder.
        on_progress: Gets a sentence for whatever was found running.
        grace_s: Seconds our processes get to finish their work.

    Returns:
        The names of what ran; empty when nothing did.

    Raises:
        Misconfigured: The data folder is not ours, or a server cannot be stopped from here.
    """
    if not home.expanduser().is_dir():
        return ()
    home = folders.prepare_home(home)
    run = run_file.read(home)
    stopped = []
    servers = {kind.short for kind in _EMBEDDED}
    if run is not None:
        # The supervisor first, or it would restart what we stop; it stops the others itself.
        if run.supervisor and processes.end(run.supervisor, grace_s=grace_s + _SERVERS_S):
            stopped.append(run.supervisor.name)
            on_progress("The supervisor was running and was stopped.")
        for known in run.processes:
            if known.name not in servers and processes.end(known, grace_s=grace_s):
                stopped.append(known.name)
                on_progress(f"{known.name} was still running and was stopped.")
    for kind in _EMBEDDED:
        if (home / kind.short).exists():
            server = kind(home, on_progress)
            if server.alive():
                server.stop()
                stopped.append(kind.short)
                on_progress(f"{kind.name} was still running and was stopped.")
    folders.forget_sockets(home)
    run_file.forget(home)
    return tuple(stopped)
