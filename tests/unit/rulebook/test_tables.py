"""A table is read row by row, and every cell that could not work is named by its place."""

import pytest

from bench.books import make_book
from router.errors import BookError
from router.rulebook.model import Effect, Key, Phase, Row
from router.rulebook.reading.load import book_from_files

YAML, CSV, ROUTES = "tables/areas.yaml", "tables/areas.csv", "20-routes.yaml"


@pytest.fixture
def tabled(files: dict[str, str]) -> dict[str, str]:
    """Give a book with a table that a rule uses."""
    files[YAML] = (
        "keys: [{field: country}, {field: postcode, match: prefix}]\noutputs: [pool, sla]\n"
    )
    files[CSV] = "country,postcode,pool,sla\nGB,SW1,desk,standard\nNO,,desk,\n,,desk,standard\n"
    files[ROUTES] = files[ROUTES].replace("    then: {pool: desk}\n", "    table: areas\n")
    return files


def problems(files: dict[str, str]) -> list[str]:
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    return [text.split("\n")[0] for text in caught.value.problems]


def test_a_table_is_read_whole(tabled: dict[str, str]) -> None:
    book = book_from_files(tabled)
    table = book.tables["areas"]
    assert table.keys == (Key("country"), Key("postcode", prefix=True))
    assert table.outputs == ("pool", "sla")
    assert table.rows == (
        Row(("gb", "sw1"), Effect(pool="desk", sla="standard"), 2),
        Row(("no", ""), Effect(pool="desk"), 3),
        Row(("", ""), Effect(pool="desk", sla="standard"), 4),
    )
    assert (table.file, str(table.place)) == (CSV, f"{YAML}:1:1")
    rule = book.rules[Phase.ROUTES][0]
    assert (rule.table, rule.then) == ("areas", Effect())
    assert book_from_files(book.files) == book


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffcountry,postcode,pool,sla\r\nGB,SW1,desk,standard\r\n",
        "sla,pool,country,postcode\nstandard,desk,GB,SW1\n\n",
        ' country , postcode,pool,sla\n"GB", SW1 ,desk,"standard"',
    ],
)
def test_columns_go_by_their_names_and_spreadsheets_may_have_written_them(
    tabled: dict[str, str], text: str
) -> None:
    rows = book_from_files(tabled | {CSV: text}).tables["areas"].rows
    assert rows == (Row(("gb", "sw1"), Effect(pool="desk", sla="standard"), 2),)


def test_norway_and_leading_zeros_stay_and_formulas_are_text(tabled: dict[str, str]) -> None:
    text = "country,postcode,pool,sla\nNO,0150,desk,\nDE,=1+1,desk,\n"
    rows = book_from_files(tabled | {CSV: text}).tables["areas"].rows
    assert [row.cells for row in rows] == [("no", "0150"), ("de", "=1+1")]


def test_a_key_may_be_written_short_and_tags_share_a_cell(tabled: dict[str, str]) -> None:
    tabled[YAML] = "keys: [city]\noutputs: [person, tags, priority]\n"
    tabled[CSV] = "city,person,tags,priority\nAthens,ann,one; two,high\n"
    row = book_from_files(tabled).tables["areas"].rows[0]
    assert row.effect == Effect(person="ann", tags=("one", "two"), priority="high")


def test_a_row_of_several_lines_does_not_shift_those_below(tabled: dict[str, str]) -> None:
    tabled[CSV] = 'country,postcode,pool,sla\nGB,"a\n b",desk,\nDE,,dask,\n'
    assert problems(tabled) == [
        f"{CSV}:2:4: 'a\n b' has characters that are not seen (U+000A without a name)".split("\n")[
            0
        ],
        f"{CSV}:4:5: unknown pool 'dask'",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("UK,,desk,", f"{CSV}:2:1: unknown country 'UK'"),
        ("GB,,dask,", f"{CSV}:2:5: unknown pool 'dask'"),
        ('GB,"a,b",desk,slow', f"{CSV}:2:15: unknown sla 'slow'"),
        ("GB,,desk", f"{CSV}:2:1: this row has 3 cells, the header 4"),
        ("GB,,desk,,", f"{CSV}:2:1: this row has 5 cells, the header 4"),
        ("GB,N1,desk,\ngb, n1 ,desk,standard", f"{CSV}:3:1: these keys are in line 2 too"),
        ("GB,,,standard", f"{CSV}:2:1: this row names no target, and the rule 'nordic' neither"),
        ('GB,"N1"x,desk,', f"{CSV}:2:1: this is not CSV: ',' expected after '\"'"),
        (
            "GB,N\u04101,desk,",
            f"{CSV}:2:4: 'N\u04101' has letters of several scripts that look alike",
        ),
        ("GB,,d\u0435sk,", f"{CSV}:2:5: unknown pool 'd\u0435sk'"),
    ],
)
def test_a_row_that_could_not_work_is_named(tabled: dict[str, str], rows: str, said: str) -> None:
    found = problems(tabled | {CSV: f"country,postcode,pool,sla\n{rows}\n"})
    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("country,postcode,pool", f"{CSV}:1:1: the column 'sla' is missing"),
        ("country,postcode,pool,sla,pol", f"{CSV}:1:27: unknown column 'pol'"),
        ("country,postcode,pool,sla,pool", f"{CSV}:1:27: the column 'pool' is there twice"),
        ("country;postcode;pool;sla", f"{CSV}:1:1: the cells must be separated by commas"),
        ("", f"{CSV}:1:1: the column 'country' is missing"),
    ],
)
def test_a_header_that_does_not_fit_is_named(
    tabled: dict[str, str], header: str, said: str
) -> None:
    assert said in problems(tabled | {CSV: f"{header}\n"})


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("keys: [cuntry]\noutputs: [pool]\n", "1:8: unknown fact 'cuntry'"),
        ("keys: [company_size]\noutputs: [pool]\n", "1:8: company_size (int) cannot be a key"),
        ("keys: [city, {field: city}]\noutputs: [pool]\n", "1:14: 'city' is a key twice"),
        ("keys: [{field: city, match: suffix}]\noutputs: [pool]\n", "1:29: unknown match 'suffix'"),
        ("keys: [city]\noutputs: [pol]\n", "2:11: unknown output 'pol'"),
        ("keys: [city]\noutputs: [pool, pool]\n", "2:17: 'pool' is an output twice"),
        ("keys: []\noutputs: [pool]\n", "1:7: keys must not be empty"),
        ("keys: [city]\n", "1:1: a table needs 'outputs'"),
    ],
)
def test_columns_that_mean_nothing_are_named(tabled: dict[str, str], yaml: str, said: str) -> None:
    assert f"{YAML}:{said}" in problems(tabled | {YAML: yaml})


def test_a_table_needs_both_its_files_and_a_rule_its_table(tabled: dict[str, str]) -> None:
    rows, columns = tabled.pop(CSV), tabled.pop(YAML)
    assert problems(tabled) == [f"{ROUTES}:7:12: unknown table 'areas'"]
    assert problems(tabled | {CSV: rows}) == [f"{CSV}:1:1: {YAML} is missing"]
    assert problems(tabled | {YAML: columns}) == [
        f"{YAML}:1:1: {CSV} is missing: it holds the rows"
    ]


def test_one_row_gives_one_target(tabled: dict[str, str]) -> None:
    tabled[YAML] = "keys: [country]\noutputs: [pool, queue]\n"
    tabled[CSV] = "country,pool,queue\nGB,desk,triage\n"
    assert problems(tabled) == [f"{CSV}:2:1: one row has two targets: pool, queue"]


def test_the_target_comes_from_the_rule_or_the_row(tabled: dict[str, str]) -> None:
    tabled[YAML] = "keys: [country]\noutputs: [sla]\n"
    tabled[CSV] = "country,sla\nGB,standard\n"
    assert problems(tabled) == [
        f"{ROUTES}:3:5: neither the rule 'nordic' nor its table 'areas' names a target"
    ]
    then = "    table: areas\n    then: {pool: desk}\n"
    book_from_files(tabled | {ROUTES: tabled[ROUTES].replace("    table: areas\n", then)})


@pytest.mark.parametrize(
    ("phase", "yaml", "rows", "said"),
    [
        ("enrich", "keys: [country]\noutputs: [pool]\n", "country,pool\nGB,desk\n", "gives a pool"),
        ("guards", "keys: [intent]\noutputs: [pool]\n", "intent,pool\npricing,desk\n", "in guards"),
    ],
)
def test_a_table_must_fit_the_phase_of_its_rule(
    tabled: dict[str, str], phase: str, yaml: str, rows: str, said: str
) -> None:
    tabled[ROUTES] = tabled[ROUTES].replace("phase: routes", f"phase: {phase}")
    (found,) = problems(tabled | {YAML: yaml, CSV: rows})
    assert found.endswith(said)


def test_examples_of_a_rule_are_looked_up_in_its_table(tabled: dict[str, str]) -> None:
    tabled[CSV] = "country,postcode,pool,sla\nNO,01,desk,\n"
    tabled[ROUTES] += (
        "    examples:\n"
        "      matches: [{country: NO, postcode: 0150}, {country: NO, postcode: 0250}]\n"
        "      misses: [{country: GB}, {country: NO}]\n"
    )
    assert problems(tabled) == [f"{ROUTES}:9:48: this example of 'nordic' should match, but misses"]


def test_what_was_pasted_wrongly_does_not_drown_the_rest(tabled: dict[str, str]) -> None:
    rows = "".join(f"UK,{number},desk,\n" for number in range(5_000))
    found = problems(tabled | {CSV: f"country,postcode,pool,sla\n{rows}"})
    assert 100 <= len(found) <= 110
    assert found[-1].endswith("there may be more problems in this table")


def test_a_table_may_be_larger_than_other_files() -> None:
    files = make_book(10, 45_000, 1)
    assert len(files["tables/territories.csv"]) > 1 << 20
    assert len(book_from_files(files).tables["territories"].rows) == 45_000
