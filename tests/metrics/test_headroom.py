"""Headroom by hand: two owned halls on one connection and a leased one."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dcplan.metrics import headroom as metric

HALLS = pd.DataFrame(
    {
        "hall": ["A", "B", "L"],
        "site": ["Own", "Own", "Rent"],
        "owned": [True, True, False],
        "rack_places": [100, 100, 40],
        "largest_fill": [0.95, 0.95, 0.9],
        "it_kw": [400.0, 600.0, 160.0],
    }
)
LEASES = pd.DataFrame({"lease": ["rent"], "hall": ["L"]})
PERIODS = pd.DataFrame(
    {
        "period": ["Q1", "Q2"],
        "start": [date(2024, 4, 1), date(2024, 7, 1)],
        "end": [date(2024, 7, 1), date(2024, 10, 1)],
        "tail": [False, False],
    }
)
TABLES = {
    "periods": PERIODS,
    "halls": pd.DataFrame(
        {"hall": ["A", "A", "B", "B"], "period": ["Q1", "Q2"] * 2, "in_service": [1, 1, 0, 1]}
    ),
    "leases": pd.DataFrame({"lease": ["rent"] * 2, "period": ["Q1", "Q2"], "leased_racks": [40, 20]}),
    "racks": pd.DataFrame(
        {
            "class": ["cloud"] * 6,
            "hall": ["A", "A", "B", "B", "L", "L"],
            "period": ["Q1", "Q2"] * 3,
            "racks": [80.0, 70.0, 0.0, 30.0, 30.0, 18.0],
            "moved_out": [0.0, 10.0, 0.0, 0.0, 0.0, 10.0],
            "churned": [0.0, 5.0, 0.0, 0.0, 0.0, 2.0],
            "placed": [10.0, 5.0, 0.0, 30.0, 0.0, 0.0],
        }
    ),
}
OVERLAP = pd.DataFrame({"period": ["Q1", "Q2"], "moved_period": ["Q1", "Q2"]})
ELIGIBLE = pd.DataFrame({"class": ["cloud"] * 3, "hall": ["A", "B", "L"]})
RECEIVING = pd.DataFrame({"site": ["Own"] * 2, "period": ["Q1", "Q2"], "free_receiving_kw": [200.0, 60.0]})


def rack_kw() -> pd.DataFrame:
    """Return 4 kW a rack (6 kW at A's connection, 5 at B's), in every period."""
    rows = [("cloud", hall, t, 4.0, kw, 100.0) for hall, kw in (("A", 6.0), ("B", 5.0), ("L", np.nan))
            for t in ("Q1", "Q2")]  # fmt: skip
    return pd.DataFrame(rows, columns=["class", "hall", "period", "it_kw", "site_kw", "weight"])


def rooms() -> pd.DataFrame:
    """Return the headroom of the three halls."""
    held = metric.occupied(TABLES, OVERLAP)
    return metric.hall_headroom(
        metric.capacity(TABLES, HALLS, LEASES), held, rack_kw(), ELIGIBLE, RECEIVING
    ).set_index(["hall", "period"])


def test_each_hall_is_bound_by_what_is_least() -> None:
    room = rooms()
    # A in Q1: 95 places less 80; 400 kW less 320 = 20 racks; 200 kW of the connection / 6 = 33 racks
    assert room.loc[("A", "Q1"), ["racks_by_places", "racks_by_it_kw", "racks_by_receiving_kw"]].tolist() == [
        15,
        20,
        33,
    ]
    assert tuple(room.loc[("A", "Q1"), ["headroom_racks", "binds"]]) == (15, "places")
    # A in Q2: ten racks that moved away still hold their places: 95 - 80; the connection feeds 60 / 6 = 10
    assert tuple(room.loc[("A", "Q2"), ["headroom_racks", "binds"]]) == (10, "receiving_kw")
    # B is not in service in Q1
    assert tuple(room.loc[("B", "Q1"), ["headroom_racks", "binds"]]) == (0, "closed")
    # L in Q1: 36 usable places less 30; 160 kW less 120 = 10 racks. In Q2 half is leased: 18 places hold 28
    assert tuple(room.loc[("L", "Q1"), ["headroom_racks", "binds"]]) == (6, "places")
    assert room.loc[("L", "Q2"), "headroom_racks"] == 0
    assert np.isnan(room.loc[("L", "Q1"), "free_receiving_kw"])


def test_halls_share_the_connection_of_their_site() -> None:
    room = rooms().reset_index().rename(columns={"rack_site_kw": "site_kw"})
    room["racks"] = room[["racks_by_places", "racks_by_it_kw"]].min(axis=1)
    shared = metric.share_connection(room, ["site", "period"]).set_index(["hall", "period"])["shared_racks"]
    # Q2: B draws 5 kW a rack and is filled first: 60 / 5 = 12 racks leave nothing for A
    assert shared[("B", "Q2")] == 12
    assert shared[("A", "Q2")] == 0
    assert shared[("L", "Q1")] == 6, "a leased hall has no shared connection"


def test_higher_sales_grow_with_what_is_sold_and_churn_like_the_rest() -> None:
    churn = pd.Series({("cloud", "Q1"): 0.0, ("cloud", "Q2"): 0.1})
    extra = metric.higher_sales(TABLES, churn, 0.2).set_index("month")["extra_racks"]
    # Q1: 10 racks sold, 2 more; Q2: a tenth of these 2 leaves, 35 placed less 20 moved = 15 sold, 3 more
    assert list(extra.index) == [f"2024-{m:02d}" for m in range(4, 10)]
    assert extra.to_numpy() == pytest.approx([2 / 3, 4 / 3, 2, 2.8, 3.8, 4.8])


def test_a_hall_is_full_from_the_first_period_without_room() -> None:
    room = rooms().reset_index()
    room["open"] = room["usable_places"] > 0
    full = metric.first_full(room, "hall", PERIODS)
    assert full.to_dict() == {"A": "", "B": "", "L": "2024-07"}
