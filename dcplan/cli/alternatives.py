"""`dcplan alternatives` and `dcplan marginals`: how firm decisions are, and what one unit more is worth."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json
from dcplan.cli.calendar import limit_option, quiet_option, tell_progress, workers_option
from dcplan.cli.parameters import PERCENT


@click.command()
@plan_argument
@click.option("--within", type=PERCENT, default="1%", show_default=True, help="Margin above the least cost.")
@click.option("--no-edges", is_flag=True, help="Without the plans at the edges.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A new folder: keep the edge plans there."
)
@limit_option
@workers_option
@quiet_option
@json_option
def alternatives(
    folder: Path,
    within: float,
    no_edges: bool,
    output: Path | None,
    time_limit: float,
    workers: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tell which decisions of PLAN are forced, preferred or free within a margin.

    For each phase, exit and large move: what the opposite costs, all else planned anew, as an interval that
    both proofs allow. Forced: no plan within the margin does the opposite. Preferred: the opposite costs
    more, within the margin. Free: it costs no more than the gap. Not settled: the proof ended too wide to
    say. The edges are the plans within the margin with the least CAPEX, the latest build, the fewest sites
    and the fewest moves; what less is not ruled out stands beside each.
    """
    plan = open_saved(folder)
    from dcplan.report.alternatives_text import alternatives_text
    from dcplan.studies.alternatives import GAPS
    from dcplan.studies.alternatives import alternatives as ask
    from dcplan.studies.resolve import Limits

    limits = Limits(gaps=GAPS, seconds=time_limit, workers=workers)
    with tell_progress(quiet) as tell:
        found = ask(plan, within=within, edges=not no_edges, output=output, limits=limits, tell=tell)
    base = found.answers.base.proof
    told = {
        "folder": plan.folder,
        "within": within,
        "cost_mjpy": base.cost,
        "bound_mjpy": base.bound,
        "alternatives": found.frame(),
        "edges": found.edge_frame(),
    }
    if as_json:
        print_json("alternatives", told)
    else:
        click.echo(alternatives_text(told), nl=False)


@click.command()
@plan_argument
@click.option("--racks", type=click.IntRange(min=1), default=50, show_default=True, help="Racks more.")
@click.option("--mw", type=click.FloatRange(min=0.001), default=1.0, show_default=True, help="MW more.")
@click.option(
    "--points", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="% points more."
)
@limit_option
@workers_option
@quiet_option
@json_option
def marginals(
    folder: Path,
    racks: int,
    mw: float,
    points: float,
    time_limit: float,
    workers: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Price one step more in PLAN: racks, power, renewable share.

    Each step is planned anew: the best plan with it less the best plan, an interval that both proofs allow.
    Beside it stands the fixed-integer dual, the slope of the cost with starts, exits and leases as they are,
    and whether it misleads. Racks come on top of demand from the opening on; power costs nothing here.
    """
    plan = open_saved(folder)
    from dcplan.report.why_text import marginals_text
    from dcplan.studies.marginals import GAP
    from dcplan.studies.marginals import marginals as ask
    from dcplan.studies.resolve import Limits

    limits = Limits(gaps=(GAP,), seconds=time_limit, workers=workers)
    with tell_progress(quiet) as tell:
        table = ask(plan, racks=racks, mw=mw, points=points, limits=limits, tell=tell)
    if as_json:
        print_json("marginals", {"folder": plan.folder, "marginals": table})
    else:
        click.echo(marginals_text(table), nl=False)
