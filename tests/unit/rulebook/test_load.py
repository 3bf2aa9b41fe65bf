"""A folder or a mapping becomes a book, or is refused as a whole."""

from datetime import timedelta
from pathlib import Path

import pytest

from router.errors import BookError
from router.rulebook.model import Comparison, Member, Operator, Phase, StepKind
from router.rulebook.reading.load import MAX_FILE, book_from_files, load_book


def test_a_small_book_is_read_whole(files: dict[str, str]) -> None:
    book = book_from_files(files)
    assert book.name == "Small"
    assert book.fallback_owner == "ann"
    assert book.pools["desk"].members == (Member("ann"), Member("bob", 3))
    assert book.queues["triage"].accountable == "ann"
    assert book.slas["standard"].promises["acceptance"].target == timedelta(minutes=15)
    assert book.slas["standard"].promises["first_touch"].target == timedelta(hours=8)
    assert [step.kind for step in book.slas["standard"].promises["acceptance"].ladder] == [
        StepKind.WARN,
        StepKind.ESCALATE,
    ]
    assert book.taxonomy.intents[0].cues == {"how much": 2.0, "refund": -1.5}
    assert book.taxonomy.services == {"analytics": ("dashboards",)}
    assert book.standards["sales"].needs == ("email", "intent")
    assert book.lists["rivals"] == {"rival.example", "other.example"}
    assert book.rules[Phase.GUARDS] == ()
    source = book.sources["web"]
    assert source.mapping["email"] == ("email", "contact.mail")
    assert source.constants == {"form.kind": "contact"}
    assert source.rate_per_minute == 60


def test_a_folder_gives_the_same_book_as_its_files(files: dict[str, str], tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("A page.", encoding="utf-8")
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    book = load_book(tmp_path)
    assert book == book_from_files(files)
    assert book_from_files(book.files) == book


def test_the_digest_names_what_decides_and_nothing_else(files: dict[str, str]) -> None:
    digest = book_from_files(files).digest
    assert (
        book_from_files(files | {"README.md": "A page.", "tests/cases.yaml": "[]"}).digest == digest
    )
    assert book_from_files(files | {"lists/rivals.txt": "x.example\n"}).digest != digest
    assert len(digest) == 64


def test_norway_is_a_country_and_not_a_falsehood(files: dict[str, str]) -> None:
    when = book_from_files(files).rules[Phase.ROUTES][0].when
    assert isinstance(when, Comparison)
    assert (when.operator, when.want, when.place.line) == (Operator.IS, "no", 6)


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("postcode: 01234", "01234"),
        ("company_size: 1000", 1000),
        ("confidence: 0.5", 0.5),
        ("is_returning: true", True),
        ("name: null", "null"),
        ('company: "Ja"', "ja"),
        ("tags: Yes", "yes"),
        ("country: [NO, se]", ("no", "se")),
        ("tags: [On, Off]", ("on", "off")),
    ],
)
def test_a_value_is_read_by_the_declared_type(
    files: dict[str, str], written: str, want: object
) -> None:
    files["20-routes.yaml"] = files["20-routes.yaml"].replace("country: NO", written)
    when = book_from_files(files).rules[Phase.ROUTES][0].when
    assert isinstance(when, Comparison)
    assert when.want == want
    assert type(when.want) is type(want)


def test_a_symbolic_link_is_not_followed(files: dict[str, str], tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret.example\n", encoding="utf-8")
    book = tmp_path / "book"
    for path, text in files.items():
        (book / path).parent.mkdir(parents=True, exist_ok=True)
        (book / path).write_text(text, encoding="utf-8")
    (book / "lists" / "linked.txt").symlink_to(outside)
    (book / "sources" / "more").symlink_to(tmp_path)
    with pytest.raises(BookError) as caught:
        load_book(book)
    assert caught.value.problems == (
        "lists/linked.txt:1:1: symbolic links are not read\nCopy the file.",
        "sources/more:1:1: symbolic links are not read\nCopy the file.",
    )


@pytest.mark.parametrize(
    "path", ["../evil.yaml", "/etc/evil.yaml", "lists/../../x.txt", "a\\b.yaml"]
)
def test_a_path_that_leaves_the_book_is_refused(files: dict[str, str], path: str) -> None:
    with pytest.raises(BookError, match="leaves the book"):
        book_from_files(files | {path: "x"})


def test_a_file_that_is_too_large_is_refused(files: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"lists/huge\.txt:1:1: larger than 1 MiB"):
        book_from_files(files | {"lists/huge.txt": "x" * (MAX_FILE + 1)})
    (tmp_path / "book.yaml").write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(BookError, match=r"book\.yaml:1:1: larger than 1 MiB"):
        load_book(tmp_path)


def test_bytes_that_are_not_text_are_named_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_bytes(b"name: A\nfallback_owner: \xff\n")
    with pytest.raises(BookError, match=r"book\.yaml:2:1: this line is not UTF-8"):
        load_book(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="this is not a folder"):
        load_book(tmp_path / "nowhere")


def test_a_file_with_a_wrong_name_is_not_overlooked(files: dict[str, str]) -> None:
    with pytest.raises(
        BookError, match=r"unknown file of a book 'team\.yaml'\ndid you mean 'teams"
    ):
        book_from_files(files | {"team.yaml": ""})
