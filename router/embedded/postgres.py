"""The embedded PostgreSQL: a private cluster in HOME, durable, reachable by one Unix socket."""

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL

from router.embedded import binaries, folders, processes
from router.embedded.daemon import Daemon, Progress
from router.embedded.run_as import ENVIRONMENT, RunAs, choose
from router.errors import Misconfigured

DATABASE = "lead_router"
"""Name of our database, and of the role that owns it."""
_SUPERUSER = "postgres"
_PORT = 5432  # only a part of the socket's file name
_CONNECT_S = 5
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # A failing statement and its detail hold personal data; the log must not.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class Postgres(Daemon):
    """PostgreSQL on ``HOME/postgres``."""

    name = "PostgreSQL"
    short = "postgres"
    stop_signal = signal.SIGINT

    def __init__(self, home: Path, on_progress: Progress, *, run_as: RunAs | None = None) -> None:
        """Prepare; nothing is started yet.

        Args:
            home: From ``folders.prepare_home``.
            on_progress: Told what takes long.
            run_as: As whom it runs; None finds out.
        """
        super().__init__(home, on_progress)
        self._password = folders.database_password(home)
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        self._cluster = f"lead-router-{digest}"
        self._run_as = run_as

    @property
    def url(self) -> str:
        """The database's address for SQLAlchemy with psycopg; it holds the password."""
        query = {"host": str(self.sockets), "port": str(_PORT)}
        made = URL.create(
            "postgresql+psycopg", DATABASE, self._password, database=DATABASE, query=query
        )
        return made.render_as_string(hide_password=False)

    def prepare(self, lock: int) -> None:
        """Make the cluster if there is none, and remove what a dead server's pid would block."""
        programs = binaries.postgres_programs()
        run_as = self._identity(programs)
        if not self.data.exists():
            self._initialise(programs, run_as, lock)
        if run_as.owner and self.data.stat().st_uid != run_as.owner[0]:
            _hand_over(self.data, run_as.owner)
        # We hold the lock that every process of a server inherits, so none is left: a pid in these
        # files is a zombie's or a bystander's, and PostgreSQL would refuse to start because of it.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.sockets / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)

    def command(self) -> tuple[str, ...]:
        """Return the command line that starts the server detached."""
        major = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        programs = binaries.postgres_programs(major)
        quoted = str(self.sockets).replace('"', '""')
        chosen = {
            **_SETTINGS,
            "cluster_name": self._cluster,
            "unix_socket_directories": f'"{quoted}"',
        }
        options = [word for key, value in chosen.items() for word in ("-c", f"{key}={value}")]
        run_as = self._identity(programs)
        arguments = ("-D", str(self.data), *options)
        return run_as.command(self.data, programs / "postgres", *arguments, detach=True)

    def answers(self) -> bool:
        """Run a query as our role on our database; create both in a cluster that is new.

        Raises:
            Misconfigured: The password in HOME is not this cluster's.
        """
        try:
            self._ask(DATABASE, DATABASE)
        except psycopg.OperationalError as error:
            text = str(error)
            if "authentication failed" not in text and "does not exist" not in text:
                return False
        else:
            return True
        return self._set_up()

    def pid(self) -> int | None:
        """Return the postmaster's process id, only if it is a PostgreSQL on our data folder."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        # Words end with NUL in /proc and with a space in ps.
        words = processes.command(pid).replace("\0", " ")
        return pid if f"/postgres -D {self.data} " in words else None

    def orphans(self) -> tuple[int, ...]:
        """Return backends whose postmaster died; their title names our cluster."""
        return processes.titled(f"postgres: {self._cluster}: ")

    def _identity(self, programs: Path) -> RunAs:
        """Return as whom the server runs, found out once."""
        if self._run_as is None:
            self._run_as = choose(programs / "postgres", self.home)
        return self._run_as

    def _initialise(self, programs: Path, run_as: RunAs, lock: int) -> None:
        """Make a new cluster beside its place and move it there when it is complete."""
        self._say("Creating the database (once) ...")
        partial = self.home / "postgres.partial"
        with folders.explaining(partial):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700)
            if run_as.owner:
                os.chown(partial, *run_as.owner)
        arguments = (
            f"--pgdata={partial}",
            f"--pwfile={folders.secret_file(self.home)}",
            f"--username={_SUPERUSER}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        )
        made = subprocess.run(  # noqa: S603 - the wheel's program
            run_as.command(self.home, programs / "initdb", *arguments),
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
            pass_fds=(lock,),  # or a start after our kill -9 would disturb this one
        )
        if made.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            why = made.stderr.strip()
            if "No space left on device" in why:
                why = "the disk is full; free some space, then start again"
            raise Misconfigured(f"The database in {self.home} could not be created: {why}")
        with folders.explaining(self.data):
            partial.rename(self.data)

    def _ask(self, role: str, database: str) -> None:
        """Run one query; raise what psycopg raises."""
        with self._connect(role, database) as connection:
            connection.execute("SELECT 1")

    def _connect(self, role: str, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """Connect by the socket, whatever PG* variables our environment holds."""
        return psycopg.connect(
            host=str(self.sockets),
            port=_PORT,
            user=role,
            password=self._password,
            dbname=database,
            connect_timeout=_CONNECT_S,
            autocommit=True,
        )

    def _set_up(self) -> bool:
        """Create our role and database where missing; return False if the server is not there."""
        role = sql.Identifier(DATABASE)
        try:
            with self._connect(_SUPERUSER, "postgres") as connection:
                connection.execute("SELECT pg_advisory_lock(1)")  # two starts at the same time
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE])
                verb = sql.SQL("ALTER" if known.fetchone() else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                        verb, role, sql.Literal(self._password)
                    )
                )
                connection.execute(sql.SQL("GRANT pg_monitor TO {}").format(role))
                found = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                )
                if not found.fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(role))
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise Misconfigured(
                    f"The password in {folders.secret_file(self.home)} is not the one of the "
                    f"database in {self.data}: put the old file back."
                ) from error
            return False
        return True


def _hand_over(folder: Path, owner: tuple[int, int]) -> None:
    """Give a data folder of ours to the user its server runs as, after that changed."""
    os.chown(folder, *owner)
    for parent, names, files in os.walk(folder):
        for name in (*names, *files):
            os.chown(Path(parent) / name, *owner, follow_symlinks=False)
