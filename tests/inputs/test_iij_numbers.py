"""The default case agrees with itself and with the public figures that it was built around."""

from collections import Counter, defaultdict
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.inputs.reading import INPUTS, by, rows

KANTO = {row["site"] for row in rows("iij", "sites") if row["region"] == "Kanto"}
OWNED = {row["site"] for row in rows("iij", "sites") if row["ownership"] == "owned"}
HALLS = by("iij", "halls", "hall")
YEARS = range(2022, 2028)
CURVE = ("floor", "t_start_c", "t_full_c", "slope_per_c")
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def group(hall: str) -> str:
    """Shiroi, Matsue, East (leased in Kanto) or rest (leased elsewhere)."""
    site = HALLS[hall]["site"]
    return site if site in OWNED else "East" if site in KANTO else "rest"


def opening() -> Counter[tuple[str, str]]:
    count: Counter[tuple[str, str]] = Counter()
    for row in rows("iij", "occupancy"):
        count[row["class"], group(row["hall"])] += int(row["racks"])
    return count


def test_opening_racks_by_class_and_group() -> None:
    count = opening()
    places = ("Shiroi", "Matsue", "East", "rest")
    assert {k: tuple(count[k, place] for place in places) for k in by("iij", "classes", "class")} == {
        "network_east": (70, 0, 530, 0),
        "network_west": (0, 10, 0, 90),
        "cloud": (240, 380, 95, 35),
        "colo_east": (230, 0, 950, 0),
        "colo_west": (0, 0, 0, 430),
        "dr": (0, 30, 0, 120),
        "high_density": (20, 0, 0, 0),
    }
    assert sum(count.values()) == 3230


def test_leased_groups_are_three_quarters_full_at_opening() -> None:
    leased: Counter[str] = Counter()
    for row in rows("iij", "leases"):
        leased[group(row["hall"])] += int(row["racks"])
    used = {place: sum(n for (_, where), n in opening().items() if where == place) for place in leased}
    assert dict(leased) == {"East": 2100, "rest": 900}
    assert {place: used[place] / leased[place] for place in leased} == {"East": 0.75, "rest": 0.75}


def test_opening_fits_every_hall_in_places_and_power() -> None:
    years = by("iij", "class_years", "class", "fiscal_year")
    racks: Counter[str] = Counter()
    kw: defaultdict[str, float] = defaultdict(float)
    for row in rows("iij", "occupancy"):
        load = "peak_kw" if group(row["hall"]) in OWNED else "contract_kw"
        racks[row["hall"]] += int(row["racks"])
        kw[row["hall"]] += int(row["racks"]) * float(years[row["class"], "2022"][load])
    for name, hall in HALLS.items():
        assert racks[name] <= int(hall["rack_places"]) * float(hall["largest_fill"])
        assert kw[name] <= float(hall["it_kw"])


def test_demand_starts_at_the_opening_and_grows_as_fitted() -> None:
    racks: Counter[str] = Counter()
    it_mw: defaultdict[str, float] = defaultdict(float)
    years = by("iij", "class_years", "class", "fiscal_year")
    for row in rows("iij", "demand"):
        racks[row["date"]] += int(row["racks"])
        it_mw[row["date"]] += int(row["racks"]) * float(years[row["class"], "2022"]["mean_kw"]) / 1000
    total = [racks[f"{year}-04-01"] for year in range(2022, 2029)]
    assert total == pytest.approx([3230, 3442, 3672, 3921, 4193, 4487, 4799], abs=1)
    assert it_mw["2022-04-01"] == pytest.approx(9.4, abs=0.1)
    assert it_mw["2028-04-01"] == pytest.approx(15.4, abs=0.15)
    by_class = Counter[str]()
    for (k, _), n in opening().items():
        by_class[k] += n
    assert by_class == {
        r["class"]: int(r["racks"]) for r in rows("iij", "demand") if r["date"] == "2022-04-01"
    }


def test_classes_live_only_where_they_may() -> None:
    allowed = {(row["class"], row["region"]) for row in rows("iij", "class_regions")}
    sites = by("iij", "sites", "site")
    used = {
        (row["class"], sites[HALLS[row["hall"]]["site"]]["region"])
        for table in ("occupancy", "pinned_racks")
        for row in rows("iij", table)
    }
    used |= {(row["class"], sites[row["site"]]["region"]) for row in rows("iij", "policy")}
    assert used <= allowed
    assert {region for k, region in allowed if k == "colo_east"} == {"Kanto"}
    assert not {("dr", "Kanto"), ("colo_west", "Kanto")} & allowed


def test_each_site_that_may_serve_a_class_stands_once_in_its_order() -> None:
    contract = {row["class"]: float(row["contract_kw"]) for row in rows("iij", "class_years")}
    regions = {(row["class"], row["region"]) for row in rows("iij", "class_regions")}
    sites = by("iij", "sites", "site")
    for k, kw in contract.items():
        able = {
            hall["site"]
            for hall in HALLS.values()
            if (k, sites[hall["site"]]["region"]) in regions and float(hall["max_rack_kw"]) >= kw
        }
        order = [row["site"] for row in rows("iij", "policy") if row["class"] == k]
        assert len(order) == len(set(order))
        assert set(order) == able


def test_shares_and_milestones_sum_to_one() -> None:
    for table, key in (("project_assets", "project"), ("milestones", "profile")):
        total: defaultdict[str, float] = defaultdict(float)
        for row in rows("iij", table):
            total[row[key]] += float(row["share"])
        assert all(abs(value - 1) < 1e-9 for value in total.values())


def test_nothing_of_a_committed_project_was_due_before_the_opening_day() -> None:
    first: defaultdict[str, int] = defaultdict(int)
    for step in rows("iij", "milestones"):
        first[step["profile"]] = max(first[step["profile"]], int(step["months_before"]))
    for row in rows("iij", "projects"):
        service = date.fromisoformat(row["service_date"])
        assert float(row["spent_mjpy"]) == 0
        assert (service.year - 2022) * 12 + service.month - 4 >= first[row["profile"]]


def test_announced_projects_fit_the_yearly_budgets() -> None:
    paid: defaultdict[int, float] = defaultdict(float)
    for row in rows("iij", "projects"):
        service = date.fromisoformat(row["service_date"])
        for step in (step for step in rows("iij", "milestones") if step["profile"] == row["profile"]):
            month = service.year * 12 + service.month - 1 - int(step["months_before"])
            fiscal_year = month // 12 - (month % 12 < 3)
            paid[fiscal_year] += float(row["cost_mjpy"]) * float(step["share"])
    budget = {int(row["fiscal_year"]): float(row["capex_mjpy"]) for row in rows("iij", "budgets")}
    assert {y: round(paid[y] / 1000, 1) for y in YEARS} == {
        2022: 3.7, 2023: 6.0, 2024: 5.5, 2025: 4.0, 2026: 6.5, 2027: 3.8,
    }  # fmt: skip
    assert all(paid[year] <= budget[year] for year in YEARS)


SPECIAL_HIGH_VOLTAGE = {2022: 19.63, 2023: 19.89, 2024: 18.13, 2025: 17.17}


@pytest.mark.parametrize("tariff, ratio", [("shiroi_shv", 1.03), ("matsue_shv", 0.98)])
def test_energy_and_demand_price_make_the_published_average_again(tariff: str, ratio: float) -> None:
    table = by("iij", "tariffs", "tariff", "fiscal_year")
    for year, average in SPECIAL_HIGH_VOLTAGE.items():
        row = table[tariff, str(year)]
        demand = float(row["demand_jpy_per_kw_month"]) * (1 - float(row["power_factor_discount"])) * 12
        all_in = float(row["energy_jpy_per_kwh"]) + demand / (8760 * 0.75)
        assert all_in == pytest.approx(average * ratio, abs=0.006)


def test_every_grid_area_has_a_factor_of_every_set_and_year() -> None:
    areas = {row["grid_area"] for row in rows("iij", "sites")}
    have = set(by("iij", "grid_factors", "factor_set", "grid_area", "fiscal_year"))
    years = [min(YEARS) - 1, *YEARS]  # the first year is reported with the power supplied the year before
    assert have == {(name, area, str(y)) for name in ("national", "zone") for area in areas for y in years}


def monthly_overhead(hall: str) -> NDArray[np.float64]:
    """The overhead c(T) of each month's hours, T shifted to the station's normals: its twelve means."""
    row = HALLS[hall]
    station = by("iij", "stations", "station")[by("iij", "sites", "site")[row["site"]]["station"]]
    raw = np.loadtxt(INPUTS / "iij" / "weather" / station["file"], delimiter=",", skiprows=1, usecols=1)
    month = np.repeat(np.arange(12), MONTH_DAYS * 24)
    assert raw.shape == month.shape
    shift = [float(station[f"m{m + 1:02d}"]) - raw[month == m].mean() for m in range(12)]
    curve = {k: float(v) for k, v in by("iij", "cooling", "cooling")[row["cooling"]].items() if k in CURVE}
    rise = np.clip(
        raw + np.array(shift)[month] - curve["t_start_c"], 0, curve["t_full_c"] - curve["t_start_c"]
    )
    c = curve["floor"] + curve["slope_per_c"] * rise
    return np.array([c[month == m].mean() for m in range(12)])


@pytest.mark.parametrize("hall", sorted(HALLS))
def test_the_fitted_proportional_share_is_sensible(hall: str) -> None:
    row = HALLS[hall]
    fixed = float(by("iij", "cooling", "cooling")[row["cooling"]]["fixed_share"])
    mean = float(monthly_overhead(hall) @ MONTH_DAYS / 365)
    share = float(row["pue"]) - 1 - fixed / float(row["reference_load"]) - mean
    low, high = (0.05, 0.15) if row["site"] in OWNED else (0.3, 0.45)
    assert low < share < high


@pytest.mark.parametrize("hall", ["Shiroi-1", "Matsue-1"])
def test_owned_halls_swing_with_the_season_as_the_published_model_does(hall: str) -> None:
    months = monthly_overhead(hall)
    assert months[7] - months[0] == pytest.approx(0.17, abs=0.02)


def test_leased_it_power_goes_with_the_racks() -> None:
    for row in rows("iij", "leases"):
        hall = HALLS[row["hall"]]
        places = int(row["racks"]) + int(row["option_racks"])
        assert places == int(hall["rack_places"])
        assert float(hall["it_kw"]) / places in {4, 6}
        assert float(row["contract_pue"]) == float(hall["pue"])


def test_weather_files_carry_their_licence_and_irradiance_where_panels_stand() -> None:
    folder = INPUTS / "iij" / "weather"
    assert "MIT License" in (folder / "LICENSE.builelib.MIT").read_text(encoding="utf-8")
    used = {row["file"] for row in rows("iij", "stations")}
    assert {path.name for path in folder.glob("*.csv")} == used
    station = {row["site"]: row["station"] for row in rows("iij", "sites")}
    panels = {station[row["site"]] for row in rows("iij", "onsite_pv")}
    sunny = {row["file"] for row in rows("iij", "stations") if row["station"] in panels}
    for name in used:
        header = "hour_of_year,temp_c" + (",dni_w_m2,dhi_w_m2" if name in sunny else "")
        assert (folder / name).read_text(encoding="utf-8").splitlines()[0] == header
