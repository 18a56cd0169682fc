"""The command `targets`: what each target of a plan costs at the margin, found by solving again."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json
from dcplan.cli.calendar import (
    IMPOSSIBLE,
    OPEN,
    WIDTH,
    limit_option,
    limits_of,
    quiet_option,
    tell_progress,
    workers_option,
)

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

SLACK = "slack"


@click.command()
@plan_argument
@click.option("--each-year", is_flag=True, help="A price for every fiscal year of every target.")
@click.option(
    "--steps",
    type=click.FloatRange(0.0, 100.0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many steps tighter; more where one is not distinguishable.",
)
@limit_option
@workers_option
@quiet_option
@json_option
def targets(
    folder: Path, each_year: bool, steps: float, time_limit: float, workers: int, quiet: bool, as_json: bool
) -> None:
    """Print the marginal price of every target of PLAN.

    Each target is made one step tighter (a percentage point of a share, one per cent of tonnes, 0.005 of PUE)
    and all else planned anew. The price is the best plan then less the best plan now: M JPY present value, an
    interval that both proofs allow. 'not distinguishable': the proof is coarser than the difference; 'slack':
    the best plan meets the tighter target as it stands.
    """
    plan = open_saved(folder)
    from dcplan.studies.target_prices import target_prices

    with tell_progress(quiet) as tell:
        frame = target_prices(
            plan, each_year=each_year, steps=steps, limits=limits_of(time_limit, workers), tell=tell
        )
    if as_json:
        print_json("targets", {"folder": plan.folder, "steps": steps, "targets": frame})
    elif frame.empty:
        click.echo("There is no target (targets.csv).")
    else:
        click.echo("\n".join(_lines(frame)))


def _lines(frame: pd.DataFrame) -> list[str]:
    head = f"{'target':<20}{'years':<14}{'value':>10}{'tighter':>10}  {'kind':<8}{'M JPY':>22}  per unit"
    rows = frame.to_dict("records")
    lines = [head, *(_line(row) for row in rows), ""]
    said = {row["verdict"] for row in rows}
    if SLACK in said:
        lines += _wrapped(
            "slack: the best plan meets the tighter target as it stands; it costs at most this."
        )
    if OPEN in said:
        lines += _wrapped("?  not distinguishable: the proof is coarser than the difference; try --steps 5.")
    if IMPOSSIBLE in said:
        lines += _wrapped("impossible: no plan keeps every promise then.")
    text = (
        "Present value of the best plan with the target tighter less the best plan, all else planned anew. "
        "A price per tonne counts the tonnes of all years, the tail included, undiscounted."
    )
    return [*lines, *_wrapped(text), *(f"{row['target']}: {row['note']}" for row in rows if row["note"])]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _line(row: Any) -> str:
    value, tighter = (_value(row[name], row["metric"]) for name in ("value", "tighter"))
    start = f"{row['target']:<20}{row['fiscal_years']:<14}{value:>10}{tighter:>10}  {row['kind']:<8}"
    if row["verdict"] == IMPOSSIBLE:
        return f"{start}{IMPOSSIBLE:>20}"
    if row["verdict"] == SLACK:
        return f"{start}{'slack, at most ' + _amount(row['high_mjpy']):>20}"
    price = _between(row["low_mjpy"], row["high_mjpy"])
    unit = f"{_between(row['low_per_unit'], row['high_per_unit'])} {row['per']}"
    return f"{start}{price + (' ?' if row['verdict'] == OPEN else ''):>20}  {unit}"


def _between(low: float, high: float) -> str:
    ends = [_amount(low), _amount(high)]
    return ends[0] if ends[0] == ends[1] else " .. ".join(ends)


def _amount(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    digits = next((d for d, least in enumerate((100.0, 10.0, 1.0)) if abs(value) >= least), 3)
    return f"{abs(value) if abs(value) < 5e-4 else value:,.{digits}f}"


def _value(value: float, metric: str) -> str:
    return f"{value:,.0f}" if metric == "location_tco2e" else f"{value:.4g}"
