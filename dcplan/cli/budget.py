"""The command `budget`: CAPEX of a saved plan against its budget. It solves nothing."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json


@click.command()
@plan_argument
@json_option
def budget(folder: Path, as_json: bool) -> None:
    """Print CAPEX of PLAN against its budget, and the bridge between.

    Past years with what each figure is, data centers as a share of the group, CAPEX by project and fiscal
    year beside the budget, and the bridge from the budget to the plan: price, volume, scope, timing,
    exchange rates, lease standard and what the announced plan leaves free, with a residual of 0.
    """
    plan = open_saved(folder)
    if as_json:
        from dcplan.report.budget_text import review_of

        print_json("budget", {"plan": folder, "unit": "M JPY, nominal", **review_of(plan)})
    else:
        from dcplan.report.budget_text import budget_text

        click.echo(budget_text(plan), nl=False)
