"""An id that is made quickly is an id like any other."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest

from router.lead.ids import timed_id

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def test_an_id_is_the_one_that_the_library_makes_of_its_number() -> None:
    made = timed_id(AT, "generic", "abc")
    same = UUID(int=made.int)
    assert (made, hash(made), str(made), made.bytes) == (same, hash(same), str(same), same.bytes)
    assert (made.version, made.variant, made.is_safe) == (8, RFC_4122, same.is_safe)


def test_an_id_can_be_copied_and_sent_to_another_process() -> None:
    made = timed_id(AT, "generic", "abc")
    assert copy.deepcopy(made) == made == pickle.loads(pickle.dumps(made))  # noqa: S301 - its own


def test_an_id_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        timed_id(AT, "generic").int = 5  # type: ignore[misc]  # what is tried is forbidden


def test_ids_sort_by_their_moment_and_differ_by_their_parts() -> None:
    early, late = timed_id(AT, "z"), timed_id(AT + timedelta(milliseconds=1), "a")
    assert early < late
    assert timed_id(AT, "a", "b") != timed_id(AT, "ab")
