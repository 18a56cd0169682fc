"""Decision tables: what a plan decided, in whole racks, as tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.model.onsite import KINDS
from dcplan.model.variables import added_racks, leased_racks, released_racks
from dcplan.model.variables import targets as targets_in_force
from dcplan.plans.assets import upgrades_table
from dcplan.plans.evaluate import frame
from dcplan.plans.onsite import onsite_tables
from dcplan.plans.whole import WHOLE, whole

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.lp.labels import Floats
    from dcplan.model import PlanningModel

TIE = 1e-9
DUST = 6
"""Decimals of a kW or kWh that is bought."""


def decision_tables(model: PlanningModel, values: Floats) -> dict[str, pd.DataFrame]:
    """Return racks, halls, upgrades, sites, leases, contract, claims, unserved and misses of a solution."""
    p, m = model.program, model.context.tables
    tables = {"racks": racks_table(model, values)}
    in_service = p.table("in_service", values) if p.has("in_service") else pd.DataFrame()
    tables["halls"] = _halls(model, in_service)
    tables["upgrades"] = upgrades_table(model, values)
    stays = p.table("kept", values).merge(model.context.leases.stays, on=["site", "term"])
    stays["kept"] = whole(stays["kept"])
    owned = m.grid(site=m.owned_sites, period=m.period_labels).assign(kept=1)
    tables["sites"] = pd.concat([owned, stays[["site", "period", "kept"]]], ignore_index=True)
    tables["leases"] = _leases(model, values)
    tables["contract"] = p.table("contract_kw", values)
    tables["claims"] = p.table("claimed_mwh", values)
    tables["ppas"] = _ppas(model, values)
    tables |= onsite_tables(model, values)
    tables["unserved"] = _unserved(model, values)
    misses = p.table("target_miss", values).rename(columns={"target_miss": "miss"})
    every = targets_in_force(m)[["target", "fiscal_year"]]
    tables["misses"] = every.merge(misses, how="left", on=["target", "fiscal_year"]).fillna({"miss": 0.0})
    return tables


def _ppas(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return the contracts in MW by the fiscal year in which they start; no offer, no row."""
    columns = ["instrument", "site", "start_year", "contracted_mw"]
    if not model.program.has("contracted_mw"):
        return pd.DataFrame(columns=columns)
    return model.program.table("contracted_mw", values)[columns]


def racks_table(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return racks with what moved out, churned and was placed; whole outside the tail.

    Churn is the due share of the racks before the year's turn, rounded down outside the tail; placed is what
    remains of the change.
    """
    p, m = model.program, model.context.tables
    keys = ["class", "hall", "period"]
    table = p.table("racks", values).merge(p.table("moved_out", values), how="left", on=keys)
    table = table.fillna({"moved_out": 0.0})  # a class that may not move has no such variable
    tail = table["period"].map(m.periods.set_index("period")["tail"]).to_numpy(dtype=bool)
    for name in ("racks", "moved_out"):
        table[name] = _rounded(table[name], tail)
    pairs = pd.MultiIndex.from_frame(m.eligible[["class", "hall"]])
    shape = (len(pairs), len(m.period_labels))
    racks, moved = (table[name].to_numpy().reshape(shape) for name in ("racks", "moved_out"))
    before = np.hstack([m.opening.to_numpy()[:, None], racks[:, :-1]])
    rate = m.wide["churn"].loc[pairs.get_level_values("class")].to_numpy()
    in_tail = tail.reshape(shape)
    churned = np.where(in_tail, rate * before, np.floor(rate * before + TIE))
    table["churned"] = churned.ravel()
    table["placed"] = np.maximum(0.0, racks - before + churned + moved).ravel()
    return table


def settled(model: PlanningModel, values: Floats) -> Floats:
    """Return the solution without moves that nothing asks for, and without the dust of a solver.

    What leaves a hall and is placed in it again in the same period has not moved; where moves are free a
    solver may leave such pairs in. What is bought for sites is rounded to a millionth of a kW or kWh.
    """
    table = racks_table(model, values)
    table["idle"] = table[["moved_out", "placed"]].min(axis=1)
    block = model.program.blocks.variables["moved_out"]
    idle = block.frame().merge(table, how="left", on=["class", "hall", "period"])["idle"].to_numpy()
    out = values.copy()
    out[block.start : block.stop] = np.maximum(0.0, out[block.start : block.stop] - idle)
    for kind in (name for name in KINDS if model.program.has(name)):
        bought = model.program.blocks.variables[kind]
        out[bought.start : bought.stop] = np.round(out[bought.start : bought.stop], DUST) + 0.0
    return out


def _rounded(values: pd.Series[float], tail: npt.NDArray[np.bool_]) -> Floats:
    rounded = values.round()
    near = (values - rounded).abs() <= WHOLE
    if not (near | tail).all():
        message = f"not a whole number of racks: {values[~(near | tail)].iloc[0]}"
        raise ValueError(message)
    return np.where(near, rounded, values) + 0.0


def _halls(model: PlanningModel, state: pd.DataFrame) -> pd.DataFrame:
    m = model.context.tables
    grid = m.grid(hall=m.owned_halls, period=m.period_labels)
    known = state.set_index(["hall", "period"])["in_service"] if not state.empty else pd.Series(dtype=float)
    found = (
        known.reindex(pd.MultiIndex.from_frame(grid))
        if not state.empty
        else pd.Series(np.nan, index=range(len(grid)))
    )
    existing = grid["hall"].isin(m.existing).to_numpy()
    values = np.where(
        existing, 1.0, found.fillna(0.0).to_numpy()
    )  # no variable: not yet allowed, so not in service
    return grid.assign(in_service=whole(pd.Series(values)))


def _leases(model: PlanningModel, values: Floats) -> pd.DataFrame:
    p, c = model.program, model.context
    keys = ["lease", "period"]
    table = c.tables.grid(lease=list(c.leases.leases["lease"]), period=c.tables.period_labels)
    parts = {
        "leased_racks": leased_racks(p, c),
        "released_racks": released_racks(p, c),
        "added_racks": added_racks(p, c).rename(start_period="period"),
    }
    for name, part in parts.items():
        found = frame(part, values, keys, name)
        table = table.merge(found, how="left", on=keys).fillna({name: 0.0})  # no window: nothing changes
        table[name] = whole(table[name])
    return table


def _unserved(model: PlanningModel, values: Floats) -> pd.DataFrame:
    if model.program.has("unserved"):
        table = model.program.table("unserved", values)
        return table.rename(columns={"unserved": "unserved_racks"})
    index = model.context.tables.demand.index.to_frame(index=False)
    return index.assign(unserved_racks=0.0)
