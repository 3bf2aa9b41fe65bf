"""The program ``lead-router``: its commands, and how errors end it."""

import sys

import typer

from router.cli import (
    accounts,
    allowances,
    bench,
    demo,
    doctor,
    explain,
    imports,
    keys,
    leads,
    migrate,
    outbound,
    people,
    pools,
    processes,
    replay,
    review,
    rules,
    rules_map,
    send,
    simulate,
    tasks,
    up,
)
from router.cli.output import exit_code, warn
from router.errors import LeadRouterError

_EXIT_CODES = (
    "Exit codes: 0 all is well; 1 a check failed, or there is no such thing; 2 the command was"
    " typed wrongly; 3 a setting or the rule book must be corrected; 4 the database, the broker or"
    " the web process cannot be reached; 5 a rule book waits for a second person."
)

app = typer.Typer(
    name="lead-router",
    help="Puts every lead in front of a named person who can act, and hears about it when nobody"
    " does. Start with `lead-router demo` or `lead-router up`.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

#: In the order in which `--help` lists them: trying out, looking, acting, operating.
_PARTS = (
    *(up, demo, send),
    *(leads, explain, tasks, review, people, pools, allowances, accounts, replay, imports),
    *(rules, rules_map, simulate, outbound, keys),
    *(doctor, migrate, processes, bench),
)

for module in _PARTS:
    module.register(app)


def run() -> None:
    """Run the command that was typed; an error becomes one sentence and an exit code."""
    try:
        app()
    except LeadRouterError as error:
        warn(f"lead-router: {error}")
        sys.exit(exit_code(error))


if __name__ == "__main__":
    run()
