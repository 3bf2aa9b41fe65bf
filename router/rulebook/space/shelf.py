"""Many boxes, laid out so that those which may touch a given one are found without trying all."""

from collections.abc import Iterable

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
        #: Boxes that allow few values of a fact, and not that it is missing.
        self._narrow: dict[Dimension, set[int]] = {}

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
            for name, values in box.items():
                few = _few(values)
                if few is None:
                    continue
                by_value = self._by_value.setdefault(name, {})
                self._narrow.setdefault(name, set()).add(number)
                for value in few:
                    by_value.setdefault(value, []).append(number)

    def touching(self, box: Box, before: int | None = None) -> list[int]:
        """Return the places of boxes that may have something in common with a box, in order.

        Args:
            box: The box.
            before: Only boxes of owners with a smaller number.
        """
        best: list[int] | range = range(len(self.boxes))
        for name, values in box.items():
            few, by_value = _few(values), self._by_value.get(name)
            if few is None or by_value is None:
                continue
            fitting = [number for value in few for number in by_value.get(value, ())]
            narrow = self._narrow[name]
            if len(fitting) + len(self.boxes) - len(narrow) < len(best):
                wide = [number for number in best if number not in narrow]
                kept = set(best)
                best = sorted(wide + [number for number in set(fitting) if number in kept])
        boxes, owners = self.boxes, self.owners
        if before is not None:
            best = [number for number in best if owners[number] < before]
        return [number for number in best if overlaps(box, boxes[number])]


def _few(values: object) -> Iterable[object] | None:
    """Return the values that a side allows, None when they cannot be counted."""
    if isinstance(values, Texts) and not values.open and not values.absent:
        return values.values if len(values.values) <= 64 else None  # noqa: PLR2004 - many are wide
    if isinstance(values, Flags) and not values.absent:
        return values.values
    return None
