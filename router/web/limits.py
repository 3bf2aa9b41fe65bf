"""How much one source may ask of this process. Each process counts for itself."""

from datetime import date


class Buckets:
    """A token bucket per source: so many requests a minute, as many at once."""

    def __init__(self) -> None:
        """Start with every bucket full."""
        self._levels: dict[str, tuple[float, float]] = {}

    def wait_s(self, source: str, per_minute: int, at: float) -> float:
        """Take one request from a source's bucket.

        >>> buckets = Buckets()
        >>> buckets.wait_s("html", 1, 0.0), buckets.wait_s("html", 1, 15.0)
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
