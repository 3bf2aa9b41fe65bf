"""Pictures as text: a few shapes of SVG, every text and attribute escaped. Pure."""

from collections.abc import Iterable, Mapping
from html import escape

#: Of attributes whose names Python does not allow, or SVG writes with a hyphen.
_NAMES = {"kind": "class"}


def element(name: str, *inside: str, **attributes: object) -> str:
    """Return an element.

    >>> element("text", text_of("A & B"), x=1.25, kind="name", text_anchor="end")
    '<text x="1.2" class="name" text-anchor="end">A &amp; B</text>'
    >>> element("line", x1=0)
    '<line x1="0"/>'

    Args:
        name: Such as ``rect``.
        inside: What stands in it, already written.
        attributes: ``kind`` is the class; an underscore becomes a hyphen.
    """
    told = "".join(
        f' {_NAMES.get(key, key.replace("_", "-"))}="{escape(number(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def text_of(text: str) -> str:
    r"""Return text as it may stand in an element; what XML cannot hold is left out.

    >>> text_of("a<b> & c\x00")
    'a&lt;b&gt; &amp; c'
    """
    return escape("".join(each for each in text if each >= " " or each in "\t\n"), quote=False)


def number(value: object) -> str:
    """Write a number short, and anything else as it is.

    >>> number(1.25), number(3.0), number("x")
    ('1.2', '3', 'x')
    """
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


def document(
    width: float, height: float, inside: Iterable[str], *, title: str, styles: Mapping[str, str]
) -> str:
    """Return a whole picture.

    Args:
        width: In pixels.
        height: Likewise.
        inside: Its elements.
        title: What a screen reader says of it.
        styles: By media query, rules of CSS; the empty query holds always.
    """
    css = "".join(
        f"@media {query}{{{rules}}}" if query else rules for query, rules in styles.items()
    )
    whole = element(
        "svg",
        element("title", text_of(title)),
        f"<style>{text_of(css)}</style>",
        "\n",
        "\n".join(inside),
        "\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}\n'
