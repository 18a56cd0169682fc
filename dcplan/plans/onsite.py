"""Tables of batteries and panels: what is bought, what is cut, and purchases as payments and assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.rules_projects import asset_name
from dcplan.model.once import once
from dcplan.model.onsite import KINDS, REPLACED
from dcplan.model.variables import bought
from dcplan.plans.evaluate import Outline, outline

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context


def onsite_tables(model: PlanningModel, values: Floats) -> dict[str, pd.DataFrame]:
    """Return `onsite` (site, fiscal_year, `KINDS`) and `battery_cuts` (site, period, peak_cut_kw).

    Each stands only in a plan whose case has options, or a battery.
    """
    p, tables = model.program, {}
    offered = _offered(p, model.context)
    if offered is not None:
        numbers = dict.fromkeys(KINDS, 0.0) | offered.at(values)
        tables["onsite"] = offered.labels.assign(**numbers)
    if p.has("peak_cut_kw"):
        tables["battery_cuts"] = p.table("peak_cut_kw", values)
    return tables


@once
def _offered(p: Program, c: Context) -> Outline | None:
    """Return what may be bought at the sites with options; no variable: it cannot be bought yet."""
    m = c.tables
    sites = [site for site in m.owned_sites if site in set(m.onsite.units["site"])]
    if not sites:
        return None
    grid = m.grid(site=sites, fiscal_year=m.fiscal_years)
    return outline(grid, **{kind: p[kind] for kind in KINDS if p.has(kind)})


@once
def _bought(p: Program, c: Context) -> Expr | None:
    return None if c.schedule.onsite.vintages.empty else bought(p, c)


def purchases(model: PlanningModel, values: Floats) -> pd.DataFrame | None:
    """Return what is bought: project, start_period, units, one row a unit and year in which it is bought.

    None where nothing is.
    """
    units = _bought(model.program, model.context)
    if units is None:
        return None
    table = units.frame(values, "units", ["project", "start_period"])
    table = table[table["units"] != 0.0].reset_index(drop=True)
    return None if table.empty else table


def bought_payments(model: PlanningModel, found: pd.DataFrame) -> pd.DataFrame:
    """Return the payments of purchases: columns of `assets.payments_table`."""
    rows = found.merge(model.context.schedule.onsite.payments, on=["project", "start_period"])
    rows = rows.assign(mjpy=rows["mjpy"] * rows["units"], project=_names(model, rows, "day"))
    return rows[["project", "day", "period", "fiscal_year", "mjpy", "sunk", "term"]]


def bought_assets(model: PlanningModel, found: pd.DataFrame) -> pd.DataFrame:
    """Return the assets of purchases: columns of `assets.assets_table`."""
    rows = found.merge(model.context.schedule.onsite.assets, on=["project", "start_period"])
    rows = rows.assign(project=_names(model, rows, "service_date"), opening=False)
    pairs = zip(rows["project"], rows["asset_class"], strict=True)
    rows["asset"] = [asset_name(project, kind) for project, kind in pairs]
    return rows.assign(cost_mjpy=rows["cost"] * rows["units"])


def _names(model: PlanningModel, rows: pd.DataFrame, day: str) -> list[str]:
    """Return a name of each purchase and replacement: `battery_kw Shiroi FY2025 replaced FY2035`."""
    keys = ["project", "start_period", day]
    told = model.context.schedule.onsite.payments.rename(columns={"day": day})
    terms = rows[keys].merge(told[[*keys, "term", "fiscal_year"]], how="left", on=keys)
    years = dict(
        zip(model.context.tables.periods["period"], model.context.tables.periods["fiscal_year"], strict=True)
    )
    named = []
    for project, start, term, year in zip(
        terms["project"], terms["start_period"], terms["term"], terms["fiscal_year"], strict=True
    ):
        again = f" replaced FY{year}" if term == REPLACED else ""
        named.append(f"{project} FY{years[start]}{again}")
    return named
