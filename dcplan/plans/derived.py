"""Derived tables: energy, emissions, costs and lists, evaluated from the model's own expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.model import energy
from dcplan.model.hourly import hourly_targets
from dcplan.model.power import receiving_kw, site_design_kw, site_peak_kw
from dcplan.model.variables import in_service, occupied
from dcplan.model.variables import targets as targets_in_force
from dcplan.plans.assets import assets_table, payments_table, started
from dcplan.plans.evaluate import complete, frame
from dcplan.plans.leases import lease_tables
from dcplan.plans.onsite import purchases

if TYPE_CHECKING:
    from datetime import date

    from dcplan.model import PlanningModel

CENT = 1e-9
BINDING = 1e-6


def derived_tables(
    model: PlanningModel,
    values: np.ndarray,
    decisions: dict[str, pd.DataFrame],
    announced: dict[str, date | None],
) -> dict[str, pd.DataFrame]:
    """Return every table that follows from the decisions."""
    m = model.context.tables
    begun = started(model, decisions)
    found = purchases(model, values)
    payments = payments_table(model, begun, found)
    tables = {
        "periods": m.periods[["period", "start", "end", "fiscal_year", "days", "hours", "tail"]],
        "energy": _energy(model, values),
        "costs": costs_table(model, values),
        "payments": payments,
        "assets": assets_table(model, begun, found),
        "capex": capex_table(payments),
        "starts": starts_table(model, begun, announced),
        "exits": exits_table(model, decisions["sites"]),
        "moves": moves_table(decisions["racks"]),
    }
    tables["site_energy"] = _site_energy(model, values)
    tables["class_energy"] = _class_energy(model, values)
    tables["emissions"] = _emissions(model, values, tables["site_energy"])
    tables["targets"] = targets_table(model, decisions, tables["site_energy"], tables["emissions"], values)
    tables["earlier"] = earlier_table(model, tables["starts"], tables["capex"])
    tables["limits"] = limits_table(model, values, decisions, tables["capex"])
    return tables | lease_tables(model, decisions["leases"])


def _energy(model: PlanningModel, values: np.ndarray) -> pd.DataFrame:
    p, c = model.program, model.context
    it = frame(energy.it_mwh(p, c), values, ["hall", "period"], "it_mwh")
    facility = frame(energy.facility_mwh(p, c), values, ["hall", "period"], "facility_mwh")
    table = it.merge(facility, how="outer", on=["hall", "period"], sort=False)
    return complete(table, c.tables.grid(hall=list(c.tables.halls["hall"]), period=c.tables.period_labels))


def _site_energy(model: PlanningModel, values: np.ndarray) -> pd.DataFrame:
    p, c = model.program, model.context
    m = c.tables
    keys = ["site", "period"]
    table = m.grid(site=list(m.case["sites"]["site"]), period=m.period_labels)
    table = complete(frame(energy.site_it_mwh(p, c), values, keys, "it_mwh"), table)
    facility = frame(energy.site_facility_mwh(p, c), values, keys, "facility_mwh")
    table = table.merge(complete(facility, table[keys]), on=keys)
    onsite = frame(energy.onsite_mwh(p, c), values, keys, "onsite_mwh")
    table = table.merge(complete(onsite, table[keys]), on=keys)
    table["imported_mwh"] = table["facility_mwh"] - table["onsite_mwh"]
    return table.merge(frame(site_peak_kw(p, c), values, keys, "peak_kw"), how="left", on=keys)


def _class_energy(model: PlanningModel, values: np.ndarray) -> pd.DataFrame:
    """Return the IT energy of every class at every site where it may stand: class, site, period, it_mwh."""
    p, m = model.program, model.context.tables
    keys = ["class", "site", "period"]
    it = (p["racks"] * m.it_mwh_per_rack).join(m.hall_site).sum("hall")
    every = m.triples.merge(m.hall_site, on="hall")[keys].drop_duplicates(ignore_index=True)
    return complete(frame(it, values, keys, "it_mwh"), every)


def _emissions(model: PlanningModel, values: np.ndarray, site_energy: pd.DataFrame) -> pd.DataFrame:
    c = model.context
    carbon = frame(energy.location_tco2e(model.program, c), values, ["site", "period"], "location_tco2e")
    table = site_energy[["site", "period", "facility_mwh", "imported_mwh"]].merge(
        carbon, how="left", on=["site", "period"]
    )
    table = table.fillna({"location_tco2e": 0.0}).merge(c.tables.fiscal_year_of, on="period")
    return (
        table.groupby(["site", "fiscal_year"], sort=False)[["facility_mwh", "imported_mwh", "location_tco2e"]]
        .sum()
        .reset_index()
    )


def costs_table(model: PlanningModel, values: np.ndarray) -> pd.DataFrame:
    """Return every cost by term, site and period, nominal and present value; zero rows are left out."""
    labels, dims, rows = model.program.labels, ("site", "period"), []
    for at, term in enumerate(model.costs):
        (codes, nominal), (more, present) = (each.sums(values, dims) for each in (term.nominal, term.present))
        both = np.hstack([codes, more])
        _, first, place = np.unique(labels.keys(dims, both), return_index=True, return_inverse=True)
        count, split = first.size, nominal.size
        amounts = np.vstack(
            [
                np.bincount(place[:split], weights=nominal, minlength=count),
                np.bincount(place[split:], weights=present, minlength=count),
            ]
        )
        kept = np.flatnonzero((np.abs(amounts) > CENT).any(axis=0))
        rows.append((np.full(kept.size, at), both[:, first[kept]], amounts[:, kept]))
    which, codes, amounts = (np.concatenate(parts, axis=-1) for parts in zip(*rows, strict=True))
    costs = labels.frame(dims, codes)
    terms, cash = zip(*((term.name, term.cash) for term in model.costs), strict=True)
    costs.insert(0, "term", np.array(terms, dtype=object)[which])
    return costs.assign(cash=np.array(cash, dtype=bool)[which], mjpy=amounts[0], pv_mjpy=amounts[1])


def capex_table(payments: pd.DataFrame) -> pd.DataFrame:
    """Return cash CAPEX by project and fiscal year: the payments within the optimised span."""
    paid = payments[payments["period"] != ""]
    table = paid.groupby(["project", "fiscal_year"], sort=False)["mjpy"].sum().reset_index()
    return table[table["mjpy"].abs() > CENT].reset_index(drop=True)


def starts_table(
    model: PlanningModel, begun: pd.DataFrame, announced: dict[str, date | None]
) -> pd.DataFrame:
    """Return the projects that start within the plan, with service date and announced date.

    `hall` is empty for an upgrade of a grid connection.
    """
    known = begun.merge(model.context.schedule.starts, on=["project", "start_period"])
    known = known.rename(columns={"start_period": "period"})
    known["announced_date"] = [announced.get(project) for project in known["project"]]
    return known[["project", "hall", "period", "service_date", "announced_date"]].reset_index(drop=True)


def exits_table(model: PlanningModel, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the leased sites that are left, with the first period without them and its date."""
    left = sites[sites["kept"] == 0].groupby("site", sort=False)["period"].first().reset_index()
    left = left.merge(
        model.context.leases.windows[["site", "period", "day"]], how="left", on=["site", "period"]
    )
    left = left.merge(model.context.tables.periods[["period", "start"]], on="period")
    left["date"] = left["day"].where(left["day"].notna(), left["start"])
    return left[["site", "period", "date"]]


def moves_table(racks: pd.DataFrame) -> pd.DataFrame:
    """Return the from-to list: what left a hall with what was placed elsewhere, by class and period."""
    rows: list[tuple[str, str, str, str, float]] = []
    moving = racks[racks["moved_out"] > CENT][["class", "period"]].drop_duplicates()
    active = racks.merge(moving, on=["class", "period"])
    for (name, period), group in active.groupby(["class", "period"], sort=False):
        rows += [(str(name), a, b, str(period), n) for a, b, n in pair_moves(group)]
    return pd.DataFrame(rows, columns=["class", "from_hall", "to_hall", "period", "racks"])


def pair_moves(group: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Pair sources and destinations of one class and period, largest first, never a hall with itself."""
    sources = group.loc[group["moved_out"] > CENT, ["hall", "moved_out"]].sort_values(
        "moved_out", ascending=False
    )
    places = group.loc[group["placed"] > CENT].sort_values("placed", ascending=False)
    room = dict(zip(places["hall"], places["placed"], strict=True))
    pairs: list[tuple[str, str, float]] = []
    for source, racks in sources.itertuples(index=False):
        left = float(racks)
        for hall, free in list(room.items()):
            taken = 0.0 if hall == source else min(left, free)
            if taken > CENT:
                room[hall] -= taken
                left -= taken
                pairs.append((source, hall, taken))
        if left > 1e-6:
            message = f"{left:g} racks leave {source} for no other hall: demand falls faster than whole churn"
            raise ValueError(message)
    return pairs


def targets_table(
    model: PlanningModel,
    decisions: dict[str, pd.DataFrame],
    site_energy: pd.DataFrame,
    emissions: pd.DataFrame,
    values: np.ndarray,
) -> pd.DataFrame:
    """Return each target by fiscal year with what the plan reaches, its miss and whether it binds."""
    m = model.context.tables
    rows = targets_in_force(m).merge(decisions["misses"], on=["target", "fiscal_year"])
    totals = yearly_totals(model, site_energy, emissions, decisions["claims"])
    reached = totals.reset_index().melt(["boundary", "fiscal_year"], var_name="metric", value_name="actual")
    rows = rows.merge(reached, how="left", on=["boundary", "fiscal_year", "metric"])
    for hours in hourly_targets(model.program, model.context):
        matched, drawn, _ = hours.measured(values)
        at = (rows["target"] == hours.row["target"]) & (rows["fiscal_year"] == hours.row["fiscal_year"])
        rows.loc[at, "actual"] = matched / drawn if drawn > 0.0 else np.nan
    at_limit = (rows["actual"] - rows["value"]).abs() <= BINDING * rows["value"].abs().clip(lower=1.0)
    rows["binding"] = at_limit | (rows["miss"] > BINDING)
    return rows[["target", "fiscal_year", "metric", "boundary", "value", "actual", "miss", "binding"]]


def yearly_totals(
    model: PlanningModel, site_energy: pd.DataFrame, emissions: pd.DataFrame, claims: pd.DataFrame
) -> pd.DataFrame:
    """Return renewable_share, location_tco2e and pue by (boundary, fiscal_year); ratios of sums."""
    m = model.context.tables
    yearly = site_energy.merge(m.fiscal_year_of, on="period")
    kinds = m.case["instruments"]
    green = kinds.loc[kinds["renewable"], "instrument"]
    claimed = claims[claims["instrument"].isin(green)].groupby("fiscal_year")["claimed_mwh"].sum()
    parts = {}
    for boundary, sites in (("owned", m.owned_sites), ("fleet", [*m.owned_sites, *m.leased_sites])):
        sums = (
            yearly[yearly["site"].isin(sites)]
            .groupby("fiscal_year")[["it_mwh", "facility_mwh", "onsite_mwh"]]
            .sum()
        )
        carbon = emissions[emissions["site"].isin(sites)].groupby("fiscal_year")["location_tco2e"].sum()
        good = sums["onsite_mwh"] + claimed.reindex(sums.index).fillna(0.0)  # no instrument: nothing claimed
        parts[boundary] = pd.DataFrame(
            {
                "renewable_share": good / sums["facility_mwh"],
                "location_tco2e": carbon,
                "pue": sums["facility_mwh"] / sums["it_mwh"],
            }
        )
    return pd.concat(parts, names=["boundary", "fiscal_year"])


def limits_table(
    model: PlanningModel, values: np.ndarray, decisions: dict[str, pd.DataFrame], capex: pd.DataFrame
) -> pd.DataFrame:
    """Return what the scarce things hold and how much is used: budgets, moves, places, grid connections."""
    p, m = model.program, model.context.tables
    parts = [_budgets(model, capex), *_moves(model, decisions["racks"])]
    racks = frame(occupied(p, m).sum("class"), values, ["hall", "period"], "used")
    usable = frame(in_service(p, m) * m.usable_places, values, ["hall", "period"], "available")
    places = complete(usable, m.grid(hall=m.owned_halls, period=m.period_labels))
    leased = decisions["leases"].merge(model.context.leases.leases[["lease", "hall"]], on="lease")
    leased["available"] = leased["leased_racks"] * leased["hall"].map(m.hall_number("largest_fill"))
    room = pd.concat([places, leased[["hall", "period", "available"]]])
    hall = (
        room.merge(racks, how="left", on=["hall", "period"])
        .fillna({"used": 0.0})
        .rename(columns={"hall": "scope"})
    )
    parts.append(hall.assign(limit="rack_places"))
    grid = frame(receiving_kw(p, model.context), values, ["site", "period"], "available")
    power = frame(site_design_kw(p, model.context), values, ["site", "period"], "used")
    parts.append(
        grid.merge(power, on=["site", "period"]).rename(columns={"site": "scope"}).assign(limit="site_power")
    )
    table = pd.concat(parts, ignore_index=True)[["limit", "scope", "period", "used", "available"]]
    slack = table["available"] - table["used"]
    table["binding"] = (slack <= BINDING * table["available"].abs().clip(lower=1.0)) & (
        table["available"] > 0
    )
    return table


def _budgets(model: PlanningModel, capex: pd.DataFrame) -> pd.DataFrame:
    budgets = model.context.tables.case["budgets"]
    spent = capex.groupby("fiscal_year")["mjpy"].sum()
    return pd.DataFrame(
        {
            "limit": "capex_budget",
            "scope": "fleet",
            "period": [f"FY{y}" for y in budgets["fiscal_year"]],
            "used": [float(spent.get(y, 0.0)) for y in budgets["fiscal_year"]],
            "available": budgets["capex_mjpy"].astype(float).to_numpy(),
        }
    )


def earlier_table(model: PlanningModel, started: pd.DataFrame, capex: pd.DataFrame) -> pd.DataFrame:
    """Return the budgets that stop an open project from starting one period earlier, all else as planned.

    Columns: project, period (the earlier start), fiscal_year, used, available (M JPY). CAPEX comes in
    lumps, so that a budget that decides a date is seldom used up.
    """
    m, schedule = model.context.tables, model.context.schedule
    before = dict(zip(m.period_labels[1:], m.period_labels[:-1], strict=True))
    fixed = set(schedule.projects.loc[schedule.projects["committed"].astype(bool), "project"])
    paid: dict[tuple[str, str], dict[int, float]] = {}
    yearly = schedule.cash.groupby(["project", "start_period", "fiscal_year"], sort=False)["mjpy"].sum()
    for project, start, year, mjpy in yearly.reset_index().itertuples(index=False, name=None):
        paid.setdefault((project, start), {})[year] = mjpy
    planned = capex.groupby("fiscal_year")["mjpy"].sum().to_dict()
    budget = dict(m.case["budgets"][["fiscal_year", "capex_mjpy"]].itertuples(index=False, name=None))
    rows = []
    for project, period in started[["project", "period"]].itertuples(index=False, name=None):
        earlier = before.get(period, "")
        if project in fixed or (project, earlier) not in paid:  # no earlier start that build time allows
            continue
        now, then = paid.get((project, period), {}), paid[project, earlier]
        for year in dict.fromkeys([*then, *now]):  # reference plans heed no budget: one may be broken anyway
            change = then.get(year, 0.0) - now.get(year, 0.0)
            used, available = planned.get(year, 0.0) + change, budget.get(year)
            if available is not None and used > available + BINDING * max(abs(available), 1.0):
                rows.append((project, earlier, year, used, available))
    return pd.DataFrame(rows, columns=["project", "period", "fiscal_year", "used", "available"])


def _moves(model: PlanningModel, racks: pd.DataFrame) -> list[pd.DataFrame]:
    m = model.context.tables
    settings, months = m.case.settings, m.per_period("months")
    fleet = racks.groupby("period", sort=False)["moved_out"].sum().rename("used").reset_index()
    fleet["available"] = fleet["period"].map(months) * settings["move_limit_fleet_racks_per_month"]
    site = racks.merge(m.hall_site, on="hall").groupby(["site", "period"], sort=False)["moved_out"].sum()
    by_site = site.rename("used").reset_index().rename(columns={"site": "scope"})
    by_site["available"] = by_site["period"].map(months) * settings["move_limit_site_racks_per_month"]
    return [fleet.assign(limit="move_limit_fleet", scope="fleet"), by_site.assign(limit="move_limit_site")]
