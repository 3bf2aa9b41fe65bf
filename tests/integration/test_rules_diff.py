"""``lead-router rules diff`` of versions that are stored, and of the one that is active."""

from collections.abc import Callable
from pathlib import Path

from router.app import App
from router.road.versions.publish import Standing, Wish, publish
from router.rulebook.model import RuleBook
from tests.build import MONDAY, time_stands_at
from tests.versions import harmless, without_norway, written

Run = Callable[..., tuple[int, dict[str, object]]]


def test_a_folder_is_compared_with_the_active_version_and_with_a_stored_one(
    app: App, base: RuleBook, run: Run, tmp_path: Path
) -> None:
    quiet = harmless(base)
    with time_stands_at(MONDAY):
        assert publish(app, quiet, Wish("ann", "quiet")).standing is Standing.ACTIVE
    folder = written(without_norway(base), tmp_path)

    code, told = run("rules", "diff", "active", folder)
    assert code == 1
    assert told["old"] == {"name": base.name, "version": quiet.digest}
    ways = told["change_hands"]
    assert isinstance(ways, list)
    assert {each["after"]["rule"] for each in ways} == {"no-norway"}

    code, told = run("rules", "diff", base.digest[:10], quiet.digest[:10])
    assert (code, told["same"]) == (0, True)
