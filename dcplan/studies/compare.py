r"""Two plans side by side: decisions first, then what each cost differs by, by cause, without a residual.

A cost of a term at a site is quantity x price x present value of a unit paid then, so that its difference is

$$ q_A (g - 1) u_A r_A \ (\text{demand}) + (q_B - g q_A) u_A r_A \ (\text{scope})
   + q_B (u_B - u_A) r_A \ (\text{price or PUE}) + q_B u_B (r_B - r_A) \ (\text{timing}) $$

with g the fleet's rack-days of B over those of A. Energy has a price and a PUE apart. What has no quantity
of its own here (moves, staff, projects, demand charges) differs by scope and timing alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.studies.place_changes import decision_changes, exits, horizon, starts
from dcplan.studies.plan_case import reopened
from dcplan.studies.resolve_interval import Interval, Proof, difference

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

    Tables = Mapping[str, pd.DataFrame]

CAUSES = ("demand", "price", "pue", "timing", "scope")
ENERGY = ("energy_owned", "energy_leased")
BY_RACKS = ("operations",)
BY_LEASE = ("rent",)
SPLIT = ["term", *CAUSES, "difference_mjpy"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between two plans.

    Attributes:
        decisions: kind, name, before, after.
        numbers: measure, unit, before, after, difference, by fiscal year and in all.
        causes: cost difference by term and cause [M JPY present value]: `SPLIT`; rows sum to the difference.
        carbon: location-based tCO2e difference of the horizon by cause: demand, factor, pue, scope.
        interval: where the difference of the optima lies; meaningful between plans of the same case.
        same_case: whether the two plans have the same inputs.
        stability: starts and exits of the first plan in the second: kind, name, before, after, stands.
    """

    decisions: pd.DataFrame
    numbers: pd.DataFrame
    causes: pd.DataFrame
    carbon: pd.DataFrame
    interval: Interval | None
    same_case: bool
    stability: pd.DataFrame

    @property
    def stands(self) -> float:
        """Share of the first plan's starts and exits that stand in the second; 1 where it has none."""
        table = self.stability
        return float(table["stands"].mean()) if len(table) else 1.0


def compare(before: Plan, after: Plan) -> Comparison:
    """Return what differs between two plans, split by cause."""
    same = before.manifest["case_hash"] == after.manifest["case_hash"]
    interval = difference(_proof(before), _proof(after)) if same else None
    return Comparison(
        decision_changes(before.tables, after.tables),
        numbers(before.tables, after.tables),
        causes(with_sites(before), with_sites(after)),
        carbon_causes(before.tables, after.tables),
        interval,
        same,
        stability(before.tables, after.tables),
    )


def _proof(plan: Plan) -> Proof:
    return Proof(float(plan.manifest["bound_mjpy"]), float(plan.manifest["published_cost_mjpy"]))


def numbers(before: Tables, after: Tables) -> pd.DataFrame:
    """Return racks, energy, PUE, emissions, cash and CAPEX by fiscal year: before, after, difference."""
    units = {
        "racks": "racks", "facility_mwh": "MWh", "pue": "-", "renewable_share": "-",
        "location_tco2e": "tCO2e", "cash_mjpy": "M JPY", "capex_mjpy": "M JPY", "sites": "sites",
    }  # fmt: skip
    rows = []
    for measure, unit in units.items():
        old, new = (each["summary"].set_index("fiscal_year")[measure] for each in (before, after))
        for year in sorted(set(old.index) | set(new.index)):
            pair = float(old.get(year, float("nan"))), float(new.get(year, float("nan")))
            rows.append((measure, unit, year, *pair, pair[1] - pair[0]))
    return pd.DataFrame(rows, columns=["measure", "unit", "fiscal_year", "before", "after", "difference"])


def causes(before: Tables, after: Tables) -> pd.DataFrame:
    """Return the cost difference of every term by cause [M JPY present value]; each row sums to it."""
    growth = float(_rack_days(after).sum()) / max(float(_rack_days(before).sum()), 1e-12)
    old, new = _costs(before), _costs(after)
    rows = []
    for term in dict.fromkeys([*old["term"], *new["term"]]):
        ours, theirs = old[old["term"] == term], new[new["term"] == term]
        split = dict.fromkeys(CAUSES, 0.0)
        for site in dict.fromkeys([*ours["site"], *theirs["site"]]):
            parts = _one(term, str(site), ours, theirs, before, after, growth)
            for cause, amount in parts.items():
                split[cause] += amount
        rows.append({"term": term, **split, "difference_mjpy": sum(split.values())})
    return pd.DataFrame(rows, columns=SPLIT)


def _costs(tables: Tables) -> pd.DataFrame:
    return tables["costs"].groupby(["term", "site"], sort=False)[["mjpy", "pv_mjpy"]].sum().reset_index()


def with_sites(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables of a saved plan, each rack with its site.

    Raises:
        InputError: the plan was not saved, or its inputs are refused.
    """
    case, _ = reopened(plan)
    site = case["halls"].set_index("hall")["site"]
    racks = plan.tables["racks"]
    at = case["leases"].set_index("lease")["hall"].map(site)
    leases = plan.tables["leases"]
    return {
        **plan.tables,
        "racks": racks.assign(site=racks["hall"].map(site)),
        "leases": leases.assign(site=leases["lease"].map(at)),
    }


def _rack_days(tables: Tables, name: str = "racks", column: str = "racks") -> pd.Series[float]:
    """Return racks (or racks under lease) times days, tail included, by site."""
    days = tables["periods"].set_index("period")["days"].astype(float)
    racks = tables[name]
    return (racks[column] * racks["period"].map(days)).groupby(racks["site"]).sum()


@dataclass(frozen=True)
class _Side:
    """One plan's cost of a term at a site as quantity x PUE x price x present value of a unit."""

    quantity: float
    pue: float
    price: float
    worth: float

    @property
    def cost(self) -> float:
        return self.quantity * self.pue * self.price * self.worth


def _one(
    term: str,
    site: str,
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    before: Tables,
    after: Tables,
    growth: float,
) -> dict[str, float]:
    """Return the difference of one term at one site by cause."""
    one, other = _side(term, site, ours, before), _side(term, site, theirs, after)
    if one is None or other is None:  # one plan alone has it: where it stands
        present = other if one is None else one
        amount = 0.0 if present is None else (present.cost if one is None else -present.cost)
        return {"scope": amount}
    known = term in (*ENERGY, *BY_RACKS, *BY_LEASE)
    g = growth if known else 1.0
    unit = one.pue * one.price * one.worth
    dearer = other.quantity * other.pue * (other.price - one.price) * one.worth
    return {
        "demand": one.quantity * (g - 1.0) * unit,
        "scope": (other.quantity - g * one.quantity) * unit + (0.0 if known else dearer),
        "pue": other.quantity * (other.pue - one.pue) * one.price * one.worth,
        "price": dearer if known else 0.0,
        "timing": other.quantity * other.pue * other.price * (other.worth - one.worth),
    }


def _side(term: str, site: str, costs: pd.DataFrame, tables: Tables) -> _Side | None:
    rows = costs[costs["site"] == site]
    nominal, present = float(rows["mjpy"].sum()), float(rows["pv_mjpy"].sum())
    if present == 0.0 and nominal == 0.0:
        return None
    if nominal == 0.0 or present / nominal <= 0.0:  # amounts of both signs: no present value of a unit
        return _Side(1.0, 1.0, present, 1.0)
    quantity, pue = _quantity(term, site, tables)
    if quantity <= 0.0:
        return _Side(1.0, 1.0, nominal, present / nominal)
    return _Side(quantity, pue, nominal / (quantity * pue), present / nominal)


def _quantity(term: str, site: str, tables: Tables) -> tuple[float, float]:
    """Return what a term is paid by, and the PUE that multiplies it (1 elsewhere)."""
    if term in ENERGY:
        rows = tables["site_energy"][tables["site_energy"]["site"] == site]
        it, facility = float(rows["it_mwh"].sum()), float(rows["facility_mwh"].sum())
        return it, (facility / it if it > 0.0 else 1.0)
    if term in BY_LEASE:
        return float(_rack_days(tables, "leases", "leased_racks").get(site, 0.0)), 1.0
    if term in BY_RACKS:
        return float(_rack_days(tables).get(site, 0.0)), 1.0
    return 1.0, 1.0


def carbon_causes(before: Tables, after: Tables) -> pd.DataFrame:
    """Return the difference of location-based emissions by cause: cause, difference_tco2e; sums exactly.

    IT energy grows with demand; where it stands is scope; PUE and the factor of the grid (with on-site
    generation) are the rest.
    """
    one, other = _emissions(before), _emissions(after)
    growth = other["it"].sum() / max(float(one["it"].sum()), 1e-12)
    split = dict.fromkeys(("demand", "scope", "pue", "factor"), 0.0)
    for site in dict.fromkeys([*one.index, *other.index]):
        a = one.loc[site] if site in one.index else None
        b = other.loc[site] if site in other.index else None
        if a is None or b is None or a["it"] <= 0.0 or b["it"] <= 0.0:
            split["scope"] += (0.0 if b is None else b["t"]) - (0.0 if a is None else a["t"])
            continue
        pue_a, pue_b = a["facility"] / a["it"], b["facility"] / b["it"]
        factor_a, factor_b = a["t"] / a["facility"], b["t"] / b["facility"]
        split["demand"] += a["it"] * (growth - 1.0) * pue_a * factor_a
        split["scope"] += (b["it"] - growth * a["it"]) * pue_a * factor_a
        split["pue"] += b["it"] * (pue_b - pue_a) * factor_a
        split["factor"] += b["it"] * pue_b * (factor_b - factor_a)
    return pd.DataFrame(list(split.items()), columns=["cause", "difference_tco2e"])


def _emissions(tables: Tables) -> pd.DataFrame:
    inside = horizon(tables)
    years = set(tables["periods"].loc[tables["periods"]["period"].isin(inside), "fiscal_year"])
    rows = tables["site_energy"][tables["site_energy"]["period"].isin(inside)]
    sums = rows.groupby("site", sort=False)[["it_mwh", "facility_mwh"]].sum()
    emitted = tables["emissions"][tables["emissions"]["fiscal_year"].isin(years)]
    t = emitted.groupby("site")["location_tco2e"].sum()
    return pd.DataFrame({"it": sums["it_mwh"], "facility": sums["facility_mwh"], "t": t.reindex(sums.index)})


def stability(before: Tables, after: Tables) -> pd.DataFrame:
    """Return what became of each start and exit of the first plan: kind, name, before, after, stands."""
    rows = []
    for kind, read in (("start", starts), ("exit", exits)):
        old, new = read(before), read(after)
        rows += [
            (kind, name, period, new.get(name, "never"), new.get(name) == period)
            for name, period in old.items()
        ]
    return pd.DataFrame(rows, columns=["kind", "name", "before", "after", "stands"])


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    interval = found.interval
    return {
        "same_case": found.same_case,
        "difference": None
        if interval is None
        else {"low_mjpy": interval.low, "high_mjpy": interval.high, "verdict": interval.verdict.value},
        "decisions": found.decisions,
        "numbers": found.numbers,
        "causes": found.causes,
        "carbon": found.carbon,
        "stands": found.stands,
        "stability": found.stability,
    }
