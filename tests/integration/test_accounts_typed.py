"""Accounts on the command line: a file is taken in, and a sample tried."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from router.app import App
from router.cli.main import app as program
from router.now import now as read_now
from router.road.accounts.rows import AccountRow
from router.road.accounts.take import known_accounts, take_accounts
from router.settings import settings
from router.store.tx import transaction
from tests.build import inquiry

pytestmark = pytest.mark.usefixtures("even_monday", "reached")


def told(app: App, *keys: str) -> None:
    """Take accounts in, called as their keys."""
    rows = [AccountRow(line, key, name=key) for line, key in enumerate(keys, start=1)]
    take_accounts(app, rows, read_now(), by="tests")


@pytest.fixture
def reached(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let commands reach this module's database."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


def typed(*words: object, code: int = 0) -> str:
    """Type a command; return what it prints."""
    result = CliRunner().invoke(program, ["accounts", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


_FILE = """\
\ufeffKey,Name,Domains,Owner,Opportunity Owner,Named,Country,Active at,Contacts,Colour
A-1,Northwind Ltd,northwind.co.uk; northwind.example,tom-keane,,yes,UK,2026-02-01,bo@gmail.com,red
,Nameless,,,,,,,,
A-2,"Southwind, Inc.",southwind.example,nobody,,,US,soon,,
A-3,Too many,,,,,,,,,,
"""


def test_a_file_is_taken_in_and_what_cannot_be_used_is_told_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(_FILE, encoding="utf-8")
    said = typed("import", file, code=1)
    assert "2 new, 0 changed, 0 as they were." in said
    assert "Columns that mean nothing here: colour." in said
    assert "line 3 (no key): left out: it has no key" in said
    assert "line 5 A-3: left out: it has 12 cells, the header 10" in said
    assert "line 4 A-2: taken, but: owner nobody is not on the roster" in said
    assert "line 4 A-2: taken, but: active_at is no date" in said
    again = orjson.loads(typed("import", file, "--json", code=1))
    assert (again["taken"]["unchanged"], again["ignored"]) == (2, ["colour"])

    listed = typed("list")
    assert "northwind.co.uk northwind.example" in listed
    assert "2026-02-01 00:00Z" in listed

    tried = typed("match", "--email", "ann@eu.northwind.co.uk", "--company", "South Wind")
    assert "Northwind Ltd (A-1), by domain; owner tom-keane." in tried
    assert "by name only, which counts less than domain" in tried
    assert "no account that we know" in typed("match", "--company", "Elsewhere")
    found = orjson.loads(typed("match", "--company", "Southwind", "--json"))
    assert found[0]["match"]["key"] == "A-2"


def test_a_whole_file_forgets_the_others_unless_a_row_was_left_out(
    app: App, tmp_path: Path
) -> None:
    told(app, "A-1", "OLD")
    file = tmp_path / "accounts.csv"
    file.write_text("key,name\nA-1,North\nA-2\n", encoding="utf-8")
    assert "None was forgotten: a row was left out." in typed("import", file, "--whole", code=1)
    assert len(known_accounts(app, limit=9)) == 2
    file.write_text("key,name\n", encoding="utf-8")
    assert "None was forgotten: the file names no account." in typed("import", file, "--whole")
    file.write_text("key,name\nA-1,North\n", encoding="utf-8")
    assert "1 account was forgotten, which" in typed("import", file, "--whole")
    assert [each.account.key for each in known_accounts(app, limit=9)] == ["A-1"]
    assert "no account that we know" in typed("match", "--company", "OLD")


def test_a_whole_file_that_lacks_too_many_forgets_none_until_somebody_says_how_many(
    app: App, tmp_path: Path
) -> None:
    told(app, *(f"K-{n:03}" for n in range(150)))
    file = tmp_path / "accounts.csv"

    def cut(after: int) -> None:
        rows = [f"K-{n:03},Firm {n}\n" for n in range(after)]
        file.write_text("".join(["key,name\n", *rows, "NEW,New\n"]), encoding="utf-8")

    cut(after=119)
    said = typed("import", file, "--whole", code=1)
    assert "1 new, 119 changed, 0 as they were." in said
    assert "None was forgotten: 31 accounts that we know are not in the file" in said
    assert "import it again with --whole --forget 31." in said
    assert len(known_accounts(app, limit=999)) == 151
    assert "None was forgotten" in typed("import", file, "--whole", "--forget", 30, code=1)
    assert "31 accounts were forgotten, which" in typed("import", file, "--whole", "--forget", 31)
    # Of 120 that are known a fifth is 24.
    cut(after=96)
    assert "23 accounts were forgotten, which" in typed("import", file, "--whole")
    again = orjson.loads(typed("import", file, "--whole", "--json"))["taken"]
    assert (again["forgotten"], again["spared"]) == (0, 0)
    assert "name both" in typed("import", file, "--forget", 3, code=2)


def test_of_few_accounts_a_whole_file_may_forget_all_but_one(app: App, tmp_path: Path) -> None:
    told(app, *(f"K-{n:03}" for n in range(21)))
    file = tmp_path / "accounts.csv"
    file.write_text("key,name\nK-000,North\n", encoding="utf-8")
    assert "20 accounts were forgotten, which" in typed("import", file, "--whole")
    with transaction(app.engine) as tx:
        left = tx.row("SELECT count(DISTINCT account_id) FROM account_key")
    assert left == (1,)


def test_a_sample_is_tried_and_nothing_is_written(app: App, tmp_path: Path) -> None:
    told(app, "Archer Mills")
    sample = tmp_path / "sample.json"
    sample.write_bytes(orjson.dumps(inquiry(email="ann@gmail.com")))
    assert "Archer Mills (Archer Mills), by name; no owner." in typed("match", sample)
    with transaction(app.engine) as tx:
        assert tx.row("SELECT 1 FROM lead WHERE body->'person'->>'email' = 'ann@gmail.com'") is None


def test_a_match_of_nothing_or_of_two_things_is_typed_wrongly() -> None:
    assert "Name a sample" in typed("match", code=2)
    assert "Name a sample" in typed("match", "demo", "--company", "North", code=2)
