"""Making what a book is made of, without the collector of cycles looking at it again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Keep the collector of cycles away: a book has none, but very many objects.

    They are old for it at once, for they stay as long as the book does.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and not gc.get_freeze_count():
            # Both together only move what there is to the oldest generation, without a look at it.
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()
