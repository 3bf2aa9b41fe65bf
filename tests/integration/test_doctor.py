"""``doctor`` and its neighbours, on a real database: what is found, and what it says to do."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from typer.testing import CliRunner

from router.app import App
from router.cli.main import app as program
from router.now import unshifted
from router.rulebook.allowance import Allowance
from router.settings import settings
from router.store.allowances import write_allowance
from router.store.processes import beat
from router.store.tx import transaction

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Iterator[Run]:
    """Return what runs a command on this module's database and returns its code and JSON."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)

    def command(*words: str, **env: str) -> tuple[int, dict[str, object]]:
        settings.cache_clear()
        result = CliRunner().invoke(program, [*words, "--json"], env=env)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, orjson.loads(result.stdout)

    yield command
    settings.cache_clear()


def _findings(told: dict[str, object], about: str) -> list[tuple[str, str]]:
    found = told["findings"]
    assert isinstance(found, list)
    return [(each["level"], each["text"]) for each in found if each["about"] == about]


def test_without_processes_it_fails_and_says_which_to_start(run: Run) -> None:
    code, told = run("doctor")
    assert code == 1
    ((level, text),) = _findings(told, "ticker")
    assert level == "FAIL"
    assert "lead-router ticker" in text


def test_with_every_process_alive_it_is_content(run: Run, app: App) -> None:
    with transaction(app.engine) as tx:
        for kind in ("web", "worker-road", "worker-deliver", "ticker"):
            beat(tx, process=f"{kind}:t:1", kind=kind, version="1", now=unshifted())
    code, told = run("doctor")
    assert code == 0, told
    assert _findings(told, "durability")[0][0] == "OK"


def test_a_signed_source_without_its_secret_is_named(run: Run) -> None:
    _, told = run("doctor")
    ((level, text),) = _findings(told, "source typeform")
    assert level == "WARN"
    assert "LEAD_ROUTER_SECRET_TYPEFORM is not set" in text
    _, told = run("doctor", LEAD_ROUTER_SECRET_TYPEFORM="hidden-value")  # noqa: S106 - opens nothing
    assert _findings(told, "source typeform")[0][0] == "OK"
    assert "hidden-value" not in str(told)


def test_a_held_outbound_is_named_until_it_is_let_go(run: Run) -> None:
    code, said = run("outbound", "stop", "--by", "ann")
    assert (code, said["outbound"], said["by"]) == (0, "stopped", "ann")
    assert _findings(run("doctor")[1], "outbound")[0][0] == "WARN"
    run("outbound", "start")
    assert _findings(run("doctor")[1], "outbound")[0][0] == "OK"


def test_a_destination_that_must_not_be_called_is_named(run: Run) -> None:
    inside = '{"crm": {"url": "http://127.0.0.1:9/hook"}}'
    _, told = run("doctor", LEAD_ROUTER_DESTINATIONS=inside)
    ((level, text),) = _findings(told, "destination crm")
    assert level == "FAIL"
    assert "allow_private" in text


def test_leads_that_have_long_waited_in_a_pool_are_told_and_so_are_idle_allowances(
    run: Run, app: App
) -> None:
    _, told = run("doctor")
    assert _findings(told, "pools") == [("OK", "No lead waits.")]
    now = unshifted()
    allowance = Allowance(uuid4(), "nobody-known", "", now, now + timedelta(days=1), off=True)
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO held (lead_id, pool_id, since, look_at) VALUES (%s, 'dach', %s, %s)",
            (uuid4(), now - timedelta(days=3), now),
        )
        write_allowance(tx, "default", allowance)
    _, told = run("doctor")
    (waits, idle) = _findings(told, "pools")
    assert waits[0] == idle[0] == "WARN"
    assert "1 waiting in the pool dach" in waits[1]
    assert f"{allowance.id} has no effect: nobody-known is not on the roster" in idle[1]
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM held")
        tx.run("DELETE FROM allowance")


def test_an_open_address_without_a_key_is_named(run: Run) -> None:
    _, told = run("doctor", LEAD_ROUTER_HOST="0.0.0.0")  # noqa: S104 - it must be named
    assert any("keys create" in text for _level, text in _findings(told, "doors"))


def test_a_dead_broker_fails_and_a_dead_database_ends_the_look(run: Run) -> None:
    _, told = run("doctor", LEAD_ROUTER_REDIS_URL="redis://127.0.0.1:1/0")
    assert _findings(told, "broker")[0][0] == "FAIL"
    assert _findings(told, "database")[0][0] == "OK"
    code, told = run("doctor", LEAD_ROUTER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert code == 1
    assert _findings(told, "database")[0][0] == "FAIL"
    assert not _findings(told, "migrations")


def test_publishing_the_same_book_again_changes_nothing(run: Run) -> None:
    code, told = run("rules", "publish")
    assert code == 0
    assert told["changed"] is False


def test_migrating_again_changes_nothing(run: Run) -> None:
    code, told = run("migrate")
    assert code == 0
    assert told["published"] == ""
