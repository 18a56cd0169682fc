"""Moves a case on to a new opening day: what was planned before it becomes what is there.

Pure functions from the tables of a case, the tables of its plan and the actuals to the tables of the next
case. Figures that are changed rest on the source `actuals` and are `derived`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months, demand_on, fiscal_year
from dcplan.data.tables import TABLES
from dcplan.studies.update_onsite import onsite_on
from dcplan.studies.update_projects import Progress, projects_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.actuals import Actuals
    from dcplan.data.case import Case

    Tables = Mapping[str, pd.DataFrame]

SOURCE = "actuals"
_SLACK = 1e-9
"""A churn of 0.1 of 30 racks is 3 racks, whatever the arithmetic says."""


@dataclass(frozen=True, eq=False)
class Rolled:
    """The next case: its changed tables by name, and remarks on what had to be decided on the way."""

    tables: dict[str, pd.DataFrame]
    remarks: tuple[str, ...]


def rolled(case: Case, plan: Tables, actuals: Actuals, as_of: date) -> Rolled:
    """Return the tables of a case that opens on `as_of`, from an older case, its plan and actuals.

    - occupancy is what is there; on a 1 April the churn of the year that ends leaves it. Demand keeps its
      growth from what is there: each later date of a class is moved by what the actual racks differ from the
      demand of the day.
    - bookings that have arrived are in the occupancy and leave reservations; pins and pinned racks that have
      ended go.
    - leases stand as the plan left them: racks, the rent in force, the end of the term in force. A lease
      without racks goes with its hall and site.
    - projects in service become halls in service (or receiving power) and assets; projects ordered are
      committed with what was paid; see `dcplan.studies.update_projects`.
    - batteries and panels that were bought stand, contracts in MW that have started run on; see
      `dcplan.studies.update_onsite`.
    - the peaks of the last twelve months are the measured ones, or the plan's.
    - the budget of a fiscal year that has begun is less what was paid in it.
    """
    progress = projects_on(case, plan, actuals, as_of)
    tables = dict(progress.tables)
    tables["sources"] = _sources(case)
    tables["occupancy"], left = _occupancy(case, actuals, as_of)
    tables["demand"], moved = _demand(case, actuals, as_of)
    remarks = [*left, *moved]
    tables["sites"] = _peaks(case, plan, actuals, as_of)
    tables |= _series(case, as_of)
    onsite = onsite_on(case, plan, as_of)
    more = onsite.tables.get("opening_assets")
    if more is not None:  # beside the assets of projects
        bought = more.iloc[len(case["opening_assets"]) :]
        both = [part for part in (tables["opening_assets"], bought) if len(part)]
        onsite.tables["opening_assets"] = pd.concat(both, ignore_index=True)
    tables |= onsite.tables
    tables["budgets"] = _budgets(tables.get("budgets", case["budgets"]), actuals, as_of)
    for name, column in (("reservations", "from_date"), ("pins", "period_to"), ("pinned_racks", "until")):
        rows = case[name]
        keep = [day is None or day >= as_of if column == "from_date" else day is None or day > as_of
                for day in rows[column]]  # fmt: skip
        tables[name] = rows[np.array(keep, dtype=bool)].reset_index(drop=True)
    leases, returned = _leases(case, plan, tables["occupancy"], as_of)
    tables |= leases
    gone = set(tables.pop("_gone")["hall"]) if "_gone" in tables else set()
    tables = without_halls(case, tables, gone)
    named = [f"{hall} is left: its lease, hall and site are no longer in the case" for hall in sorted(gone)]
    return Rolled(tables, (*progress.remarks, *onsite.remarks, *remarks, *returned, *named))


def actual_row(**values: Any) -> dict[str, Any]:
    """Return a row with the provenance of an actual figure."""
    nothing = {"low": np.nan, "high": np.nan, "reason": "", "known_on": None}
    return {**values, "source": SOURCE, "basis": "derived", **nothing}


def changed(table: pd.DataFrame, rows: pd.Series[bool], **columns: pd.Series[Any]) -> pd.DataFrame:
    """Return a table with columns replaced in some rows, which then rest on actuals."""
    out = table.copy()
    for name, values in columns.items():
        out[name] = out[name].where(~rows, values)
    for name, value in actual_row().items():
        out.loc[rows, name] = value
    return out


def _sources(case: Case) -> pd.DataFrame:
    table = case["sources"]
    if SOURCE in set(table["source"]):
        return table
    row = {"source": SOURCE, "title": "Actuals and the plan before", "where": "", "published": ""}
    return pd.concat([table, pd.DataFrame([{**row, "grade": "M"}])], ignore_index=True)


def _occupancy(case: Case, actuals: Actuals, as_of: date) -> tuple[pd.DataFrame, list[str]]:
    """Return the opening racks: those counted, less the churn that leaves on the new opening day.

    Yearly contracts end on 31 March: on a 1 April a hall loses the churn of the year before, rounded down, as
    it does at the turns within a plan. No row of the next case says so, for nothing churns at its opening.
    """
    rows = actuals["actual_occupancy"].copy()
    remarks = []
    if (as_of.month, as_of.day) == (4, 1):
        rates = case["class_years"].set_index(["class", "fiscal_year"])["churn_rate"]
        rate = rates.xs(as_of.year - 1, level="fiscal_year").reindex(rows["class"]).to_numpy(dtype=float)
        gone = np.floor(rate * rows["racks"].to_numpy(dtype=float) + _SLACK).astype(int)
        rows["racks"] -= gone
        sums = pd.Series(gone).groupby(rows["class"].to_numpy(), sort=False).sum()
        remarks = [f"{n} racks of {name} leave at the turn of the year" for name, n in sums.items() if n]
    rows = rows[rows["racks"] > 0]
    made = [actual_row(**{str(k): v for k, v in row.items()}) for row in rows.to_dict("records")]
    return pd.DataFrame(made, columns=case["occupancy"].columns), remarks


def _demand(case: Case, actuals: Actuals, as_of: date) -> tuple[pd.DataFrame, list[str]]:
    """Return demand from the new day on, moved by what the actual racks differ from it.

    Less than a rack is the rounding of whole racks, and moves nothing; a row for the day after keeps the
    old curve, so that this rounding does not tilt it.
    """
    table = case["demand"]
    there = actuals["actual_occupancy"].groupby("class")["racks"].sum()
    due = demand_on(case, [as_of]).iloc[0]
    off = {str(name): float(there.get(name, 0)) - float(due[name]) for name in due.index}
    later = table[np.array([day > as_of for day in table["date"]], dtype=bool)].copy()
    shift = {name: racks if abs(racks) >= 1 else 0.0 for name, racks in off.items()}
    moved = later["class"].map(shift)
    for column in ("racks", "low", "high"):
        later[column] = (later[column] + moved).clip(lower=0.0)
    first = [
        actual_row(**{"class": name, "date": as_of, "racks": float(there.get(name, 0))})
        for name in dict.fromkeys(table["class"])
    ]
    after = as_of + timedelta(days=1)
    curve = demand_on(case, [after]).iloc[0]
    first += [
        actual_row(**{"class": str(name), "date": after, "racks": max(0.0, float(racks) + shift[str(name)])})
        for name, racks in curve.items()
    ]
    both = pd.concat([pd.DataFrame(first, columns=table.columns), later], ignore_index=True)
    remarks = [
        f"demand of {name} is moved by {racks:+,.0f} racks from {as_of} on"
        for name, racks in off.items()
        if abs(racks) >= 1
    ]
    return both.sort_values(["class", "date"], kind="stable").reset_index(drop=True), remarks


def planned_peaks(plan: Tables, as_of: date) -> pd.Series[float]:
    """Return the plan's highest peak of each site in the twelve months before a day: (site) kW."""
    periods, year = plan["periods"], add_months(as_of, -12)
    spans = zip(periods["start"], periods["end"], strict=True)
    recent = [end > year and start < as_of for start, end in spans]
    rows = plan["site_energy"][plan["site_energy"]["period"].isin(periods.loc[recent, "period"])]
    return rows.groupby("site")["peak_kw"].max()


def _peaks(case: Case, plan: Tables, actuals: Actuals, as_of: date) -> pd.DataFrame:
    sites, peaks = case["sites"], planned_peaks(plan, as_of)
    peaks.update(actuals["actual_peaks"].set_index("site")["peak_kw"])
    found = sites["site"].map(peaks).astype(float)
    owned = (sites["ownership"] == "owned") & found.notna()
    out = sites.copy()  # the row speaks of its staff: its provenance stays
    out["opening_peak_kw"] = out["opening_peak_kw"].where(~owned, found)
    return out


def _series(case: Case, as_of: date) -> dict[str, pd.DataFrame]:
    """Return the yearly tables from the fiscal year of the new day on."""
    names = [name for name, table in TABLES.items() if table.series and len(case[name])]
    year = fiscal_year(as_of)
    return {name: case[name][case[name]["fiscal_year"] >= year].reset_index(drop=True) for name in names}


def _budgets(table: pd.DataFrame, actuals: Actuals, as_of: date) -> pd.DataFrame:
    year = fiscal_year(as_of)
    if table.empty or (as_of.month, as_of.day) == (4, 1):
        return table
    spend = actuals["actual_spend"]
    paid = float(spend.loc[spend["fiscal_year"] == year, "mjpy"].sum())
    left = (table["capex_mjpy"] - paid).clip(lower=0.0)
    return changed(table, table["fiscal_year"] == year, capex_mjpy=left)


def _leases(
    case: Case, plan: Tables, opening: pd.DataFrame, as_of: date
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return leases and halls as the plan left them, and the halls of leases without racks (`_gone`)."""
    leases = case["leases"]
    if leases.empty:
        return {}, []
    periods = plan["periods"]
    last = periods.loc[[end <= as_of for end in periods["end"]], "period"].iloc[-1]
    held = plan["leases"][plan["leases"]["period"] == last].set_index("lease")["leased_racks"]
    passed = periods.loc[[day < as_of for day in periods["start"]], "period"]
    taken = plan["leases"][plan["leases"]["period"].isin(passed)].groupby("lease")["added_racks"].sum()
    rows = leases.copy()
    back, remarks = _given_back(case, plan, held, opening, as_of)
    rows["racks"] = rows["lease"].map(held - back).round().astype(np.int64)
    rows["notice_months"] = _notice_left(rows, plan, as_of)
    years = fiscal_year(as_of) - fiscal_year(case.info.as_of)
    terms = [_term(row, as_of) for row in leases.to_dict("records")]
    rows["term_end"] = pd.Series([end for end, _ in terms], dtype=object)
    uplift = (1.0 + rows["renewal_uplift"]) ** np.array([count for _, count in terms])
    factor = (1.0 + rows["rent_escalation"]) ** years * uplift
    rows["rent_jpy_per_rack_month"] *= factor
    rows["option_rent_jpy_per_rack_month"] *= (1.0 + rows["rent_escalation"]) ** years
    over = np.array([day is not None and day < as_of for day in rows["option_until"]], dtype=bool)
    rows["option_racks"] -= rows["lease"].map(taken).fillna(0.0).astype(np.int64)  # none taken: none gone
    rows.loc[over, ["option_racks", "option_months"]] = 0
    rows["option_until"] = rows["option_until"].where(~over, None)
    rows["least_racks"] = rows[["least_racks", "racks"]].min(axis=1)
    rows = changed(rows, pd.Series(True, index=rows.index))
    gone = rows[rows["racks"] == 0]
    kept = rows[rows["racks"] > 0].reset_index(drop=True)
    return {"leases": kept, "_halls": _places(kept), "_gone": gone[["hall"]]}, remarks


def _given_back(
    case: Case, plan: Tables, held: pd.Series[Any], opening: pd.DataFrame, as_of: date
) -> tuple[pd.Series[Any], list[str]]:
    """Return the racks of each lease that go back on the new opening day itself: notice was given before it.

    Racks that are still occupied cannot go back: they stay under lease, which a remark says.
    """
    due = plan["releases"]
    told = due["notice_by"].fillna("").astype(str)
    due = due[(due["day"].astype(str).str[:10] == as_of.isoformat()) & (told < as_of.isoformat())]
    asked = due.groupby("lease")["racks"].sum().reindex(held.index, fill_value=0)
    halls = case["leases"].set_index("lease")["hall"].reindex(held.index)
    there = halls.map(opening.groupby("hall")["racks"].sum()).fillna(0.0)  # a hall that stands empty
    fill = halls.map(case["halls"].set_index("hall")["largest_fill"])
    back = np.minimum(asked, np.maximum(held - np.ceil(there / fill - _SLACK), 0.0))
    owed = due.groupby("lease")[["break_fee_mjpy", "restoration_mjpy"]].sum().sum(axis=1)
    remarks = [
        f"{back[lease]:.0f} of {asked[lease]:.0f} racks of {lease} with notice for {as_of} go back that day; "
        f"what that costs ({owed[lease]:,.1f} M JPY for all of them) is before the new plan"
        for lease in asked.index[asked > 0]
    ]
    return back, remarks


def _notice_left(leases: pd.DataFrame, plan: Tables, as_of: date) -> pd.Series[int]:
    """Return the notice of each lease, shorter where a release or a tranche was told: its day stays open."""
    releases = plan["releases"]
    given = [
        bool(notice) and str(notice) < as_of.isoformat() < str(day)
        for notice, day in zip(releases["notice_by"].fillna(""), releases["day"], strict=True)
    ]
    days = releases.loc[given, ["lease", "day"]].assign(day=releases.loc[given, "day"].astype(str).str[:10])
    more = plan["leases"][plan["leases"]["added_racks"] > 0].merge(plan["periods"], on="period")
    notice = more["lease"].map(leases.set_index("lease")["notice_months"])
    told = [
        day >= as_of and add_months(day, -int(months)) < as_of
        for day, months in zip(more["start"], notice, strict=True)
    ]
    taken = more.loc[told, ["lease"]].assign(day=[day.isoformat() for day in more.loc[told, "start"]])
    first = pd.concat([days, taken]).groupby("lease")["day"].min()
    left = {
        str(name): 12 * (day.year - as_of.year) + day.month - as_of.month
        for name, day in ((name, date.fromisoformat(text)) for name, text in first.items())
    }
    pairs = zip(leases["lease"], leases["notice_months"], strict=True)
    months = [min(int(months), left.get(str(name), int(months))) for name, months in pairs]
    return pd.Series(months, index=leases.index, dtype=np.int64)


def _term(row: Mapping[Any, Any], as_of: date) -> tuple[date, int]:
    """Return the last day of the term in force, and how many terms have ended before it."""
    end, count = row["term_end"], 0
    while end < as_of and row["renewal_months"] > 0:
        count += 1
        end = add_months(row["term_end"] + timedelta(days=1), count * int(row["renewal_months"]))
        end -= timedelta(days=1)
    return end, count


def _places(leases: pd.DataFrame) -> pd.DataFrame:
    """Return the rack places that a lease can reach at most: hall, places."""
    return pd.DataFrame({"hall": leases["hall"], "places": leases["racks"] + leases["option_racks"]})


def without_halls(case: Case, tables: dict[str, pd.DataFrame], gone: set[str]) -> dict[str, pd.DataFrame]:
    """Return tables with the leased halls at their new size, and without what has been left."""
    out = dict(tables)
    halls = out.pop("halls", case["halls"])
    size = out.pop("_halls", pd.DataFrame({"hall": [], "places": []})).set_index("hall")["places"]
    places = halls["hall"].map(size).astype(float)
    smaller = places.notna() & (places != halls["rack_places"])
    scaled = halls["it_kw"] * places / halls["rack_places"]
    halls = halls.copy()
    halls["it_kw"] = halls["it_kw"].where(~smaller, scaled)
    whole = case["halls"]["rack_places"].dtype
    halls["rack_places"] = halls["rack_places"].where(~smaller, places).astype(whole)
    out["halls"] = halls[~halls["hall"].isin(gone)].reset_index(drop=True)
    left = set(case["sites"]["site"]) - set(out["halls"]["site"])
    for name in ("sites", "policy", "instruments", "pins", "commitments"):
        rows = out.get(name, case[name])
        out[name] = rows[~rows["site"].isin(left)].reset_index(drop=True)
    for name in ("pinned_racks", "pins"):
        rows = out.get(name, case[name])
        out[name] = rows[~rows["hall"].isin(gone)].reset_index(drop=True)
    return out


__all__ = ["Progress", "Rolled", "actual_row", "changed", "rolled", "without_halls"]
