"""As which user PostgreSQL runs: it refuses root, and needs a user that has a name.

Root (and a container's nameless user) gets a user namespace: PostgreSQL sees an ordinary user, the
files stay ours, nothing is chowned, no folder is opened up. Where that is not permitted (Docker's
default), root's server becomes the existing user ``nobody`` and keeps only the permission to pass
through folders; its data folder then belongs to ``nobody``. No user is ever created.
"""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from router.embedded import launch
from router.errors import Misconfigured

_OVERFLOW = 65534
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
"""What a server's environment holds: none of our own, so no stray PG* variable and no secret."""


@dataclass(frozen=True, slots=True)
class RunAs:
    """How a server's process is started."""

    options: tuple[str, ...] = ()
    """Options for the launcher."""
    owner: tuple[int, int] | None = None
    """User and group that must own the data folder; None means that it stays as it is."""

    def command(
        self, folder: Path, program: Path, *arguments: str, detach: bool = False
    ) -> tuple[str, ...]:
        """Return the full command line.

        Args:
            folder: Working folder of the program.
            program: Absolute path of the program.
            *arguments: Its arguments.
            detach: Return at once; the program runs on.
        """
        options = (*self.options, "--cwd", str(folder), *(("--detach", "yes") if detach else ()))
        return (*launcher(*options), "--", str(program), *arguments)


def launcher(*options: str) -> tuple[str, ...]:
    """Return the command line up to the launcher's options.

    Args:
        *options: As ``launch.py`` documents.
    """
    # -I and -S: neither the operator's PYTHON* variables nor site packages can disturb it.
    return (sys.executable, "-I", "-S", launch.__file__, *options)


def choose(program: Path, folder: Path) -> RunAs:
    """Find out how PostgreSQL can run here, by trying.

    Args:
        program: The ``postgres`` program.
        folder: The data folder's parent; the server must be able to enter it.

    Raises:
        Misconfigured: PostgreSQL cannot run as this user on this machine.
    """
    said = []
    for way in ways():
        complaint = objection(way, program, folder)
        if not complaint:
            return way
        said.append(complaint)
    uid = os.geteuid()
    who = "root" if uid == 0 else f"user id {uid}, which has no name in /etc/passwd"
    raise Misconfigured(
        f"PostgreSQL cannot run as {who}, and becoming another user is not permitted here "
        f"({'; '.join(said)}). Start lead-router as an ordinary user, or point "
        "LEAD_ROUTER_DATABASE_URL at a PostgreSQL of your own."
    )


def ways() -> tuple[RunAs, ...]:
    """Return the ways PostgreSQL might run for this user, best first."""
    uid = os.geteuid()
    if uid == 0:
        return (_mapped(), _dropped())
    return (RunAs(),) if _has_name(uid) else (_mapped(),)


def objection(way: RunAs, program: Path, folder: Path) -> str:
    """Try one way; return what the system says against it, empty when it works.

    Args:
        way: One of ``ways``.
        program: The ``postgres`` program.
        folder: The data folder's parent.
    """
    if way == RunAs():
        return ""
    answer = subprocess.run(  # noqa: S603 - our own launcher and the wheel's program
        way.command(folder, program, "--version"),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    return "" if answer.returncode == 0 else answer.stderr.strip() or "no reason given"


def _has_name(uid: int) -> bool:
    """Say whether a user id is in the list of users."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _mapped() -> RunAs:
    """Return the way through a user namespace."""
    # Not 65534 if avoidable: inside the namespace every foreign file shows that owner.
    named = sorted(entry.pw_uid for entry in pwd.getpwall() if 0 < entry.pw_uid < _OVERFLOW)
    inner = named[0] if named else _OVERFLOW
    return RunAs(options=("--map", f"{inner}:{inner}"), owner=(os.geteuid(), os.getegid()))


def _dropped() -> RunAs:
    """Return the way of really becoming ``nobody``."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        entry = pwd.getpwall()[-1]
    owner = (entry.pw_uid, entry.pw_gid)
    return RunAs(options=("--drop", f"{owner[0]}:{owner[1]}"), owner=owner)
