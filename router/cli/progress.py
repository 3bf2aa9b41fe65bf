"""How far something long is: a bar on a terminal, and nothing where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What is done, how much of it is done, and of how much; of nothing when nobody knows.
Watch = Callable[[str, int, int], None]


@contextmanager
def bar() -> Iterator[Watch]:
    """Show what is told to the returned function, on standard error, until the block ends.

    Where standard error is no terminal, nothing is shown: logs stay free of half-drawn bars.
    """
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and rarely needed
    from rich.progress import (  # noqa: PLC0415 - slow to import, and rarely needed
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *parts, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as shown:
        at = shown.add_task("", total=None)
        last = ""

        def watch(what: str, done: int, whole: int) -> None:
            nonlocal last
            if what != last:
                shown.reset(at, total=None)
                last = what
            shown.update(at, description=what, completed=done, total=whole or None)

        yield watch


def _unseen(_what: str, _done: int, _whole: int) -> None:
    """Take what nobody looks at."""
