"""The decisions of a plan as a planner names them: builds, exits, leases, moves; and what binds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.report.source import OPTIMISED, day, fiscal_years, horizon, records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from dcplan.report.source import Inputs, PlanTables

Tables = Mapping[str, pd.DataFrame]


def builds(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return every project: project, hall, committed, service_date, announced_date, months_later.

    An upgrade of a grid connection has no hall and stands there by its own name. service_date is None when
    the project is not built within the horizon; months_later counts calendar months after the announced date
    (negative: earlier) and is <NA> when either date is missing.
    """
    end = day(horizon(tables)["end"].iloc[-1])
    starts = {row["project"]: row for row in records(tables["starts"])}
    rows = []
    for row in records(case["projects"]):
        start = starts.get(row["project"])
        service = day(start["service_date"]) if start is not None else None
        if service and end and service >= end:
            service = None
        announced = day(start["announced_date"]) if start is not None else day(row["service_date"])
        later = None
        if service and announced:
            later = 12 * (service.year - announced.year) + service.month - announced.month
        unit, committed = row["hall"] or row["project"], bool(row["committed"])
        rows.append((row["project"], unit, committed, service, announced, later))
    columns = ["project", "hall", "committed", "service_date", "announced_date", "months_later"]
    return pd.DataFrame(rows, columns=columns).astype({"months_later": "Int64"})


def exits(tables: Tables) -> pd.DataFrame:
    """Return the leased sites left within the horizon, earliest first: site, date."""
    end = day(horizon(tables)["end"].iloc[-1])
    left = [(row["site"], day(row["date"])) for row in records(tables["exits"])]
    rows = sorted((date_, site) for site, date_ in left if date_ and end and date_ < end)
    return pd.DataFrame([(site, date_) for date_, site in rows], columns=["site", "date"])


def lease_years(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return leased racks by period: lease, hall, site, period, start, leased_racks, before (racks)."""
    leases = case["leases"][["lease", "hall", "racks", "term_end"]].rename(columns={"racks": "opening"})
    halls = case["halls"][["hall", "site"]]
    frame = tables["leases"].merge(leases, on="lease").merge(halls, on="hall")
    frame = frame.merge(horizon(tables)[["period", "start"]], on="period").sort_values(["lease", "start"])
    before = frame.groupby("lease")["leased_racks"].shift()
    frame["before"] = before.fillna(frame["opening"])
    return frame.reset_index(drop=True)


def reductions(leases: pd.DataFrame) -> pd.DataFrame:
    """Return leases that give back part of their racks: site, start (of period), before, after (racks).

    ``leases`` are those of `lease_years`.
    """
    cut = leases[(leases["leased_racks"] < leases["before"] - 0.5) & (leases["leased_racks"] > 0.5)]
    cut = cut.sort_values("start")[["site", "start", "before", "leased_racks"]]
    return cut.rename(columns={"leased_racks": "after"}).reset_index(drop=True)


def increases(leases: pd.DataFrame) -> pd.DataFrame:
    """Return leases that take more racks: site, start (of period), before, after (racks).

    ``leases`` are those of `lease_years`.
    """
    more = leases[leases["leased_racks"] > leases["before"] + 0.5]
    more = more.sort_values("start")[["site", "start", "before", "leased_racks"]]
    return more.rename(columns={"leased_racks": "after"}).reset_index(drop=True)


BOUGHT = {"pv_kw": "kW of panels", "battery_kw": "kW of battery", "battery_kwh": "kWh of battery"}
"""Columns of `onsite`, in the words of a planner."""


def purchases(tables: Tables) -> pd.DataFrame:
    """Return panels, batteries and power contracts by fiscal_year and site: fiscal_year, site, amount, what.

    Of what stands it is what is there for the first time in a year; a contract counts where it starts.
    """
    years, columns = fiscal_years(tables), ["fiscal_year", "site", "amount", "what"]
    found = [pd.DataFrame(columns=columns)]
    if "onsite" in tables:
        held = tables["onsite"].set_index(["site", "fiscal_year"])[list(BOUGHT)].rename(columns=BOUGHT)
        more = held - held.groupby(level="site").shift(fill_value=0.0)
        keys = ["site", "fiscal_year"]
        found.append(more.reset_index().melt(keys, var_name="what", value_name="amount"))
    if "ppas" in tables:
        signed = tables["ppas"]
        found.append(
            pd.DataFrame(
                {
                    "fiscal_year": signed["start_year"],
                    "site": signed["site"],
                    "amount": signed["contracted_mw"],
                    "what": "MW of " + signed["instrument"].astype(str),
                }
            )
        )
    rows = pd.concat([part[columns] for part in found if len(part)] or found, ignore_index=True)
    rows = rows[(rows["amount"] > 1e-6) & rows["fiscal_year"].isin(years)]
    return rows.sort_values(["fiscal_year", "site"], kind="stable", ignore_index=True)


def renewals(tables: Tables, leases: pd.DataFrame) -> pd.DataFrame:
    """Return leases kept beyond a term that ends within the horizon: site, term_end, racks at the end.

    ``leases`` are those of `lease_years`.
    """
    last = leases.groupby("lease").tail(1)
    end = horizon(tables)["end"].iloc[-1]
    ended = np.array([value < end for value in last["term_end"]], dtype=bool)
    kept = last[(last["leased_racks"] > 0.5) & ended]
    kept = kept.sort_values("term_end")[["site", "term_end", "leased_racks"]]
    return kept.rename(columns={"leased_racks": "racks"}).reset_index(drop=True)


@dataclass(frozen=True)
class Decided:
    """The decisions of a plan in the words of a planner; each is worked out when it is first asked for.

    Attributes:
        tables: of the plan.
        case: its inputs.
    """

    tables: Tables
    case: Inputs

    @cached_property
    def builds(self) -> pd.DataFrame:
        """Every project (`builds`)."""
        return builds(self.tables, self.case)

    @cached_property
    def exits(self) -> pd.DataFrame:
        """The leased sites that are left (`exits`)."""
        return exits(self.tables)

    @cached_property
    def leases(self) -> pd.DataFrame:
        """Leased racks by period (`lease_years`)."""
        return lease_years(self.tables, self.case)

    @cached_property
    def reductions(self) -> pd.DataFrame:
        """Leases that give back part of their racks (`reductions`)."""
        return reductions(self.leases)

    @cached_property
    def increases(self) -> pd.DataFrame:
        """Leases that take more racks (`increases`)."""
        return increases(self.leases)

    @cached_property
    def renewals(self) -> pd.DataFrame:
        """Leases kept beyond their term (`renewals`)."""
        return renewals(self.tables, self.leases)

    def changes_by_year(self) -> pd.DataFrame:
        """Return by fiscal_year: starts (halls that open), exits (sites left), cuts (leases made smaller)."""
        years, built = fiscal_years(self.tables), self.builds
        dates = {
            "starts": built.loc[built["hall"].isin(self.case["halls"]["hall"]), "service_date"],
            "exits": self.exits["date"],
            "cuts": self.reductions["start"],
        }
        counts = {name: _by_year(map(day, column), years) for name, column in dates.items()}
        return pd.DataFrame({"fiscal_year": years, **counts})


def _by_year(days: Iterable[date | None], years: list[int]) -> list[int]:
    """Return how many days lie in each fiscal year."""
    found = Counter(d.year - (d.month < 4) for d in days if d)
    return [found[year] for year in years]


def moves(tables: Tables) -> pd.DataFrame:
    """Return the moves of the horizon: class, from_hall, to_hall, period, racks."""
    every = tables["moves"]
    return every[every["period"].isin(horizon(tables)["period"])].reset_index(drop=True)


def largest_moves(tables: Tables, count: int) -> pd.DataFrame:
    """Return the largest moves of the horizon: class, from_hall, to_hall, period, racks."""
    order = ["racks", "period", "class", "from_hall", "to_hall"]
    ranked = moves(tables).sort_values(order, ascending=[False, True, True, True, True])
    return ranked.head(count).reset_index(drop=True)


def differences(plan: PlanTables, other: str) -> pd.DataFrame:
    """Return optimised less another plan: measure, unit, ours, theirs, difference (in the unit)."""
    frame = plan.comparison
    columns = ["measure", "unit", "value"]
    ours = frame.loc[frame["plan"] == OPTIMISED, columns].rename(columns={"value": "ours"})
    theirs = frame.loc[frame["plan"] == other, columns].rename(columns={"value": "theirs"})
    both = ours.merge(theirs, on=["measure", "unit"], how="outer", sort=False)
    both = both.fillna({"ours": 0.0, "theirs": 0.0})
    return both.assign(difference=both["ours"] - both["theirs"])


def cost_differences(both: pd.DataFrame) -> pd.DataFrame:
    """Return the cost terms of `differences`, largest first: term, ours, theirs, difference (M JPY)."""
    terms = both[both["measure"].str.startswith("cost:") & (both["measure"] != "cost:total")]
    terms = terms.assign(term=terms["measure"].str.removeprefix("cost:"), size=terms["difference"].abs())
    terms = terms.sort_values(["size", "term"], ascending=[False, True])
    return terms[["term", "ours", "theirs", "difference"]].reset_index(drop=True)


def binding(tables: Tables) -> pd.DataFrame:
    """Return the binding limits and targets of the horizon: limit, scope, periods (labels in order)."""
    rows: dict[tuple[str, str], list[str]] = {}
    known = set(horizon(tables)["period"]) | {f"FY{year}" for year in fiscal_years(tables)}
    limits = tables["limits"]
    for row in records(limits[limits["binding"].astype(bool)]):
        if row["period"] in known:
            rows.setdefault((str(row["limit"]), str(row["scope"])), []).append(str(row["period"]))
    targets = tables["targets"]
    for row in records(targets[targets["binding"].astype(bool)]):
        label = f"FY{row['fiscal_year']}"
        if label in known:
            rows.setdefault(("target", f"{row['metric']} ({row['boundary']})"), []).append(label)
    found = [(limit, scope, labels) for (limit, scope), labels in rows.items()]
    return pd.DataFrame(found, columns=["limit", "scope", "periods"])
