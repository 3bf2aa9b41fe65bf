"""The path grammar."""

import pytest

from router.errors import Misconfigured
from router.stages.capture.parse import Json
from router.stages.capture.paths import compile_path, read_path

BODY: Json = {
    "form": {"title": "Contact", "first.name": "Ann", 'a "b"': 1, "First Name": "Bo"},
    "answers": [
        {"field": {"ref": "email"}, "email": "a@example.com", "n": 7},
        {"field": {"ref": "x=y"}, "text": "odd"},
        {"field": {"ref": "list"}, "choices": [{"label": "A"}, {"label": "B"}]},
    ],
    "post": {"0": {"name": "from a form"}},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("form.title", "Contact"),
        ('form."first.name"', "Ann"),
        (r'form."a \"b\""', 1),
        ("form.First Name", "Bo"),
        ("answers[0].email", "a@example.com"),
        ("answers[9].email", None),
        ("answers[field.ref=email].email", "a@example.com"),
        ('answers[field.ref="x=y"].text', "odd"),
        ("answers[n=7].email", "a@example.com"),
        ("answers[field.ref=none].email", None),
        ("answers[*].field.ref", ["email", "x=y", "list"]),
        ("answers[*].choices[*].label", ["A", "B"]),
        ("answers[*].nothing", None),
        ("post[0].name", "from a form"),
        ("form.title.deeper", None),
        ("form[title=x]", None),
        ("form[*]", ["Contact", "Ann", 1, "Bo"]),
        ("nothing.at.all", None),
    ],
)
def test_a_path_leads_to_its_value_or_to_none(path: str, value: object) -> None:
    assert read_path(BODY, path) == value


def test_a_path_may_begin_in_a_list() -> None:
    assert read_path([{"a": 1}], "[0].a") == 1


@pytest.mark.parametrize("document", [None, 1, "text", [], {}, [[[]]], True, 1.5])
@pytest.mark.parametrize("path", ["a", "a.b", "[0]", "[*].a", "[a=b].c", "a[0][*]"])
def test_no_document_makes_a_path_raise(document: Json, path: str) -> None:
    assert read_path(document, path) in (None, [], [[]])


@pytest.mark.parametrize(
    "path", ["", ".", "a.", "a..b", ".a", "a.[0]", "a[", "a[x", '"a', "a[-1]", "a]"]
)
def test_a_wrong_path_says_where_it_stops_making_sense(path: str) -> None:
    with pytest.raises(Misconfigured, match="path"):
        compile_path(path)
