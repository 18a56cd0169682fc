"""The command `replay`: every hour of a saved plan. It solves nothing."""

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
@click.option(
    "--grid-share",
    type=click.FloatRange(0.0, 1.0),
    default=0.0,
    show_default=True,
    help="Carbon-free share of grid power in the carbon-free score.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the tables [PLAN/replay].")
@json_option
def replay(folder: Path, which: str, grid_share: float, output: Path | None, as_json: bool) -> None:
    """Replay every hour of PLAN, linear and by full physics.

    Every hour of every fiscal year at every site: with the model's linear curve, which gives the plan's
    energy, with the daily shape of the load, and by the part-load curves of UPS, fans and chillers. Prints
    the error in MWh, PUE and peak, and the renewable share and carbon-free score by the hour; writes these,
    load-duration curves and the hours of owned sites as CSV.
    """
    from dcplan.studies.replay import replay as run
    from dcplan.studies.replay_files import FOLDER, write_replay

    plan = open_saved(folder)
    if which != WHICH[0] and which not in plan.references:
        raise click.UsageError(f"{folder} holds no plan {which!r}")
    found = run(plan, "" if which == WHICH[0] else which, grid_share)
    home = folder if which == WHICH[0] else folder / which
    files = write_replay(found, found.owned, output if output is not None else home / FOLDER)
    tables = {"site_years": found.site_years, "matching": found.matching, "worst_periods": found.worst}
    tables |= {"batteries": found.batteries, "bills": found.bills}
    if as_json:
        body = {"plan": which, "grid_share": grid_share, "linear_error": found.linear_error}
        print_json("replay", {**body, **tables, "files": files})
    else:
        from dcplan.report.replay_text import replay_text

        name = f"{plan.manifest['case']}, {which.replace('_', ' ')}"
        click.echo(replay_text(tables, found.linear_error, name), nl=False)
        click.echo(f"\nTables: {files[0].parent}")
