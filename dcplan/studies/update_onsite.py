"""What a plan bought and signed beside its halls, on a new opening day: batteries, panels, contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import fiscal_year, fiscal_year_start, years_between
from dcplan.physics import solar
from dcplan.physics.battery import usable_kwh
from dcplan.studies.update_projects import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dcplan.data.case import Case

    Tables = Mapping[str, pd.DataFrame]

LEAST = 1e-6
"""kW, kWh or MW that are nothing: rounding of a solver."""
_NOTHING = {"low": np.nan, "high": np.nan, "reason": "", "known_on": None}
_PLAIN: dict[str, Any] = {"source": "actuals", "basis": "derived", **_NOTHING}
_KINDS = {"battery_kw": "max_kw", "battery_kwh": "max_kwh", "pv_kw": "max_kw"}


def onsite_on(case: Case, plan: Tables, as_of: date) -> Progress:
    """Return batteries, panels and contracts as they stand on a new opening day.

    What was bought for a fiscal year came on its 1 April. A battery joins the one that stands there: one row
    with the power of both and the energy that both have left. Panels add to the yearly MWh of those that
    stand. Both are assets, and the room for more is less by them. A contract that has started goes on to the
    end of its term as an instrument of its own, signed in full at its site; its price is the old one.
    """
    tables = _bought(case, plan, as_of) if "onsite" in plan else {}
    remarks = [f"{name} is updated by what the plan bought before {as_of}" for name in sorted(tables)]
    signed, said = _signed(case, plan, as_of)
    return Progress(tables | signed, (*remarks, *said))


def _additions(plan: Tables, kind: str, as_of: date) -> list[tuple[str, date, float]]:
    """Return what was added of a kind before a day: site, the day it came, units."""
    table = plan["onsite"].sort_values("fiscal_year")
    added = table.groupby("site", sort=False)[kind].diff().fillna(table[kind])  # the first year adds all
    days = [fiscal_year_start(int(year)) for year in table["fiscal_year"]]
    rows = zip(table["site"], days, added, strict=True)
    return [(str(site), day, float(units)) for site, day, units in rows if day < as_of and units > LEAST]


def _left(case: Case, table: str, site: str, bought_on: date, day: date) -> float:
    """Return the share of a unit that is left on a day, after fade since it came or was last replaced."""
    row = case[table].set_index("site").loc[site].to_dict()
    lives = case["asset_classes"].set_index("asset_class")["life_years"].astype(float).to_dict()
    life = float(lives[row["asset_class"]])
    return max(0.0, 1.0 - float(row["fade_per_year"]) * (years_between(bought_on, day) % life))


def _bought(case: Case, plan: Tables, as_of: date) -> dict[str, pd.DataFrame]:
    """Return the tables that what was bought changes."""
    added = {kind: _additions(plan, kind, as_of) for kind in _KINDS}
    tables = {}
    if added["battery_kw"] or added["battery_kwh"]:
        tables["batteries"] = _batteries(case, added, as_of)
    if added["pv_kw"]:
        tables["onsite_pv"] = _panels(case, added["pv_kw"], as_of)
    for table, kinds in (("battery_options", ("battery_kw", "battery_kwh")), ("pv_options", ("pv_kw",))):
        rows = case[table].copy()
        for kind in kinds:
            held = pd.Series(dict.fromkeys(rows["site"], 0.0))
            for site, _, units in added[kind]:
                held[site] += units
            room = rows[_KINDS[kind]] - rows["site"].map(held)
            rows[_KINDS[kind]] = room.clip(lower=0.0)
        if any(added[kind] for kind in kinds):
            tables[table] = rows
    if tables:
        tables["opening_assets"] = _assets(case, plan, as_of)
    return tables


def _batteries(case: Case, added: dict[str, list[tuple[str, date, float]]], as_of: date) -> pd.DataFrame:
    """Return the batteries with a row for every site where one was bought, from the year's 1 April on."""
    table, day = case["batteries"], fiscal_year_start(fiscal_year(as_of))
    options = case["battery_options"].set_index("site").to_dict("index")
    made = []
    for site in sorted({site for kind in ("battery_kw", "battery_kwh") for site, _, _ in added[kind]}):
        power = sum(units for where, _, units in added["battery_kw"] if where == site)
        energy = sum(
            units * _left(case, "battery_options", site, came, day)
            for where, came, units in added["battery_kwh"]
            if where == site
        )
        trip, fade = (float(options[site][name]) for name in ("round_trip", "fade_per_year"))
        there = table[(table["site"] == site) & np.array([d <= day for d in table["from_date"]], dtype=bool)]
        for row in there.sort_values("from_date").tail(1).to_dict("records"):
            age = years_between(row["from_date"], day)
            power += float(row["power_kw"])
            energy += usable_kwh(row["energy_kwh"], row["fade_per_year"], age)
            trip, fade = min(trip, float(row["round_trip"])), max(fade, float(row["fade_per_year"]))
        new = {"site": site, "from_date": day, "power_kw": power, "energy_kwh": energy}
        made.append({**new, "round_trip": trip, "fade_per_year": fade, **_PLAIN})
    both = [table, pd.DataFrame(made, columns=table.columns)]
    rows = pd.concat([part for part in both if len(part)], ignore_index=True)
    return rows.drop_duplicates(["site", "from_date"], keep="last").reset_index(drop=True)


def _panels(case: Case, added: list[tuple[str, date, float]], as_of: date) -> pd.DataFrame:
    """Return the panels with what was bought; rows that come later hold it as well."""
    table = case["onsite_pv"].copy()
    for site in sorted({site for site, _, _ in added}):
        sun = solar.site_yield(case, site)
        if sun is None:  # the case was read with its irradiance, which its rules ask for
            raise LookupError(f"no irradiance at {site}, where panels were bought")
        kw = sum(
            units * _left(case, "pv_options", site, came, as_of) for at, came, units in added if at == site
        )
        mwh = kw * float(sun.sum()) / 1000.0
        mine = table["site"] == site
        before = mine & np.array([day <= as_of for day in table["from_date"]], dtype=bool)
        there = table[before].sort_values("from_date").tail(1)
        later = mine & ~before
        table.loc[later, "pv_kw"] += kw
        table.loc[later, "mwh_per_year"] += mwh
        new = {"site": site, "from_date": as_of, "pv_kw": kw + float(there["pv_kw"].sum())}
        new |= {"mwh_per_year": mwh + float(there["mwh_per_year"].sum()), **_PLAIN}
        both = [table, pd.DataFrame([new], columns=table.columns)]
        table = pd.concat([part for part in both if len(part)], ignore_index=True)
    return table.drop_duplicates(["site", "from_date"], keep="last").reset_index(drop=True)


def _assets(case: Case, plan: Tables, as_of: date) -> pd.DataFrame:
    """Return the opening assets with what was bought or replaced before the day."""
    rows = plan["assets"]
    ours = rows["project"].fillna("").str.split(" ").str[0].isin(_KINDS)
    came = np.array([str(day)[:10] < as_of.isoformat() for day in rows["service_date"]], dtype=bool)
    names = ["asset", "site", "asset_class", "service_date", "cost_mjpy"]
    table = case["opening_assets"]
    made = pd.DataFrame(
        [
            {**{str(k): v for k, v in row.items()}, **_PLAIN}
            for row in rows[ours & came][names].to_dict("records")
        ],
        columns=table.columns,
    )
    return pd.concat([part for part in (table, made) if len(part)], ignore_index=True)


def _signed(case: Case, plan: Tables, as_of: date) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return instruments and offers with the contracts that have started and run on."""
    now = fiscal_year(as_of)
    first = now if fiscal_year_start(now) == as_of else now + 1
    held = plan.get("ppas")
    if held is None or held.empty:
        return {}, []
    held = held[(held["start_year"] < first) & (held["contracted_mw"] > LEAST)]
    keys = ["instrument", "fiscal_year"]
    offers = case["ppa_offers"].set_index(keys)
    kinds = case["instruments"].set_index("instrument", drop=False)
    instruments, made, remarks = [], [], []
    for row in held.to_dict("records"):
        start, mw = int(row["start_year"]), float(row["contracted_mw"])
        offer = offers.loc[(row["instrument"], start)].to_dict()
        left = start + int(offer["term_years"]) - now
        if left <= 0:
            continue
        name = f"{row['instrument']} {row['site']} FY{start}"
        kind = kinds.loc[row["instrument"]].to_dict()
        instruments.append({**kind, "instrument": name, "site": row["site"]})
        offer |= {"instrument": name, "fiscal_year": now, "term_years": left, "most_mw": mw, "signed_mw": mw}
        made.append({**{str(key): value for key, value in offer.items()}, **_PLAIN})
        remarks.append(f"{name}: {mw:,.3f} MW under contract for {left} more years")
    if not made:
        return {}, []
    offered, named = case["ppa_offers"], case["instruments"]
    offered = offered[offered["fiscal_year"] >= now]
    more = pd.DataFrame(made, columns=case["ppa_offers"].columns)
    tables = {"ppa_offers": pd.concat([part for part in (offered, more) if len(part)], ignore_index=True)}
    over = (named["kind"] == "physical_ppa") & ~named["instrument"].isin(offered["instrument"])
    both = [named[~over], pd.DataFrame(instruments, columns=named.columns)]
    tables["instruments"] = pd.concat(both, ignore_index=True)
    return tables, remarks
