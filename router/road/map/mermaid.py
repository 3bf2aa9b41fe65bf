"""The map as Mermaid, which GitHub, wikis and editors draw."""

from collections.abc import Mapping

from router.road.map.chart import Chart, Edge, Node

_TITLES = {"road": "The road", "book": "The book"}
#: Characters of a rule's label; longer ones are cut.
_LONGEST = 48
#: How a kind of node is drawn.
_SHAPES: Mapping[str, tuple[str, str]] = {
    "delivery": ("([", "])"),
    "stage": ("[", "]"),
    "state": ("(", ")"),
    "phase": ("{{", "}}"),
    "reject": (">", "]"),
    "review": (">", "]"),
}
_OTHER = ("(", ")")
#: What would end a label, or be read as markup.
_ESCAPES = {
    "#": "#35;",
    '"': "#quot;",
    "<": "#lt;",
    ">": "#gt;",
    "&": "#amp;",
    "`": "#96;",
    "|": "#124;",
    "\\": "#92;",
}
_PLAIN = str.maketrans("{}%", "()/")
_TABLE = str.maketrans(_ESCAPES)


def mermaid(chart: Chart) -> str:
    """Write a map as a Mermaid flowchart.

    Args:
        chart: From :func:`router.road.map.chart.chart`.
    """
    ids = {node.id: f"n{number}" for number, node in enumerate(chart.nodes)}
    lines = ["flowchart LR"]
    # Braces or percent signs could make a directive of a remark.
    lines += [f"  %% {remark.translate(_PLAIN)}" for remark in remarks(chart)]
    for part, title in _TITLES.items():
        lines.append(f'  subgraph {part}["{title}"]')
        lines.append(f"    direction {'LR' if part == 'road' else 'TB'}")
        lines += [_node(ids, node) for node in chart.nodes if node.part == part]
        lines.append("  end")
    lines += [_edge(ids, edge) for edge in chart.edges]
    lines.append("  classDef aside stroke-dasharray:4 3;")
    aside = [ids[node.id] for node in chart.nodes if node.kind in {"reject", "review", "fallback"}]
    if aside:
        lines.append(f"  class {','.join(aside)} aside;")
    return "\n".join(lines) + "\n"


def remarks(chart: Chart) -> list[str]:
    """Say in sentences what is drawn, and how old the numbers are.

    Args:
        chart: The map.
    """
    found = [f"{' '.join(chart.name.split())}, version {chart.digest[:12]}."]
    counted = chart.counted
    if counted is None:
        return [*found, "Without numbers: nothing was counted."]
    found.append(
        f"Numbers are leads received since {counted.since:%Y-%m-%d %H:%M} UTC,"
        f" counted at {counted.as_of:%Y-%m-%d %H:%M:%S} UTC."
    )
    if counted.newest is None:
        found.append("No lead was received since then.")
    else:
        age = max(0, int((counted.as_of - counted.newest).total_seconds()))
        found.append(f"The newest of it happened {_age(age)} before.")
    if chart.elsewhere:
        found.append(f"{chart.elsewhere:,} decisions were by rules of other versions.")
    return found


def escaped(text: str) -> str:
    """Write text so that Mermaid shows it as it is, inside a quoted label.

    >>> escaped('say "hi" <b> #1')
    'say #quot;hi#quot; #lt;b#gt; #35;1'
    """
    return " ".join(text.split()).translate(_TABLE)


def _node(ids: Mapping[str, str], node: Node) -> str:
    left, right = _SHAPES.get(node.kind, _OTHER)
    label = "<br/>".join(escaped(line) for line in node.label)
    return f'    {ids[node.id]}{left}"{label}"{right}'


def _edge(ids: Mapping[str, str], edge: Edge) -> str:
    label = edge.label if len(edge.label) <= _LONGEST else edge.label[: _LONGEST - 3] + "..."
    text = escaped(label)
    if edge.leads is not None:
        text += f": {edge.leads:,}"
    arrow = "-.->" if edge.beside or edge.leads == 0 else "-->"
    return f'  {ids[edge.source]} {arrow}|"{text}"| {ids[edge.target]}'


def _age(seconds: int) -> str:
    """Write an age.

    >>> _age(42), _age(7200), _age(200_000)
    ('42 s', '2 h', '2 days')
    """
    for length, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= (2 * length if name == "days" else length):
            return f"{seconds // length} {name}"
    return f"{seconds} s"
