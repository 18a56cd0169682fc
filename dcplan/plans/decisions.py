"""Decision tables: what a plan decided, in whole racks, as tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.model import variables
from dcplan.model.once import once
from dcplan.model.onsite import KINDS
from dcplan.plans.assets import upgrades_table
from dcplan.plans.evaluate import Outline, outline
from dcplan.plans.onsite import onsite_tables
from dcplan.plans.whole import WHOLE, whole

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.lp.labels import Floats
    from dcplan.lp.program import Program
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables

    Bools = npt.NDArray[np.bool_]

TIE = 1e-9
DUST = 6
"""Decimals of a kW or kWh that is bought."""


def decision_tables(model: PlanningModel, values: Floats) -> dict[str, pd.DataFrame]:
    """Return racks, halls, upgrades, sites, leases, contract, claims, unserved and misses of a solution."""
    outlines = _outlines(model.program, model.context)
    tables = {"racks": racks_table(model, values)}
    tables["halls"] = _halls(model, values, outlines["halls"])
    tables["upgrades"] = upgrades_table(model, values)
    tables["sites"] = _sites(model, values, outlines["sites"])
    leases = outlines["leases"]
    racks = {name: whole(numbers) for name, numbers in leases.at(values).items()}
    tables["leases"] = leases.labels.assign(**racks)
    tables["contract"] = outlines["contract"].table(values)
    tables["claims"] = outlines["claims"].table(values)
    tables["ppas"] = _ppas(model, values)
    tables |= onsite_tables(model, values)
    tables["unserved"] = _unserved(model, values)
    tables["misses"] = outlines["misses"].table(values)
    return tables


@once
def _outlines(p: Program, c: Context) -> dict[str, Outline]:
    """Return the tables of variables. Where there is none, a hall is not yet allowed, no rack changes."""
    m = c.tables
    leases = m.grid(lease=list(c.leases.leases["lease"]), period=m.period_labels)
    owned = m.grid(site=m.owned_sites, period=m.period_labels)
    sites = pd.concat([owned, c.leases.stays[["site", "period"]]], ignore_index=True)
    return {
        "halls": outline(m.grid(hall=m.owned_halls, period=m.period_labels), in_service=p["in_service"]),
        "sites": outline(sites, kept=variables.kept(p, c)),
        "leases": outline(
            leases,
            leased_racks=variables.leased_racks(p, c),
            released_racks=variables.released_racks(p, c),
            added_racks=variables.added_racks(p, c).rename(start_period="period"),
        ),
        "contract": outline(owned, contract_kw=p["contract_kw"]),
        "claims": outline(variables.usable_instruments(m), claimed_mwh=p["claimed_mwh"]),
        "misses": outline(variables.targets(m)[["target", "fiscal_year"]], miss=p["target_miss"]),
    }


def _ppas(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return the contracts in MW by the fiscal year in which they start; no offer, no row."""
    columns = ["instrument", "site", "start_year", "contracted_mw"]
    if not model.program.has("contracted_mw"):
        return pd.DataFrame(columns=columns)
    return model.program.table("contracted_mw", values)[columns]


@once
def _placed_racks(p: Program, m: Tables) -> Outline:
    """Return racks and moves of every (class, hall, period); a class that may not move has no moves."""
    return outline(m.triples, racks=p["racks"], moved_out=p["moved_out"])


@once_of_first
def _churn_rate(m: Tables) -> Floats:
    """Return the share of racks that is due to leave: (pair of class and hall, period)."""
    return m.wide["churn"].loc[m.eligible["class"]].to_numpy()


def racks_table(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return racks with what moved out, churned and was placed; whole outside the tail."""
    labels = _placed_racks(model.program, model.context.tables).labels
    return labels.assign(**_flows(model, values))


def _flows(model: PlanningModel, values: Floats) -> dict[str, Floats]:
    """Return racks, moved_out, churned and placed of every (class, hall, period).

    Churn is the due share of the racks before the year's turn, rounded down outside the tail; placed is what
    remains of the change.
    """
    m = model.context.tables
    tail = m.periods["tail"].to_numpy(dtype=bool)
    rate = _churn_rate(m)
    found = _placed_racks(model.program, m).at(values)
    racks, moved = (_rounded(found[name].reshape(rate.shape), tail) for name in ("racks", "moved_out"))
    before = np.hstack([m.opening.to_numpy()[:, None], racks[:, :-1]])
    churned = np.where(tail, rate * before, np.floor(rate * before + TIE))
    placed = np.maximum(0.0, racks - before + churned + moved)
    flows = {"racks": racks, "moved_out": moved, "churned": churned, "placed": placed}
    return {name: numbers.ravel() for name, numbers in flows.items()}


def settled(model: PlanningModel, values: Floats) -> Floats:
    """Return the solution without moves that nothing asks for, and without the dust of a solver.

    What leaves a hall and is placed in it again in the same period has not moved; where moves are free a
    solver may leave such pairs in. What is bought for sites is rounded to a millionth of a kW or kWh.
    """
    flows = _flows(model, values)
    moves = _placed_racks(model.program, model.context.tables).numbers["moved_out"]
    idle = np.minimum(flows["moved_out"], flows["placed"])[moves.row]
    out = values.copy()
    out[moves.col] = np.maximum(0.0, out[moves.col] - idle)
    for kind in (name for name in KINDS if model.program.has(name)):
        bought = model.program.blocks.variables[kind]
        out[bought.start : bought.stop] = np.round(out[bought.start : bought.stop], DUST) + 0.0
    return out


def _rounded(values: Floats, tail: Bools) -> Floats:
    """Round racks (pair, period) that are as good as whole, as those outside the tail must be."""
    rounded = np.round(values)
    near = np.abs(values - rounded) <= WHOLE
    if not (near | tail).all():
        message = f"not a whole number of racks: {values[~(near | tail)][0]}"
        raise ValueError(message)
    return np.where(near, rounded, values) + 0.0


def _halls(model: PlanningModel, values: Floats, halls: Outline) -> pd.DataFrame:
    state = whole(halls.at(values)["in_service"])
    existing = halls.labels["hall"].isin(model.context.tables.existing).to_numpy()
    return halls.labels.assign(in_service=np.where(existing, 1, state))


def _sites(model: PlanningModel, values: Floats, sites: Outline) -> pd.DataFrame:
    """Return whether a site is kept; owned ones, which come first, always are."""
    m = model.context.tables
    kept = whole(sites.at(values)["kept"])
    kept[: len(m.owned_sites) * len(m.period_labels)] = 1
    return sites.labels.assign(kept=kept)


@once_of_first
def _demanded(m: Tables) -> pd.DataFrame:
    return m.demand.index.to_frame(index=False)


def _unserved(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return the racks that find no place; none where the model has to place them all."""
    racks: Floats | float = 0.0
    if model.program.has("unserved"):
        block = model.program.blocks.variables["unserved"]
        racks = values[block.start : block.stop]
    return _demanded(model.context.tables).assign(unserved_racks=racks)
