"""The command `bill`: the electricity bill of a saved plan. It solves nothing."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json
from dcplan.cli.plans import WHICH


@click.command()
@plan_argument
@click.option(
    "--plan", "which", type=click.Choice(WHICH), default=WHICH[0], show_default=True, help="Which plan."
)
@json_option
def bill(folder: Path, which: str, as_json: bool) -> None:
    """Print the electricity bill of PLAN, line by line, by site and fiscal year.

    Energy, fuel adjustment, surcharge, demand with its power-factor discount, excess over agreed power, and
    the consumption tax of the invoice. The sum without tax is the plan's cost of energy and demand. The years
    of the tail are left out; --json has every period.
    """
    from dcplan.studies.bills import plan_bills, yearly_bills

    plan = open_saved(folder)
    if which != WHICH[0] and which not in plan.references:
        raise click.UsageError(f"{folder} holds no plan {which!r}")
    bills = plan_bills(plan, "" if which == WHICH[0] else which)
    if as_json:
        print_json("bill", {"plan": which, "unit": "M JPY, nominal", "bills": bills})
    else:
        from dcplan.report.bill_text import bill_text

        click.echo(bill_text(yearly_bills(bills)), nl=False)
