"""Fit the growth of the default case to dated public statements, read off the solved as-announced plan.

python scripts/fit_growth.py                search the growth factor and print every residual
python scripts/fit_growth.py --at 1.0       print the residuals at one factor, without a search
python scripts/fit_growth.py --plan FOLDER  read the statements off the plans of a saved plan folder
python scripts/fit_growth.py --write        search, then rewrite demand.csv and the factor in growth.csv

One number is fitted: the factor g on the proposed yearly growth rates of inputs/iij/calibration/growth.csv,
racks(n) = round(opening x (1 + g x rate)^n) on 1 April, n years after the opening day. A class with
fitted = false keeps its racks. How full a hall is follows from the solve; it is never an input.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.data.calendar import Calendar, make_calendar, years_between
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.model import build
from dcplan.plans.decisions import racks_table
from dcplan.plans.publish import publish
from dcplan.plans.reference import reference_base, reference_model, references
from dcplan.solvers.options import SolveOptions

FIT_GAP = 1e-6
"""A hundredth of the gap of a published reference plan: the solver's slack must not move the fit."""
SEARCH = (0.90, 1.26)
COARSE_STEP, FINE_STEP = 0.04, 0.01
RESIDUALS = ["statement", "use", "low", "high", "modelled", "sigma", "residual"]


@dataclass(frozen=True)
class Calibration:
    """The tables of a case's folder `calibration`.

    Attributes:
        growth: class, opening_racks, yearly_rate, fitted, rate_range, factor.
        points: point, date, halls, fill_low, fill_high, sigma, use, source, note.
        anchors: anchor, date_from, date_to, racks_added, yearly_growth, sigma, use, source, note.
    """

    growth: pd.DataFrame
    points: pd.DataFrame
    anchors: pd.DataFrame

    @property
    def factor(self) -> float:
        """The factor that the shipped demand rests on."""
        return float(self.growth.loc[self.growth["fitted"], "factor"].iloc[0])


def read_calibration(folder: Path) -> Calibration:
    """Return the calibration tables of a case folder."""
    growth, points, anchors = (
        pd.read_csv(folder / "calibration" / f"{name}.csv") for name in ("growth", "fill_points", "anchors")
    )
    points["date"] = points["date"].map(date.fromisoformat)
    for name in ("date_from", "date_to"):
        anchors[name] = anchors[name].map(date.fromisoformat)
    return Calibration(growth, points, anchors)


def grown(growth: pd.DataFrame, demand: pd.DataFrame, opening: date, factor: float) -> pd.DataFrame:
    """Return demand with racks, low and high of the fitted classes set by the growth factor.

    $$racks_n = round(o (1 + g r)^n)$$, with low and high at a rate smaller or larger by the class's
    `rate_range`, rounded outwards.

    Args:
        growth: the calibration table of that name.
        demand: class, date (1 April of each year), racks, low, high.
        opening: day on which n = 0.
        factor: g, as a ratio.
    """
    table = demand.merge(growth[growth["fitted"]], how="left", on="class")
    fitted = table["opening_racks"].notna()
    years = pd.Series([round(years_between(opening, day)) for day in table["date"]])
    start, rate = table["opening_racks"], factor * table["yearly_rate"]

    def racks_at(yearly: pd.Series[float]) -> pd.Series[float]:
        return start * (1.0 + yearly) ** years

    racks = racks_at(rate).round()
    low = racks_at(rate - table["rate_range"]).map(np.floor)
    high = racks_at(rate + table["rate_range"]).map(np.ceil)
    out = demand.reset_index(drop=True)
    for name, values in (("racks", racks), ("low", low), ("high", high)):
        out[name] = out[name].astype(float).where(~fitted, values)
    return out


def with_growth(case: Case, growth: pd.DataFrame, factor: float) -> Case:
    """Return the case with the demand of another growth factor."""
    demand = grown(growth, case["demand"], case.info.as_of, factor)
    return replace(case, tables={**case.tables, "demand": demand})


def _without_offers(case: Case) -> Case:
    """Return the case with nothing to buy for sites: as announced buys none, its columns only break ties."""
    none = {name: case[name].iloc[:0] for name in ("battery_options", "pv_options", "ppa_offers")}
    signed = case["instruments"]["instrument"].isin(set(case["ppa_offers"]["instrument"]))
    return replace(case, tables={**case.tables, **none, "instruments": case["instruments"][~signed]})


def announced_racks(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Return class, hall, period, racks of the solved as-announced plan, in whole racks.

    Raises:
        SolverError: the reference plan has no solution in whole racks.
    """
    base = reference_base(build(_without_offers(case), calendar))
    model = reference_model(base, references(case)[0])
    solution = publish(model, None, SolveOptions(gap=FIT_GAP))
    assert solution.values is not None
    return racks_table(model, solution.values)


def fills(racks: pd.DataFrame, case: Case, calendar: Calendar, points: pd.DataFrame) -> list[float]:
    """Return racks over rack places of each point's halls, in the period that its date lies in."""
    periods = calendar.periods
    places = case["halls"].set_index("hall")["rack_places"]
    held = racks.groupby(["hall", "period"])["racks"].sum().unstack("period")
    out = []
    for halls, day in zip(points["halls"].str.split(";"), points["date"], strict=True):
        inside = (periods["start"] <= day) & (day < periods["end"])
        label = periods.loc[inside, "period"].iloc[0]
        out.append(float(held.loc[halls, label].sum() / places[halls].sum()))
    return out


def growth_rates(demand: pd.DataFrame, anchors: pd.DataFrame) -> list[float]:
    """Return the yearly growth of all racks between the two dates of each anchor (per year)."""
    total = demand.groupby("date")["racks"].sum()
    return [
        float((total[last] / total[first]) ** (1.0 / round(years_between(first, last))) - 1.0)
        for first, last in zip(anchors["date_from"], anchors["date_to"], strict=True)
    ]


def residuals(case: Case, calendar: Calendar, calibration: Calibration, racks: pd.DataFrame) -> pd.DataFrame:
    """Return what each statement says, what a plan shows, and the distance in standard deviations.

    The residual is the distance to the nearest end of the stated interval over sigma; inside it is zero.

    Returns:
        statement, use (fit or held_out), low, high, modelled, sigma (fill or growth per year), residual.
    """
    points, anchors = calibration.points, calibration.anchors
    of_points = points.rename(columns={"point": "statement", "fill_low": "low", "fill_high": "high"})
    of_points["modelled"] = fills(racks, case, calendar, points)
    of_anchors = anchors.rename(columns={"anchor": "statement"})
    of_anchors["low"] = of_anchors["high"] = anchors["yearly_growth"]
    of_anchors["modelled"] = growth_rates(case["demand"], anchors)
    table = pd.concat([of_points, of_anchors], ignore_index=True)
    nearest = table["modelled"].clip(table["low"], table["high"])
    table["residual"] = (table["modelled"] - nearest) / table["sigma"]
    return table.sort_values("use", kind="stable", ignore_index=True)[RESIDUALS]


def objective(table: pd.DataFrame) -> float:
    """Return the sum of squared residuals of the statements used to fit."""
    return float((table.loc[table["use"] == "fit", "residual"] ** 2).sum())


class Fit:
    """The residuals of a case as a function of the growth factor; every factor is solved once."""

    def __init__(self, folder: Path) -> None:
        self.calibration = read_calibration(folder)
        self.case = load(folder)
        self.calendar = make_calendar(self.case.info)
        self.at = lru_cache(maxsize=None)(self._at)

    def _at(self, factor: float) -> pd.DataFrame:
        case = with_growth(self.case, self.calibration.growth, factor)
        return residuals(case, self.calendar, self.calibration, announced_racks(case, self.calendar))

    def objective(self, factor: float) -> float:
        """Return the objective at a growth factor."""
        return objective(self.at(factor))


def search(function: Callable[[float], float]) -> tuple[float, dict[float, float]]:
    """Return the minimum on a coarse grid refined to steps of 0.01, and every value on the way.

    Racks are whole, so the objective has small steps; a grid is not misled by them as a line search is.
    """
    low, high = SEARCH
    grid = np.round(np.arange(low, high + COARSE_STEP / 2, COARSE_STEP), 2)
    values = {float(g): function(float(g)) for g in grid}
    coarse = min(values, key=values.__getitem__)
    reach = COARSE_STEP - FINE_STEP
    around = np.round(np.arange(coarse - reach, coarse + reach + FINE_STEP / 2, FINE_STEP), 2)
    values |= {float(g): function(float(g)) for g in around if float(g) not in values}
    return min(values, key=values.__getitem__), dict(sorted(values.items()))


def equally_good(values: Mapping[float, float]) -> tuple[float, float]:
    """Return the range of factors whose objective is within 1 of the minimum, interpolated between solves."""
    factors, heights = np.array(list(values)), np.array(list(values.values()))
    fine = np.arange(factors[0], factors[-1] + 0.0005, 0.001)
    good = fine[np.interp(fine, factors, heights) <= heights.min() + 1.0]
    return float(good[0]), float(good[-1])


def residual_lines(table: pd.DataFrame) -> list[str]:
    """Return the residuals as lines of a Markdown table."""
    lines = ["| statement | use | stated | modelled | sigma | residual |", "|---|---|---|---|---|---|"]
    for row in table.to_dict("records"):
        low, high = row["low"], row["high"]
        stated = f"{low:.3f}" if low == high else f"{low:.2f} to {high:.2f}"
        numbers = f"{row['modelled']:.3f} | {row['sigma']:.2f} | {row['residual']:+.2f}"
        lines.append(f"| {row['statement']} | {row['use']} | {stated} | {numbers} |")
    return lines


def objective_lines(values: Mapping[float, float]) -> list[str]:
    """Return the objective by growth factor as lines of a Markdown table."""
    rows = [f"| {factor:.2f} | {value:.2f} |" for factor, value in values.items()]
    return ["| g | objective |", "|---|---|", *rows]


def rewrite(folder: Path, calibration: Calibration, opening: date, factor: float) -> None:
    """Write the fitted racks, low and high into demand.csv and the factor into growth.csv; the rest stays."""
    path = folder / "demand.csv"
    text = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = text.assign(date=text["date"].map(date.fromisoformat))
    new = grown(calibration.growth, numbers, opening, factor)
    for name in ("racks", "low", "high"):
        text[name] = new[name].astype("int64").astype(str)
    text.to_csv(path, index=False, lineterminator="\n")
    path = folder / "calibration" / "growth.csv"
    growth = pd.read_csv(path, dtype=str, keep_default_na=False)
    growth.loc[growth["fitted"] == "true", "factor"] = f"{factor:g}"
    growth.to_csv(path, index=False, lineterminator="\n")


def print_plan(folder: Path) -> None:
    """Print the statements read off the optimised and the as-announced plan of a plan folder."""
    case = load(folder / "inputs")
    calendar, calibration = make_calendar(case.info), read_calibration(case_folder("iij"))
    for name, tables in {"optimised": "tables", "as announced": "as_announced/tables"}.items():
        racks = pd.read_csv(folder / tables / "racks.csv")
        print(f"\n{name}\n", *residual_lines(residuals(case, calendar, calibration, racks)), sep="\n")


def main() -> None:
    """Search, evaluate or rewrite, as asked."""
    parser = argparse.ArgumentParser(description="Fit the growth of the default case to public statements.")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--at", type=float, metavar="G", help="print the residuals at one growth factor")
    group.add_argument("--plan", type=Path, metavar="FOLDER", help="read the statements off a saved plan")
    group.add_argument("--write", action="store_true", help="rewrite demand.csv with the fitted factor")
    asked = parser.parse_args()
    if asked.plan:
        print_plan(asked.plan)
        return
    folder = case_folder("iij")
    fit = Fit(folder)
    best, values = (
        (asked.at, {asked.at: fit.objective(asked.at)}) if asked.at is not None else search(fit.objective)
    )
    print(
        f"growth factor g = {best:.2f}, objective {values[best]:.2f}",
        "",
        *residual_lines(fit.at(best)),
        sep="\n",
    )
    print("", *objective_lines(values), sep="\n")
    if len(values) > 1:
        low_end, high_end = equally_good(values)
        print(f"\nwithin 1 of the minimum: g from {low_end:.2f} to {high_end:.2f}")
    if asked.write:
        rewrite(folder, fit.calibration, fit.case.info.as_of, best)
        print(f"\nwritten: demand.csv and calibration/growth.csv at g = {best:.2f}")


if __name__ == "__main__":
    main()
