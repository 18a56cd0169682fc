"""Lists of a plan: projects that start, leased sites that are left, and racks from hall to hall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.plans.evaluate import CENT

if TYPE_CHECKING:
    from datetime import date

    from dcplan.lp.labels import Ints
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


@once_of_first
def _starts(c: Context) -> pd.DataFrame:
    rows = c.schedule.starts[["project", "hall", "start_period", "service_date"]]
    return rows.rename(columns={"start_period": "period"})


def starts_table(model: PlanningModel, begun: Ints, announced: dict[str, date | None]) -> pd.DataFrame:
    """Return the projects that start within the plan, with service date and announced date.

    `hall` is empty for an upgrade of a grid connection.
    """
    rows = _starts(model.context).take(begun).reset_index(drop=True)
    rows["announced_date"] = [announced.get(project) for project in rows["project"]]
    return rows


@once_of_first
def _departures(c: Context) -> tuple[pd.DataFrame, Ints]:
    """Return how a leased site may be left: site, period, date, and the row of each in its stays.

    The date is the day of the release window, or the first of a period without one.
    """
    windows, stays, periods = c.leases.windows, c.leases.stays, c.tables.periods
    days: dict[tuple[str, str], list[date]] = {}
    for site, period, day in zip(windows["site"], windows["period"], windows["day"], strict=True):
        days.setdefault((site, period), []).append(day)
    start = dict(zip(periods["period"], periods["start"], strict=True))
    rows = [
        (site, period, day, row)
        for row, (site, period) in enumerate(zip(stays["site"], stays["period"], strict=True))
        for day in days.get((site, period), [start[period]])
    ]
    table = pd.DataFrame(rows, columns=["site", "period", "date", "row"])
    return table[["site", "period", "date"]], table["row"].to_numpy()


def exits_table(model: PlanningModel, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the leased sites that are left, with the first period without them and its date."""
    departures, row = _departures(model.context)
    periods = len(model.context.tables.period_labels)
    kept = sites["kept"].to_numpy().reshape(-1, periods)
    leased = kept[len(model.context.tables.owned_sites) :]  # owned sites come first and are never left
    away = leased == 0
    left = np.flatnonzero(away.any(axis=1))
    first = left * periods + away.argmax(axis=1)[left]
    return departures[np.isin(row, first)].reset_index(drop=True)


@once_of_first
def _together(m: Tables) -> tuple[Ints, list[Ints]]:
    """Return the class and period of each row of the table of racks, as numbers, and the rows of each."""
    code = np.asarray(m.triples.groupby(["class", "period"], sort=False).ngroup(), dtype=np.int64)
    order = np.argsort(code, kind="stable")
    together: list[Ints] = np.split(order, np.cumsum(np.bincount(code))[:-1])
    return code, together


def moves_table(model: PlanningModel, racks: pd.DataFrame) -> pd.DataFrame:
    """Return the from-to list: what left a hall with what was placed elsewhere, by class and period."""
    code, together = _together(model.context.tables)
    rows: list[tuple[str, str, str, str, float]] = []
    for moving in np.unique(code[racks["moved_out"].to_numpy() > CENT]):
        group = racks.take(together[moving])
        name, period = group[["class", "period"]].iloc[0]
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
