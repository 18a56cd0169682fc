"""Commands that solve a case several times: `tails`."""

from __future__ import annotations

from contextlib import nullcontext

import click

from dcplan.cli.arguments import case_argument, find_case, json_option, print_json
from dcplan.cli.parameters import PERCENT


@click.command()
@case_argument
@click.option(
    "--years",
    multiple=True,
    type=click.IntRange(0, 20),
    default=(0, 3, 6),
    show_default=True,
    help="Tail years.",
)
@click.option(
    "--gap", type=PERCENT, default="0.1%", show_default=True, help="Proven distance from the optimum."
)
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def tails(case: str, years: tuple[int, ...], gap: float, quiet: bool, as_json: bool) -> None:
    """List the decisions of CASE that change with the number of tail years.

    The years after the horizon are optimised with the plan and never reported. Each number of years is one
    solve; a decision that flips is decided by what is assumed after the horizon.
    """
    folder = find_case(case)
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.studies.tails import tail_flips

    with nullcontext() if quiet else ProgressPrinter() as progress:
        table = tail_flips(folder, years, progress=progress, gap=gap)
    if as_json:
        print_json("tails", {"case": case, "decisions": table.to_dict("records")})
        return
    shown = table.drop(columns="flips").assign(changes=["flips" if flip else "" for flip in table["flips"]])
    click.echo(shown.to_string(index=False, justify="left"))
