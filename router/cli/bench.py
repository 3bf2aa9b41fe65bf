"""``bench``: measure this machine; for a checkout, because the measurements are not installed."""

import subprocess
import sys
from pathlib import Path

import typer

import router
from router.errors import NotFound

#: What this program was started from: a checkout, or the folder it was installed into.
_ROOT = Path(router.__file__).parents[1]


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    told = {"ignore_unknown_options": True, "help_option_names": []}
    app.command(context_settings=told | {"allow_extra_args": True})(bench)


def bench(context: typer.Context) -> None:
    """Measure this machine and print the table of the README (`--help` lists its options).

    Starts servers of its own; takes some ten minutes. Only from a checkout.
    """
    raise typer.Exit(measure(_ROOT, context.args))


def measure(root: Path, words: list[str]) -> int:
    """Run the measurements of a checkout, and return their exit code.

    Args:
        root: The checkout.
        words: Options, as they were typed.

    Raises:
        NotFound: There are none: this is an installation, not a checkout.
    """
    if not (root / "bench" / "__main__.py").is_file():
        raise NotFound(
            f"The measurements are not in {root}: an installed lead-router comes without them."
            " Clone the repository and run `make bench` there."
        )
    told = subprocess.run([sys.executable, "-m", "bench", *words], cwd=root, check=False)  # noqa: S603 - our own program, with the words of whoever runs it
    return told.returncode
