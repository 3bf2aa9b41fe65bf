"""The page ``/docs``: every call of the API, without anything loaded from elsewhere."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>lead-router: the API</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { background: #eee; padding: 0 .25em; }
td { padding: .2rem .75rem .2rem 0; vertical-align: top; }
</style>
<h1>lead-router: the API</h1>
<p>The whole description for programs: <a href="openapi.json"><code>/openapi.json</code></a>.
Errors are problem+json (RFC 9457). A call that changes something takes JSON.</p>
<table>
"""


def write_page(openapi: Mapping[str, Any]) -> str:
    """Write the page.

    Args:
        openapi: The API's description.
    """
    return _HEAD + "".join(_rows(openapi)) + "</table>\n</html>\n"


def _rows(openapi: Mapping[str, Any]) -> Iterator[str]:
    for path, calls in openapi["paths"].items():
        for method, call in calls.items():
            what = escape(call.get("description", call.get("summary", "")).partition("\n\n")[0])
            name = f"<code>{method.upper()}</code><td><code>{escape(path)}</code>"
            yield f"<tr><td>{name}<td>{what}\n"
