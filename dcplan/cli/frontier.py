"""`dcplan frontier`: the exact trade-off between cost, emissions and CAPEX."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from dcplan.cli.arguments import case_argument, find_case, json_option, print_json
from dcplan.cli.parameters import PERCENT


@click.command()
@case_argument
@click.option(
    "--between",
    default="cost,carbon",
    show_default=True,
    help="cost and one or two of carbon (location-based tCO2e), market (market-based tCO2e), capex.",
)
@click.option("--points", type=click.IntRange(min=3), default=15, show_default=True, help="Plans to make.")
@click.option("--gap", type=PERCENT, default="0.1%", show_default=True, help="Gap to prove of each plan.")
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=2,
    show_default=True,
    help="Plans made side by side; 0 makes them in this process.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A new folder, or that of an interrupted frontier, which goes on.",
)
@click.option("--no-charts", is_flag=True, help="No pictures.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def frontier(
    case: str,
    between: str,
    points: int,
    gap: float,
    workers: int,
    output: Path,
    no_charts: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make the plans of CASE that no other plan beats in cost, emissions and CAPEX.

    Each point is the cheapest plan whose other objectives stay within a cap, saved as a plan folder whose
    inputs hold the caps; its gap proves that no such plan is cheaper by more than that. Emissions are of
    the facility boundary, summed over the horizon. Writes OUTPUT/frontier.csv, neighbours.csv (what changes
    from one plan to the next, and its price), notes.csv, the picture in English and Japanese, and
    OUTPUT/points. An objective that instruments reach by themselves, or whose span is within the gap, is said
    so and not drawn. Interrupted, the same command goes on where it stopped.
    """
    folder = find_case(case)
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.report.frontier_text import frontier_text
    from dcplan.studies.frontier import frontier as make
    from dcplan.studies.frontier import frontier_document

    names = [name.strip() for name in between.split(",")]
    try:
        with nullcontext() if quiet else ProgressPrinter() as tell:
            found = make(folder, output, between=names, points=points, gap=gap, workers=workers, tell=tell)
    except KeyboardInterrupt:
        kept = f"interrupted; the finished points stay in {output}, and the same command goes on from there"
        raise KeyboardInterrupt(kept) from None
    told = frontier_document(found)
    if len(found.between) > 1 and not no_charts:
        from dcplan.report.frontier_chart import write_frontier_charts

        write_frontier_charts(found.points, found.between, output)
    if as_json:
        print_json("frontier", told)
    else:
        click.echo(frontier_text(told) + f"\n{output}")
