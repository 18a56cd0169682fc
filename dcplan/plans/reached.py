"""What a plan reaches of its targets: totals by boundary and fiscal year, ratios of sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.model import hourly
from dcplan.model.variables import targets, usable_instruments
from dcplan.plans.evaluate import summed

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints
    from dcplan.model import PlanningModel
    from dcplan.model.tables import Tables

BINDING = 1e-6
"""Share of a limit within which it is reached."""
METRICS = ("renewable_share", "location_tco2e", "pue")
"""What follows from the totals of a fiscal year."""
ENERGY = ["it_mwh", "facility_mwh", "onsite_mwh"]


@dataclass(frozen=True, eq=False)
class _Counted:
    """Which rows of a table count towards a total, and the place of the fiscal year of each of them."""

    rows: Ints
    place: Ints

    def sums(self, table: pd.DataFrame, columns: list[str], years: int) -> Floats:
        """Return the totals of some columns: (columns, years)."""
        return summed(self.place, years, *(table[name].to_numpy()[self.rows] for name in columns))


def targets_table(
    model: PlanningModel,
    decisions: dict[str, pd.DataFrame],
    site_energy: pd.DataFrame,
    emissions: pd.DataFrame,
    values: Floats,
) -> pd.DataFrame:
    """Return each target by fiscal year with what the plan reaches, its miss and whether it binds."""
    m = model.context.tables
    rows, place = _known(m)
    totals = [_total(m, *asked, site_energy, emissions, decisions["claims"]) for asked in _asked(m)]
    actual = np.concatenate([*totals, [np.nan]])[place]  # the place -1 is the last one
    if (rows["metric"] == hourly.METRIC).any():
        for hours in hourly.hourly_targets(model.program, model.context):
            matched, drawn, _ = hours.measured(values)
            at = (rows["target"] == hours.row["target"]) & (rows["fiscal_year"] == hours.row["fiscal_year"])
            actual[at.to_numpy()] = matched / drawn if drawn > 0.0 else np.nan
    value, miss = rows["value"].to_numpy(dtype=float), decisions["misses"]["miss"].to_numpy()
    at_limit = np.abs(actual - value) <= BINDING * np.maximum(np.abs(value), 1.0)
    return rows.assign(actual=actual, miss=miss, binding=at_limit | (miss > BINDING))


@once_of_first
def _asked(m: Tables) -> list[tuple[str, str]]:
    """Return the boundaries and metrics of the targets that follow from totals."""
    rows = targets(m)
    pairs = dict.fromkeys(zip(rows["boundary"], rows["metric"], strict=True))
    return [(boundary, metric) for boundary, metric in pairs if metric in METRICS]


@once_of_first
def _known(m: Tables) -> tuple[pd.DataFrame, Ints]:
    """Return the targets, and the place of the total that each asks for: by `_asked` and by year, or -1."""
    rows, years = targets(m), m.fiscal_years
    places = {name: at for at, name in enumerate((*asked, year) for asked in _asked(m) for year in years)}
    wanted = zip(rows["boundary"], rows["metric"], rows["fiscal_year"], strict=True)
    place = np.array([places.get(name, -1) for name in wanted], dtype=np.int64)
    return rows[["target", "fiscal_year", "metric", "boundary", "value"]], place


@once_of_first
def _counted(m: Tables) -> dict[str, _Counted]:
    """Return what counts towards a fiscal year: of claims, and by boundary of energy and of emissions."""
    sites, years = m.case["sites"]["site"], np.array(m.fiscal_years)
    kinds, claims = m.case["instruments"], usable_instruments(m)
    green = claims["instrument"].isin(kinds.loc[kinds["renewable"], "instrument"]).to_numpy()
    found = {"claims": _Counted(np.flatnonzero(green), np.searchsorted(years, claims["fiscal_year"])[green])}
    for boundary, names in (("owned", m.owned_sites), ("fleet", [*m.owned_sites, *m.leased_sites])):
        inside = np.flatnonzero(sites.isin(names))[:, None]
        for table, year in (("energy", m.periods["fiscal_year"].to_numpy()), ("emissions", years)):
            rows = (inside * year.size + np.arange(year.size)).ravel()
            found[f"{table} {boundary}"] = _Counted(rows, np.tile(np.searchsorted(years, year), inside.size))
    return found


def _total(
    m: Tables,
    boundary: str,
    metric: str,
    site_energy: pd.DataFrame,
    emissions: pd.DataFrame,
    claims: pd.DataFrame,
) -> Floats:
    """Return one of `METRICS` inside a boundary by fiscal year; ratios of sums."""
    counted, years = _counted(m), len(m.fiscal_years)
    if metric == "location_tco2e":
        (total,) = counted[f"emissions {boundary}"].sums(emissions, [metric], years)
        return np.asarray(total)
    it, facility, onsite = counted[f"energy {boundary}"].sums(site_energy, ENERGY, years)
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing runs inside
        if metric == "pue":
            return np.asarray(facility / it)
        (claimed,) = counted["claims"].sums(claims, ["claimed_mwh"], years)
        return np.asarray((onsite + np.nan_to_num(claimed)) / facility)  # no instrument: nothing claimed
