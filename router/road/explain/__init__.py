"""Why a lead went where it went, and what happens next: for a person at three in the morning.

Takes: what was recorded, the rule book version that decided, or a sample that was never sent.
Gives: an :class:`Explanation`, as a value and in words. Writes nothing. Fails: ``NotFound`` when
there is no such lead; a rule book version that cannot be read any more is said, not hidden.
"""

from router.road.explain.build import Material, build, explain, gather
from router.road.explain.text import tell
from router.road.explain.told import Explanation

__all__ = ["Explanation", "Material", "build", "explain", "gather", "tell"]
