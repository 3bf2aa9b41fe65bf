"""Names, companies, countries, websites and sizes."""

from importlib.resources import files

import pytest

from router.stages.clean.company import company_key, read_company_size, read_website
from router.stages.clean.country import read_country
from router.stages.clean.names import read_name


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ann Smith", "Ann", "Smith"),
        ("  ann   smith ", "Ann", "Smith"),
        ("ANN O'BRIEN", "Ann", "O'Brien"),
        ("JEAN-LUC PICARD", "Jean-Luc", "Picard"),
        ("Ronald McDonald", "Ronald", "McDonald"),
        ("RONALD MCDONALD", "Ronald", "McDonald"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Maria de la Cruz", "Maria", "de la Cruz"),
        ("DE LA CRUZ Maria", "Maria", "De la Cruz"),
        ("Smith, Ann", "Ann", "Smith"),
        ("Ann Smith, Jr.", "Ann", "Smith"),
        ("Dr. Ann Smith PhD", "Ann", "Smith"),
        ("Ann Mary Smith", "Ann Mary", "Smith"),
        ("Ann", "Ann", ""),
        ("JP", "JP", ""),
        ("\u5f20\u4f1f", "\u5f20\u4f1f", ""),
        ("", "", ""),
    ],
)
def test_a_full_name_is_split(full: str, first: str, last: str) -> None:
    name = read_name(full, "", "")
    assert (name.first, name.last) == (first, last)


def test_parts_are_joined_and_given_parts_are_not_split_again() -> None:
    assert read_name("", "ann", "smith").full == "Ann Smith"
    assert read_name("Ann B. Smith", "Ann", "B. Smith").last == "B. Smith"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Northwind Ltd", "NORTHWIND LIMITED"),
        ("Northwind GmbH & Co. KG", "Northwind"),
        ("Northwind S.A.", "northwind sa"),
        ("Northwind Sp. z o.o.", "Northwind"),
        ("Soci\u00e9t\u00e9 Northwind S.\u00e0 r.l.", "Societe Northwind"),
        ("AB Northwind", "Northwind AB"),
        ("Northwind, Inc.", "The Northwind"),
        ("Northwind Pty Ltd", "northwind"),
        ("\u682a\u5f0f\u4f1a\u793e\u30ce\u30fc\u30b9", "\u30ce\u30fc\u30b9"),
        (
            "\u041e\u041e\u041e \u0420\u043e\u043c\u0430\u0448\u043a\u0430",
            "\u0440\u043e\u043c\u0430\u0448\u043a\u0430",
        ),
    ],
)
def test_two_spellings_of_a_company_have_one_key(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize("name", ["Co", "AG", "AB", "Limited"])
def test_a_company_that_is_called_like_a_legal_form_keeps_its_name(name: str) -> None:
    assert company_key(name) == name.lower()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("UK", "GB"),
        ("gb", "GB"),
        ("England", "GB"),
        ("Great Britain", "GB"),
        ("Deutschland", "DE"),
        ("DEU", "DE"),
        ("USA", "US"),
        ("u.s.a.", "US"),
        ("The United States", "US"),
        ("America", "US"),
        ("Korea", "KR"),
        ("Kosovo", "XK"),
        ("C\u00f4te d\u2019Ivoire", "CI"),
        ("T\u00fcrkiye", "TR"),
        ("\u65e5\u672c", "JP"),
        ("The Netherlands", "NL"),
        ("Bosnia & Herzegovina", "BA"),
        ("NO", "NO"),
        ("Narnia", ""),
        ("", ""),
    ],
)
def test_a_country_is_recognised_as_people_write_it(typed: str, code: str) -> None:
    assert read_country(typed) == code


def test_the_country_table_holds_every_code_once_and_no_name_twice() -> None:
    text = files("router.stages.clean").joinpath("countries.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    spellings = [name for row in rows for name in (row[1], *row[2].split("|"))]
    assert len(rows) == len({row[0] for row in rows}) == 250
    assert len(spellings) == len(set(spellings))
    for code, alpha3, names in rows:
        for name in (code, alpha3, *names.split("|")):
            assert len(name) == 2 or read_country(name) == code, name


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("https://www.Northwind.example/about?x=1#y", "northwind.example"),
        ("northwind.example:8080", "northwind.example"),
        ("www.northwind.example.", "northwind.example"),
        ("http://user@northwind.example", "northwind.example"),
        ("none", ""),
        ("http://", ""),
    ],
)
def test_a_website_becomes_a_bare_host(typed: str, host: str) -> None:
    assert read_website(typed) == host


@pytest.mark.parametrize(
    ("typed", "size"),
    [
        ("51-200", 51),
        ("1,000+", 1000),
        ("1.001 - 5.000", 1001),
        ("200", 200),
        ("about 200 people", 200),
        ("10k+", 10000),
        ("<10", 1),
        ("Less than 50 employees", 1),
        ("Just me", 1),
        ("many", None),
        ("", None),
        ("99999999999999", None),
    ],
)
def test_a_company_size_is_read_at_its_lower_end(typed: str, size: int | None) -> None:
    assert read_company_size(typed) == size
