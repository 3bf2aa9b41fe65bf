"""Pages: leads that are changed together in one transaction, and the few that cannot be."""

from collections.abc import Callable, Sequence

from router.errors import Transient
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.store.leads import lock_leads
from router.store.tx import Tx


class _Held(Exception):
    """Somebody else holds a lead of a page."""


def lock_page(tx: Tx, ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
    """Lock a page of leads and read them, inside the ``act`` of :func:`together`.

    Who waits for a lead with others in hand may wait for a batch that waits for one of those: so
    only a lead that is taken for itself is waited for.

    Args:
        tx: Open transaction that holds the lock of no other lead.
        ids: The page; unknown ones are absent from the result.

    Raises:
        _Held: Somebody else holds one of several; :func:`together` then takes each for itself.
    """
    leads = lock_leads(tx, ids, skip_locked=len(ids) > 1)
    if len(ids) > 1 and len(leads) < len(ids):
        raise _Held
    return leads


def together(
    ids: Sequence[LeadId],
    act: Callable[[Sequence[LeadId]], object],
    fail: Callable[[LeadId, Exception], None],
    *,
    through: tuple[type[Exception], ...] = (),
) -> list[Exception]:
    """Act on a page of leads; when that fails, on each for itself.

    >>> done = []
    >>> def halve(ids):
    ...     done.extend([each // 2 for each in ids if 1 / each])
    >>> together([4, 0, 6], halve, lambda each, error: print(each, error))
    0 division by zero
    [ZeroDivisionError('division by zero')]
    >>> done
    [2, 3]

    Args:
        ids: The page.
        act: Does all of it for the leads that it is given, in one transaction, or nothing.
        fail: Told of a lead on which it failed, and why.
        through: Errors that say nothing of a lead: they end it at once.

    Returns:
        Why it failed on leads, an error for each of them.
    """
    try:
        act(ids)
    except through:
        raise
    except Exception as error:  # noqa: BLE001 - one lead must not keep its neighbours
        if len(ids) == 1:
            fail(ids[0], error)
            return [error]
        return [why for each in ids for why in together([each], act, fail, through=through)]
    return []


def give_up(ids: Sequence[LeadId], failed: Sequence[Exception], done: str) -> None:
    """End a run that came to a page of several leads and failed on every one of them.

    >>> give_up([1, 2], [ValueError("no")], "moved")

    Args:
        ids: The page.
        failed: Why it failed, as :func:`together` returned it.
        done: What could not be done with them, such as ``moved``.

    Raises:
        Transient: It failed on all of them.
    """
    if len(failed) == len(ids) > 1:
        raise Transient(
            f"None of {len(ids)} leads could be {done}: {told(failed[-1])}"
            " What was done before stays; run it again."
        )


def told(error: Exception) -> str:
    """Say in a report why something failed.

    >>> told(ValueError("no"))
    'ValueError: no'
    """
    return f"{type(error).__name__}: {error}"
