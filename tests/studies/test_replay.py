"""Every hour of a plan, against the plan, against a plain loop, and against the audit."""

import csv
import math
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.plans.audit import audit
from dcplan.plans.plan import open_plan, write_csv
from dcplan.studies.replay import Replay, replay
from dcplan.studies.replay_files import hours_table, write_replay

SITE, YEAR = "Matsue", 2023


@pytest.mark.parametrize("name", ["toy", "iij"])
def test_the_linear_replay_is_the_plan(name, request):
    found: Replay = request.getfixturevalue(f"{name}_replay")
    folder = request.getfixturevalue(f"{name}_plan_folder")
    assert found.linear_error["energy"] < 1e-9
    assert found.linear_error["peak"] < 1e-9
    plan = open_plan(folder)
    energy = plan.tables["site_energy"].merge(plan.tables["periods"][["period", "fiscal_year"]], on="period")
    planned = energy.groupby(["site", "fiscal_year"])[["it_mwh", "facility_mwh"]].sum()
    rows = found.site_years.set_index(["site", "fiscal_year"])
    both = rows.join(planned.rename(columns={"it_mwh": "it_mwh_plan"}), how="inner")
    assert len(both) == len(rows) - 2 * rows.index.get_level_values(1).nunique()
    assert both["linear_mwh"].to_numpy() == pytest.approx(both["facility_mwh"].to_numpy(), rel=1e-9)
    assert both["it_mwh"].to_numpy() == pytest.approx(both["it_mwh_plan"].to_numpy(), rel=1e-9)


def test_the_sums_of_sites_are_ratios_of_sums(iij_replay):
    rows = iij_replay.site_years.set_index(["site", "fiscal_year"])
    owned = rows.loc[["Shiroi", "Matsue"]].groupby("fiscal_year")[["it_mwh", "full_mwh"]].sum()
    assert rows.loc["owned", "full_pue"].tolist() == pytest.approx(
        (owned["full_mwh"] / owned["it_mwh"]).tolist()
    )
    assert (rows["hours"].loc["fleet"] == [8760, 8784, 8760, 8760, 8760, 8784]).all()


def test_a_daily_shape_moves_no_it_energy(iij_replay):
    first = iij_replay.hours.clock.first
    mean, shaped = (
        np.add.reduceat(kw, first, axis=1) for kw in (iij_replay.hours.it, iij_replay.hours.shaped_it)
    )
    assert shaped == pytest.approx(mean, rel=1e-12, abs=1e-6)
    assert (iij_replay.hours.shaped_it.max(axis=1) > iij_replay.hours.it.max(axis=1)).all()


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain_year(folder: Path, site: str, year: int) -> tuple[float, float, float]:
    """MWh of a site and year: linear flat, linear shaped, full physics; one hour after another."""
    inputs = folder / "inputs"
    own = next(row for row in table(inputs, "sites.csv") if row["site"] == site)
    station = next(row for row in table(inputs, "stations.csv") if row["station"] == own["station"])
    raw = [float(row["temp_c"]) for row in table(inputs / "weather", station["file"])]
    days = [(datetime(2023, 1, 1) + timedelta(hours=h)) for h in range(8760)]
    totals: dict[int, list[float]] = defaultdict(list)
    for day, value in zip(days, raw, strict=True):
        totals[day.month].append(value)
    shift = {m: float(station[f"m{m:02d}"]) - math.fsum(v) / len(v) for m, v in totals.items()}
    typical = {(d.month, d.day, d.hour): t + shift[d.month] for d, t in zip(days, raw, strict=True)}
    cooling = {row["cooling"]: row for row in table(inputs, "cooling.csv")}
    halls = [row for row in table(inputs, "halls.csv") if row["site"] == site]
    shapes = {(r["class"], r["days"]): r for r in table(inputs, "load_shapes.csv")}
    power = {(r["class"], r["fiscal_year"]): float(r["mean_kw"]) for r in table(inputs, "class_years.csv")}
    periods = {r["period"]: r for r in table(folder / "tables", "periods.csv")}
    racks = {
        (r["class"], r["hall"], r["period"]): float(r["racks"]) for r in table(folder / "tables", "racks.csv")
    }
    served = {(r["hall"], r["period"]): int(r["in_service"]) for r in table(folder / "tables", "halls.csv")}
    share = mean_shares(inputs, periods)
    classes = [r["class"] for r in table(inputs, "classes.csv")]
    flat = shaped = full = 0.0
    for period, row in periods.items():
        if int(row["fiscal_year"]) != year:
            continue
        hour, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
        hours = []
        while hour < end:
            hours.append(hour)
            hour += timedelta(hours=1)
        weight = {
            k: [
                float(shapes[k, "weekend" if h.weekday() >= 5 else "working"][f"h{h.hour:02d}"])
                for h in hours
            ]
            for k in classes
        }
        mean = {k: math.fsum(w) / len(w) for k, w in weight.items()}
        for hall in halls:
            curve = machine(hall, cooling[hall["cooling"]], list(typical.values()))
            on = served[hall["hall"], period]
            kw = {
                k: racks.get((k, hall["hall"], period), 0.0) * power[k, str(year)] * share[k, period]
                for k in classes
            }
            for i, h in enumerate(hours):
                temperature = typical[h.month, min(h.day, 28) if h.month == 2 else h.day, h.hour]
                load = math.fsum(kw[k] * weight[k][i] / mean[k] for k in classes)
                flat += curve(math.fsum(kw.values()), temperature, on)[0] / 1000
                linear, machines = curve(load, temperature, on)
                shaped += linear / 1000
                full += machines / 1000
    return flat, shaped, full


def mean_shares(inputs: Path, periods: dict[str, dict[str, str]]) -> dict[tuple[str, str], float]:
    """Mean over highest demand of each class and period; racks are linear in days between dates."""
    points: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in table(inputs, "demand.csv"):
        points[row["class"]].append((date.fromisoformat(row["date"]).toordinal(), float(row["racks"])))
    found = {}
    for name, knots in points.items():
        knots.sort()
        for period, row in periods.items():
            ends = []
            for day in (row["start"], row["end"]):
                at = date.fromisoformat(day).toordinal()
                low = max((k for k in knots if k[0] <= at), default=knots[0])
                high = min((k for k in knots if k[0] >= at), default=knots[-1])
                part = (at - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
                ends.append(low[1] + part * (high[1] - low[1]))
            found[name, period] = sum(ends) / 2 / math.floor(max(ends) + 0.5)
    return found


def machine(
    hall: dict[str, str], kind: dict[str, str], year: list[float]
) -> Callable[..., tuple[float, float]]:
    """The linear curve and the machines of one hall, from the formulas of the documents."""
    design, ref, pue = float(hall["it_kw"]), float(hall["reference_load"]), float(hall["pue"])
    a0, floor = float(kind["fixed_share"]), float(kind["floor"])
    start, end, slope = float(kind["t_start_c"]), float(kind["t_full_c"]), float(kind["slope_per_c"])
    phi = 0.75 / 0.775 / (1.2 * 1.006 * 16.7)
    square = 0.3 * (1 / 0.945 - 1)

    def rise(t: float) -> float:
        return slope * min(max(t - start, 0.0), end - start)

    def chillers(u: float, t: float) -> float:
        delta = (t - 35.0) / 2.778
        size = 0.944836 - 0.0570088 * delta + 0.00185486 * delta**2
        heat = u * min(max((t - start) / (end - start), 0.0), 1.0) * 4 / size
        count = max(math.ceil(heat), 1)
        rho = heat / count
        run = max(rho, 0.1)
        part = (0.03303 + 0.6852 * run + 0.2818 * run**2) * rho / run
        return count * size * (2.333 - 1.975 * size + 0.6121 * size**2) * part / 4

    mean = math.fsum(rise(t) for t in year) / 8760
    a1 = pue - 1 - a0 / ref - floor - mean
    kappa = ref * mean / (math.fsum(chillers(ref, t) for t in year) / 8760)

    def power(load: float, t: float, on: int) -> tuple[float, float]:
        u = load / design
        linear = load * (1 + a1 + floor + rise(t)) + a0 * design * on
        fans = floor * u + phi * (max(u, 0.4) ** 3 - max(ref, 0.4) ** 3 * u / ref)
        rest = u * (1 + a1) + a0 + square * u * (u - ref) + kappa * chillers(u, t)
        return linear, design * on * (rest + fans)

    return power


def test_a_plain_loop_over_one_year_of_one_site_agrees(iij_replay, iij_plan_folder):
    flat, shaped, full = plain_year(iij_plan_folder, SITE, YEAR)
    row = iij_replay.site_years.query("site == @SITE and fiscal_year == @YEAR").iloc[0]
    assert row["hours"] == 8_784
    assert [flat, shaped, full] == pytest.approx(
        row[["linear_mwh", "shaped_mwh", "full_mwh"]].tolist(), rel=1e-9
    )
    assert flat != pytest.approx(shaped, rel=1e-6)


def filled(folder: Path, target: Path) -> Path:
    """A copy of the tutorial plan whose hall A draws 30, 60 and 90 % of its design load, year after year."""
    shutil.copytree(folder, target)
    plan = open_plan(target)
    racks, halls = plan.tables["racks"], plan.tables["halls"]
    periods = plan.tables["periods"].query("not tail")["period"].tolist()
    case_halls = pd.read_csv(target / "inputs" / "halls.csv").set_index("hall")
    years = pd.read_csv(target / "inputs" / "class_years.csv")
    name = racks["class"].iloc[0]
    kw = years.loc[years["class"] == name, "mean_kw"].iloc[0]
    racks["racks"] = 0.0
    for period, share in zip(periods, (0.3, 0.6, 0.9), strict=True):
        at = (racks["class"] == name) & (racks["hall"] == "A") & (racks["period"] == period)
        assert at.sum() == 1
        racks.loc[at, "racks"] = round(share * case_halls.loc["A", "it_kw"] / kw)
    halls["in_service"] = (halls["hall"] == "A").astype(int)
    for table_name in ("racks", "halls"):
        write_csv(plan.tables[table_name], target / "tables" / f"{table_name}.csv")
    return target


def test_pue_falls_in_the_audited_hourly_table_as_a_hall_fills(toy_plan_folder, tmp_path):
    folder = filled(toy_plan_folder, tmp_path / "plan")
    found = replay(open_plan(folder))
    write_replay(found, found.owned, folder / "replay")
    report = audit(folder)
    assert report.rules["replay_hours"] == 2 * 26_304 + 1
    assert not [finding for finding in report.findings if finding.rule.startswith("replay")]
    hours = pd.read_csv(folder / "replay" / "hours.csv", parse_dates=["start"])
    year = hours["start"].dt.year - (hours["start"].dt.month < 4)
    sums = hours.groupby(year)[["it_kw", "linear_kw"]].sum()
    pue = (sums["linear_kw"] / sums["it_kw"]).tolist()
    assert pue[0] > pue[1] > pue[2]


@pytest.mark.parametrize(
    "file, column, rule",
    [
        ("hours.csv", "linear_kw", "replay_hours"),
        ("hours.csv", "it_kw", "replay_hours"),
        ("hours.csv", "start", "replay_hours"),
        ("site_years.csv", "linear_mwh", "replay_years"),
    ],
)
def test_the_audit_finds_a_changed_hour(toy_replay, toy_plan_folder, tmp_path, file, column, rule):
    folder = Path(shutil.copytree(toy_plan_folder, tmp_path / "plan"))
    write_replay(toy_replay, toy_replay.owned, folder / "replay")
    assert audit(folder).passed
    rows = pd.read_csv(folder / "replay" / file, keep_default_na=False)
    rows.loc[7 if file == "hours.csv" else 0, column] = "2022-04-01T00" if column == "start" else 1.0
    rows.to_csv(folder / "replay" / file, index=False)
    report = audit(folder)
    assert {finding.rule for finding in report.findings} == {rule}


def test_the_duration_curve_holds_the_year(iij_replay):
    curve = iij_replay.duration.query("site == @SITE and fiscal_year == @YEAR")
    assert curve["kw"].is_monotonic_decreasing
    hours = hours_table(iij_replay, [SITE])
    year = hours[hours["start"].between("2023-04-01T00", "2024-03-31T23")]["full_kw"]
    assert curve["kw"].iloc[[0, -1]].tolist() == pytest.approx([year.max(), year.min()], abs=1e-3)
    assert np.trapezoid(curve["kw"], curve["share_of_hours"]) == pytest.approx(year.mean(), rel=1e-3)


def test_errors_above_a_hundredth_are_named(toy_replay):
    marked = toy_replay.site_years.query("site == 'Campus' and above_one_percent")
    assert (marked[["mwh_error", "peak_error"]].abs().max(axis=1) > 0.01).all()
    assert toy_replay.worst["period"].tolist() == ["FY2023"]
