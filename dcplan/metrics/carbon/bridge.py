"""Fleet and owned boundaries side by side: why emissions changed from year to year, and what only moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.factors import LOCATION, in_force
from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.carbon.books import CarbonBooks

    Frame = pd.DataFrame
    Tables = Mapping[str, pd.DataFrame]

ROWS = (
    "opening", "moved_between_boundaries", "moved_within_boundary", "demand_and_churn", "pue",
    "self_generation", "grid_factor", "closing",
)  # fmt: skip
CAUSES = ROWS[1:-1]
BOUNDARIES = ("owned", "leased", "fleet")


def boundary_bridge(books: CarbonBooks, register: Frame) -> Frame:
    r"""Return location-based emissions of all energy from one fiscal year to the next, by cause and boundary.

    With L the IT energy of a site, r its facility over IT energy, S self-generation, f the factor (0 the year
    before, 1 the year), and M the IT energy of racks that moved in since the opening, less what moved out:

    $$ \Delta t = \Delta M^{between} r_0 f_0 + \Delta M^{within} r_0 f_0
       + (\Delta L - \Delta M) r_0 f_0 + L_1 \Delta r f_0 - \Delta S f_0
       + (L_1 r_1 - S_1) \Delta f $$

    exactly, site by site; where a site had no IT energy in one of the years, r of the other stands for it.
    `moved_between_boundaries` is what racks carried from leased to owned sites, or back: it lowers one
    boundary and raises the other, and only its sum, the row of the fleet, is a change of emissions. Hence
    `claimable_boundary` is the fleet. The first reported year has no year before; it opens the series.

    Columns: fiscal_year, basis, factor_set, row (`ROWS`), owned_tco2e, leased_tco2e, fleet_tco2e,
    claimable_boundary.
    """
    state = _state(books, register)
    moved = moved_it(books.tables, books.inputs)
    changes = _changes(state, moved, books.years)
    keys = ["fiscal_year", "factor_set", "ownership", "row"]
    sums = changes.groupby(keys)["tco2e"].sum().unstack("ownership").reindex(columns=["owned", "leased"])
    table = (
        sums.fillna(0.0).rename_axis(columns=None).reset_index()
    )  # a fleet without leased sites: nothing there
    table["fleet"] = table["owned"] + table["leased"]
    table = table.rename(columns={name: f"{name}_tco2e" for name in BOUNDARIES})
    table["order"] = table["row"].map({name: i for i, name in enumerate(ROWS)})
    table = table.sort_values(["factor_set", "fiscal_year", "order"], ignore_index=True)
    table["basis"] = "plan"
    table["claimable_boundary"] = "fleet"
    table["decided_with"] = table["factor_set"] == books.factor_set
    columns = ["fiscal_year", "basis", "factor_set", "decided_with", "row"]
    return table[[*columns, *(f"{name}_tco2e" for name in BOUNDARIES), "claimable_boundary"]]


def _state(books: CarbonBooks, register: Frame) -> Frame:
    """Return L, r, S and f of every site, fiscal year and factor set."""
    energy = books.energy
    factors = in_force(register, LOCATION).rename(columns={"subject": "grid_area", "factor_value": "f"})
    rows = energy.merge(
        factors[["factor_set", "grid_area", "fiscal_year", "f"]], on=["grid_area", "fiscal_year"]
    )
    rows["L"], rows["S"] = rows["it_mwh"], rows["facility_mwh"] - rows["grid_mwh"]
    rows["r"] = rows["facility_mwh"] / rows["it_mwh"].where(rows["it_mwh"] > 0)
    rows["idle"] = rows["facility_mwh"].where(rows["it_mwh"] <= 0, 0.0)
    return rows[["site", "ownership", "fiscal_year", "factor_set", "L", "r", "S", "f", "idle"]]


def moved_it(tables: Tables, inputs: Any) -> Frame:
    """Return the IT energy at each site of racks moved in since the opening, less those moved out.

    Columns: site, fiscal_year, between_mwh (across the boundary of ownership), within_mwh. A rack counts from
    the period of its move with the energy of its class; what leaves by churn later is demand.
    """
    periods = tables["periods"][["period"]].assign(order=range(len(tables["periods"])))
    halls = inputs["halls"][["hall", "site"]].merge(inputs["sites"][["site", "ownership"]], on="site")
    moves = tables["moves"].merge(periods, on="period")
    for side in ("from", "to"):
        names = {"hall": f"{side}_hall", "site": f"{side}_site", "ownership": f"{side}_ownership"}
        moves = moves.merge(halls.rename(columns=names), on=f"{side}_hall")
    moves = moves[moves["from_site"] != moves["to_site"]]
    moves["kind"] = np.where(moves["from_ownership"] != moves["to_ownership"], "between_mwh", "within_mwh")
    both = pd.concat(
        [
            moves.assign(site=moves["to_site"], sign=1.0),
            moves.assign(site=moves["from_site"], sign=-1.0),
        ],
        ignore_index=True,
    )
    both["racks"] = both["racks"] * both["sign"]
    each = _mwh_per_rack(tables).merge(periods.rename(columns={"order": "later"}), on="period")
    rows = both[["class", "site", "kind", "order", "racks"]].merge(
        each.drop(columns="period").assign(year=each["fiscal_year"]), on="class"
    )
    rows = rows[rows["later"] >= rows["order"]]
    rows["mwh"] = rows["racks"] * rows["mwh_per_rack"]
    wide = rows.pivot_table(
        index=["site", "fiscal_year"], columns="kind", values="mwh", aggfunc="sum", fill_value=0.0
    )
    return wide.reindex(columns=["between_mwh", "within_mwh"]).fillna(0.0).reset_index()  # no such move


def _mwh_per_rack(tables: Tables) -> Frame:
    """Return the IT energy of a rack by class and period; it is the same at every site."""
    it = tables["class_energy"].groupby(["class", "period"])["it_mwh"].sum()
    racks = tables["racks"].groupby(["class", "period"])["racks"].sum()
    each = (it / racks.where(racks > 0)).fillna(0.0).rename("mwh_per_rack").reset_index()
    return each.merge(years_of(tables), on="period")


def _changes(state: Frame, moved: Frame, years: list[int]) -> Frame:
    """Return the causes of every year's change by site and factor set, with opening and closing."""
    keys = ["site", "ownership", "factor_set"]
    before = state.assign(fiscal_year=state["fiscal_year"] + 1)
    rows = before.merge(state, on=[*keys, "fiscal_year"], suffixes=("0", "1"))
    for name in ("between_mwh", "within_mwh"):
        now = moved[["site", "fiscal_year", name]]
        past = now.assign(fiscal_year=now["fiscal_year"] + 1).rename(columns={name: "past"})
        rows = rows.merge(now, how="left", on=["site", "fiscal_year"])
        rows = rows.merge(past, how="left", on=["site", "fiscal_year"])
        rows[name] = rows[name].fillna(0.0) - rows["past"].fillna(0.0)  # no move there so far
        rows = rows.drop(columns="past")
    r0 = rows["r0"].fillna(rows["r1"]).fillna(0.0)  # no IT energy in either year: no racks to explain
    r1 = rows["r1"].fillna(rows["r0"]).fillna(0.0)
    f0, f1 = rows["f0"], rows["f1"]
    parts = {
        "opening": (rows["L0"] * r0 + rows["idle0"] - rows["S0"]) * f0,
        "moved_between_boundaries": rows["between_mwh"] * r0 * f0,
        "moved_within_boundary": rows["within_mwh"] * r0 * f0,
        "demand_and_churn": (rows["L1"] - rows["L0"] - rows["between_mwh"] - rows["within_mwh"]) * r0 * f0,
        "pue": (rows["L1"] * (r1 - r0) + rows["idle1"] - rows["idle0"]) * f0,
        "self_generation": -(rows["S1"] - rows["S0"]) * f0,
        "grid_factor": (rows["L1"] * r1 + rows["idle1"] - rows["S1"]) * (f1 - f0),
        "closing": (rows["L1"] * r1 + rows["idle1"] - rows["S1"]) * f1,
    }
    head = rows[[*keys, "fiscal_year"]]
    long = pd.concat([head.assign(row=name, tco2e=value) for name, value in parts.items()], ignore_index=True)
    return long[long["fiscal_year"].isin(years)]
