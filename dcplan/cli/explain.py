"""`dcplan explain`: why a case has no plan, and what it takes to have one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from dcplan.cli.arguments import case_argument, find_case, json_option, print_json
from dcplan.cli.calendar import quiet_option, tell_progress
from dcplan.errors import EXIT_INFEASIBLE


@click.command()
@case_argument
@click.option("--no-repairs", is_flag=True, help="The conflict alone.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A new folder: keep each repaired case and plan."
)
@quiet_option
@json_option
def explain(case: str, no_repairs: bool, output: Path | None, quiet: bool, as_json: bool) -> None:
    """Explain why CASE has no plan, and rank what would repair it.

    Names a smallest set of promises that cannot be kept together, with the input rows that ask for each:
    without any one of them the others can be kept. A repair is the least change of one of them, in racks, kW,
    %, M JPY or days; each is proven by solving the repaired case, and ranked by the cost of the plan that it
    leads to. A repair that leaves racks without a place counts them at the case's price and says SOFT DEMAND.
    Exit code 4 where there is a conflict, 0 where every promise can be kept.
    """
    folder = find_case(case)
    from dcplan.report.explain_text import explain_text
    from dcplan.studies.explain import opened_for
    from dcplan.studies.repair import explained
    from dcplan.studies.repair_plans import explanation_document, save_repairs

    with tempfile.TemporaryDirectory(prefix="dcplan-") as room, tell_progress(quiet) as tell:
        found = explained(opened_for(folder, Path(room)), repairs=not no_repairs, tell=tell or _silent)
        plans = save_repairs(found, output, tell) if output is not None else ()
    told = explanation_document(found, plans)
    if as_json:
        print_json("explain", told)
    else:
        click.echo(explain_text(told), nl=False)
    raise click.exceptions.Exit(EXIT_INFEASIBLE if found.conflicts else 0)


def _silent(_: str) -> None:
    """Tell nothing."""
