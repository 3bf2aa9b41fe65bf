"""A breaker: leaves a destination that keeps failing alone for a while, then tries one call."""

import threading

#: Failures in a row after which it opens.
OPENS_AFTER = 5
#: Seconds of its first rest; doubles with each further failure.
FIRST_REST_S = 1.0
#: Longest rest in seconds, so that a destination that comes back is found soon.
LONGEST_REST_S = 30.0


class Breaker:
    """Whether one destination may be called now. Shared by the threads of a process.

    What waits is kept in the database; a rest only delays the next call.

    >>> breaker = Breaker()
    >>> for _ in range(5):
    ...     breaker.failed(at=100.0)
    >>> breaker.allows(at=100.5), breaker.allows(at=101.0)
    (False, True)
    >>> breaker.allows(at=101.0)
    False
    >>> breaker.succeeded()
    >>> breaker.allows(at=101.0)
    True
    """

    def __init__(self) -> None:
        """Start closed: calls are allowed."""
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0
        self._tries = False

    def rests(self, at: float) -> bool:
        """Return whether no call may be made now; asking changes nothing.

        Args:
            at: Monotonic seconds.
        """
        return at < self._rests_until

    def allows(self, at: float) -> bool:
        """Return whether a call may be made; an open breaker allows one at the end of its rest.

        Ask right before the call: a yes that is not used costs the next rest.

        Args:
            at: Monotonic seconds.
        """
        with self._lock:
            if at < self._rests_until:
                return False
            if self._failures >= OPENS_AFTER:
                # The one that is let through now decides; meanwhile nobody else tries.
                self._rests_until = at + self._rest_s()
                self._tries = True
            return True

    def succeeded(self) -> None:
        """Close: the destination answered."""
        with self._lock:
            self._failures = 0
            self._rests_until = 0.0
            self._tries = False

    def failed(self, at: float, asked_s: float = 0.0) -> None:
        """Count a failure.

        Args:
            at: Monotonic seconds.
            asked_s: How long the destination itself asked to be left alone; 0 if it did not.
        """
        with self._lock:
            if self._failures < OPENS_AFTER or self._tries:
                # Those that were under way when it opened say nothing new: they count as one.
                self._failures += 1
                self._tries = False
            rest = self._rest_s() if self._failures >= OPENS_AFTER else 0.0
            rest = max(rest, min(asked_s, LONGEST_REST_S))
            self._rests_until = max(self._rests_until, at + rest) if rest else self._rests_until

    def _rest_s(self) -> float:
        beyond = min(self._failures - OPENS_AFTER, 16)
        return min(FIRST_REST_S * 2.0**beyond, LONGEST_REST_S)
