"""How much one source may ask of this process, and for how long. Each process counts for itself."""

import asyncio
from datetime import date

from router.now import ticks

_SWEEP_S = 0.25


class Rates:
    """What each source may send: so many requests a minute, as many at once (a token bucket)."""

    def __init__(self) -> None:
        """Start with every allowance whole."""
        self._levels: dict[str, tuple[float, float]] = {}

    def wait_s(self, source: str, per_minute: int, at: float) -> float:
        """Take one request from a source's allowance.

        >>> rates = Rates()
        >>> rates.wait_s("html", 1, 0.0), rates.wait_s("html", 1, 15.0)
        (0.0, 45.0)

        Args:
            source: Id of the source.
            per_minute: Requests a minute; 0 for no limit.
            at: Monotonic seconds.

        Returns:
            0 when the request may pass, otherwise the seconds until the next one may.
        """
        if per_minute <= 0:
            return 0.0
        level, since = self._levels.get(source, (float(per_minute), at))
        level = min(float(per_minute), level + (at - since) * per_minute / 60)
        if level < 1:
            self._levels[source] = (level, at)
            return (1 - level) * 60 / per_minute
        self._levels[source] = (level - 1, at)
        return 0.0


class DailyCap:
    """At most so many a day under one name."""

    def __init__(self, cap: int) -> None:
        """Count from zero.

        Args:
            cap: How many a day.
        """
        self._cap = cap
        self._day = date.min
        self._counts: dict[str, int] = {}

    def take(self, name: str, day: date) -> bool:
        """Count one, and say whether it is within the cap.

        >>> cap = DailyCap(1)
        >>> cap.take("html", date(2026, 1, 5)), cap.take("html", date(2026, 1, 5))
        (True, False)

        Args:
            name: What is counted.
            day: Counts of other days are forgotten.
        """
        if day != self._day:
            self._day, self._counts = day, {}
        count = self._counts.get(name, 0)
        if count >= self._cap:
            return False
        self._counts[name] = count + 1
        return True


class Patience:
    """Cuts off what takes too long, for the price of a dict entry instead of a timer each.

    Thousands of requests a second pass here, and hardly one is ever late; a timer for each costs
    a tenth of the whole request. What is late is cut off up to a quarter of a second later.

    ``with patience:`` bounds what the current task does inside; a task may not nest it. It ends
    with ``TimeoutError`` when it took too long.
    """

    def __init__(self, limit_s: float) -> None:
        """Belong to one event loop.

        Args:
            limit_s: Seconds one piece of work may take.
        """
        self.limit_s = limit_s
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._sweeping = False

    def __enter__(self) -> None:
        """Start to count."""
        self._since[_this_task()] = ticks()
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        """Stop to count; tell a cut-off task that it was late.

        Raises:
            TimeoutError: It took too long.
        """
        task = _this_task()
        del self._since[task]
        if task not in self._late:
            return
        self._late.discard(task)
        task.uncancel()
        if kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _sweep(self) -> None:
        """Cancel what is late. Entries are in the order of their start, so the first tells all."""
        start = ticks() - self.limit_s
        for task, since in self._since.items():
            if since > start:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._sweeping = bool(self._since)
        if self._sweeping:
            asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("Only a task can be bounded; call this from one.")
    return task
