"""Many boxes, laid out so that those which may touch a given one are found without trying all."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from router.rulebook.space.box import Box, Dimension, overlaps
from router.rulebook.space.sets import Flags
from router.rulebook.space.texts import Texts


class Shelf:
    """Boxes in an order, by the few values that they allow."""

    def __init__(self) -> None:
        """Begin with none."""
        self.boxes: list[Box] = []
        #: Whose each box is, never falling.
        self.owners: list[int] = []
        self._by_value: dict[Dimension, dict[object, list[int]]] = {}
        #: Boxes that do not: those that allow many values of a fact, or that it is missing.
        self._wide: dict[Dimension, list[int]] = {}

    def add(self, boxes: Iterable[Box], owner: int) -> None:
        """Put boxes behind those that are there.

        Args:
            boxes: The boxes.
            owner: A number that says whose they are; not below that of the boxes before.
        """
        for box in boxes:
            number = len(self.boxes)
            self.boxes.append(box)
            self.owners.append(owner)
            narrow = {name: few for name, each in box.items() if (few := _few(each)) is not None}
            for name, few in narrow.items():
                by_value = self._by_value.setdefault(name, {})
                self._wide.setdefault(name, list(range(number)))
                for value in few:
                    by_value.setdefault(value, []).append(number)
            for name, wide in self._wide.items():
                if name not in narrow:
                    wide.append(number)

    def touching(self, box: Box, before: int | None = None) -> list[int]:
        """Return the places of boxes that may have something in common with a box, in order.

        Args:
            box: The box.
            before: Only boxes of owners with a smaller number.
        """
        boxes, owners = self.boxes, self.owners
        end = len(boxes) if before is None else bisect_left(owners, before)
        candidates: Sequence[int] = range(end)
        for name, values in box.items():
            few, wide = _few(values), self._wide.get(name)
            if few is None or wide is None or len(wide) >= len(candidates):
                continue
            lists = [self._by_value[name].get(value, ()) for value in few]
            if len(wide) + sum(map(len, lists)) < len(candidates):
                candidates = sorted({*wide, *(number for some in lists for number in some)})
        return [number for number in candidates if number < end and overlaps(box, boxes[number])]


def _few(values: object) -> Iterable[object] | None:
    """Return the values that a side allows, None when they cannot be counted."""
    if isinstance(values, Texts) and not values.open and not values.absent:
        return values.values if len(values.values) <= 64 else None  # noqa: PLR2004 - many are wide
    if isinstance(values, Flags) and not values.absent:
        return values.values
    return None
