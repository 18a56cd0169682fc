"""Plan against actual: what was planned for the time that has passed, what came, and why they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Tables = Mapping[str, pd.DataFrame]

ENERGY_TERMS = ("energy_owned", "energy_leased", "demand_charge")
"""Cost terms that an energy bill holds."""
_ENERGY = ["it_mwh", "facility_mwh", "cost_mjpy"]


def planned_energy(tables: Tables, passed: Collection[str]) -> pd.DataFrame:
    """Return the energy and its bills that a plan had for the periods that have passed.

    Columns: site, fiscal_year, it_mwh, facility_mwh, cost_mjpy.
    """
    years = tables["periods"][["period", "fiscal_year"]]
    energy = tables["site_energy"][tables["site_energy"]["period"].isin(passed)].merge(years, on="period")
    energy = energy.groupby(["site", "fiscal_year"], as_index=False)[["it_mwh", "facility_mwh"]].sum()
    costs = tables["costs"]
    costs = costs[costs["term"].isin(ENERGY_TERMS) & costs["period"].isin(passed)].merge(years, on="period")
    paid = costs.groupby(["site", "fiscal_year"])["mjpy"].sum().rename("cost_mjpy").reset_index()
    return energy.merge(paid, on=["site", "fiscal_year"], how="left").fillna({"cost_mjpy": 0.0})


def energy_bridge(plan: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    r"""Return plan, actual and the causes of their difference, by site and fiscal year, in MWh and M JPY.

    With L the IT energy, r facility over IT energy and q the price of a facility MWh (p plan, a actual):

    $$ \Delta E = (L_a - L_p)\, r_p + L_a (r_a - r_p) \quad [\mathrm{MWh}] $$
    $$ \Delta C = (L_a - L_p)\, r_p q_p + L_a (r_a - r_p)\, q_p + E_a (q_a - q_p) \quad [\mathrm{M\,JPY}] $$

    Volume, PUE and price in this order; they sum to the difference exactly. Where a site had no IT energy
    (or no energy) on one side, the ratio (or price) of the other side stands for it.

    Args:
        plan: site, fiscal_year, it_mwh, facility_mwh, cost_mjpy.
        actual: the same columns; only pairs that both tables hold are compared.

    Returns:
        site, fiscal_year, the six figures (plan_*, actual_*), volume_mwh, pue_mwh, volume_mjpy, pue_mjpy,
        price_mjpy.
    """
    keys = ["site", "fiscal_year"]
    rows = plan.merge(actual, on=keys, suffixes=("_plan", "_actual"))
    rows = rows.rename(columns={f"{n}_{side}": f"{side}_{n}" for n in _ENERGY for side in ("plan", "actual")})
    sides = ("plan", "actual")
    ratio = {side: _ratio(rows[f"{side}_facility_mwh"], rows[f"{side}_it_mwh"]) for side in sides}
    price = {side: _ratio(rows[f"{side}_cost_mjpy"], rows[f"{side}_facility_mwh"]) for side in sides}
    for known in (ratio, price):
        known["plan"], known["actual"] = (
            known["plan"].fillna(known["actual"]).fillna(0.0),
            known["actual"].fillna(known["plan"]).fillna(0.0),
        )
    more = rows["actual_it_mwh"] - rows["plan_it_mwh"]
    rows["volume_mwh"] = more * ratio["plan"]
    rows["pue_mwh"] = rows["actual_it_mwh"] * (ratio["actual"] - ratio["plan"])
    rows["volume_mjpy"] = rows["volume_mwh"] * price["plan"]
    rows["pue_mjpy"] = rows["pue_mwh"] * price["plan"]
    rows["price_mjpy"] = rows["actual_facility_mwh"] * (price["actual"] - price["plan"])
    return rows


def _ratio(above: pd.Series[float], below: pd.Series[float]) -> pd.Series[float]:
    return above / below.where(below != 0)


def capex_bridge(planned: pd.DataFrame, actual: pd.DataFrame, years: Collection[int]) -> pd.DataFrame:
    """Return cash CAPEX by project and fiscal year: plan_mjpy, actual_mjpy and difference_mjpy.

    Args:
        planned: project, fiscal_year, mjpy of the plan, dated before the new opening day.
        actual: the same columns, as paid.
        years: fiscal years that have passed, wholly or in part.
    """
    keys = ["project", "fiscal_year"]
    sides = {"plan_mjpy": planned, "actual_mjpy": actual}
    sums = [rows.groupby(keys)["mjpy"].sum().rename(name) for name, rows in sides.items()]
    both = pd.concat(sums, axis=1).fillna(0.0).rename_axis(keys).reset_index()  # nothing planned, or paid
    both["difference_mjpy"] = both["actual_mjpy"] - both["plan_mjpy"]
    return both[both["fiscal_year"].isin(years)].reset_index(drop=True)


def rack_bridge(tables: Tables, last: str, actual: pd.DataFrame) -> pd.DataFrame:
    """Return racks by class and hall at the end of the last period that has passed, plan and actual.

    Args:
        tables: plan table `racks`.
        last: the last period that has passed.
        actual: class, hall, racks.
    """
    keys = ["class", "hall"]
    planned = tables["racks"][tables["racks"]["period"] == last]
    sides = {"plan_racks": planned, "actual_racks": actual}
    both = pd.concat([rows.groupby(keys)["racks"].sum().rename(n) for n, rows in sides.items()], axis=1)
    both = both.fillna(0.0).rename_axis(keys).reset_index()  # pairs not listed hold no racks
    both["difference_racks"] = both["actual_racks"] - both["plan_racks"]
    return both[(both["plan_racks"] != 0) | (both["actual_racks"] != 0)].reset_index(drop=True)


def peak_bridge(planned: pd.Series[float], actual: pd.DataFrame) -> pd.DataFrame:
    """Return the highest peak of the last twelve months by site: plan_kw, actual_kw and difference_kw.

    Args:
        planned: (site) the plan's highest peak of the same months [kW].
        actual: site, peak_kw as metered; only sites that both know are compared.
    """
    rows = actual[actual["site"].isin(planned.index)].reset_index(drop=True)
    table = pd.DataFrame({"site": rows["site"], "plan_kw": rows["site"].map(planned).astype(float)})
    table["actual_kw"] = rows["peak_kw"].astype(float)
    table["difference_kw"] = table["actual_kw"] - table["plan_kw"]
    return table
