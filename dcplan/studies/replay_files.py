"""A replay as CSV files beside its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.plans.plan import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from dcplan.studies.replay import Replay

FOLDER = "replay"
DECIMALS = 4
"""Of the kW of an hour in `hours.csv`."""


def hours_table(replay: Replay, sites: list[str]) -> pd.DataFrame:
    """Return power by hour of some sites.

    Columns: start (first minute of the hour, Japan Standard Time), site, it_kw and linear_kw (load at the
    period's mean, as the model has it), shaped_it_kw and full_kw (daily shape of the load, full physics),
    battery_kw (discharge positive; 0 where there is none).
    """
    hours = replay.hours
    at = [hours.sites.index(site) for site in sites]
    start = np.datetime_as_string(hours.clock.start)
    power = {"it_kw": hours.it, "linear_kw": hours.linear, "shaped_it_kw": hours.shaped_it}
    power |= {"full_kw": hours.full}
    none = np.zeros(start.size)
    battery = np.concatenate([replay.battery_kw.get(site, none) for site in sites])
    return pd.DataFrame(
        {
            "start": np.tile(start, len(sites)),
            "site": np.repeat(sites, start.size),
            **{name: kw[at].ravel().round(DECIMALS) for name, kw in power.items()},
            "battery_kw": battery.round(DECIMALS),
        }
    )


def write_replay(replay: Replay, sites: list[str], folder: Path) -> list[Path]:
    """Write the tables of a replay, and the hours of some sites, as CSV.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "site_years": replay.site_years,
        "duration": replay.duration,
        "matching": replay.matching,
        "worst_periods": replay.worst,
        "batteries": replay.batteries,
        "bills": replay.bills,
        "hours": hours_table(replay, sites),
    }
    files = []
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        write_csv(table, files[-1])
    return files
