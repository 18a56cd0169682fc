"""Every public figure that the default case rests on, written down once more from the page that says it.

An input row may only differ from these with a change of the page. What is not public stands in no test here.
"""

from datetime import date

import pytest

from tests.inputs.reading import INPUTS, by, rows

YEARS = range(2022, 2028)


def test_sixteen_sites_two_owned() -> None:
    """IIJ, March 2022: 16 data centers in Japan, 14 of them leased by space."""
    sites = rows("iij", "sites")
    assert len(sites) == 16
    assert [row["site"] for row in sites if row["ownership"] == "owned"] == ["Shiroi", "Matsue"]


@pytest.mark.parametrize(
    "halls, racks",
    [
        (("Shiroi-1",), 700),  # IIJ, March 2022
        (("Shiroi-2a", "Shiroi-2b"), 1100),  # IIJ, March 2022
        (("Shiroi-3a", "Shiroi-3b"), 1000),  # Kensetsu News, May 2025
        (("Matsue-1",), 500),  # IIJ, March 2022
        (("Matsue-2",), 300),  # San'in Chuo, 2025
    ],
)
def test_published_racks(halls: tuple[str, ...], racks: int) -> None:
    table = by("iij", "halls", "hall")
    assert sum(int(table[hall]["rack_places"]) for hall in halls) == racks


def test_published_power() -> None:
    """6 kVA a rack is the floor standard of Shiroi, 20 kVA its largest class, 10 MW what phases 1-2 receive.

    Phase 3 gets 10 MW. Matsue was built for 10 kW a rack.
    """
    halls = by("iij", "halls", "hall")
    for name in ("Shiroi-1", "Shiroi-2a", "Shiroi-2b"):
        assert float(halls[name]["it_kw"]) / int(halls[name]["rack_places"]) == 6
    assert {row["max_rack_kw"] for name, row in halls.items() if name.startswith("Shiroi")} == {"20"}
    assert halls["Matsue-1"]["max_rack_kw"] == "10"
    assert by("iij", "connections", "site")["Shiroi"]["receiving_kw"] == "10000"
    assert by("iij", "projects", "project")["shiroi-grid-20mw"]["adds_receiving_kw"] == "10000"


def test_published_pue_is_the_middle_of_its_range() -> None:
    """'1.2 range' at Matsue and '1.3 range' at Shiroi; 1.7 is the Japanese average of FY2021 (JDCC)."""
    halls = by("iij", "halls", "hall")
    for name, low, high in (("Matsue-1", 1.20, 1.29), ("Shiroi-1", 1.30, 1.39)):
        row = halls[name]
        assert (float(row["low"]), float(row["high"])) == (low, high)
        assert float(row["pue"]) == pytest.approx((low + high) / 2)
    assert halls["Tokyo-2-hall"]["pue"] == "1.7"


def test_published_dates_of_service() -> None:
    projects = by("iij", "projects", "project")
    assert projects["shiroi-2a"]["service_date"] == "2023-07-03"
    assert projects["shiroi-2a"]["committed"] == "true"
    assert projects["shiroi-3a"]["service_date"] == "2026-12-31"
    assert projects["matsue-2"]["service_date"] == "2025-06-01"
    works = date(2022, 5, 1), date(2023, 7, 3)  # from May 2022 to July 2023
    assert int(projects["shiroi-2a"]["build_months"]) == 12 * (works[1].year - works[0].year) + 2
    ground = date(2025, 5, 27), date(2026, 12, 31)
    assert int(projects["shiroi-3a"]["build_months"]) == 12 * (ground[1].year - ground[0].year) + 7


def test_two_editions_of_what_was_announced() -> None:
    """By March 2022 only phase 2, gradually from April 2023; by June 2025 also Matsue +300 and phase 3."""
    told = by("iij", "announcements", "project", "known_on_date")
    first = {name: row["service_date"] for (name, day), row in told.items() if day == "2022-03-31"}
    second = {name: row["service_date"] for (name, day), row in told.items() if day == "2025-06-30"}
    assert set(first) == set(second) == set(by("iij", "projects", "project"))
    assert {name for name, day in first.items() if day} == {"shiroi-2a", "shiroi-2b"}
    assert first["shiroi-2a"] == "2023-04-01"
    assert all(second.values())
    assert (second["shiroi-2a"], second["matsue-2"]) == ("2023-07-03", "2025-06-01")


def test_published_cost_of_the_module_building() -> None:
    """5.0 billion in all for 300 racks, the connection it needs inside."""
    projects = by("iij", "projects", "project")
    assert sum(float(projects[name]["cost_mjpy"]) for name in ("matsue-2", "matsue-grid-9mw")) == 5000


def test_history_of_the_presentation() -> None:
    """Bn JPY by fiscal year; FY2021 is a target beside nine months."""
    table = by("iij", "history", "category", "fiscal_year")
    told = {
        "group_capex": dict(zip(range(2016, 2022), (16.5, 20.7, 15.1, 15.2, 15.2, 17.5), strict=True)),
        "shiroi_capex": {2017: 1.2, 2018: 2.1, 2019: 2.0, 2020: 1.5},
        "shiroi_capex_1q3q": {2020: 1.5, 2021: 0.6},
        "group_depreciation": {2016: 10.9, 2017: 12.1, 2018: 13.9, 2019: 14.4, 2020: 14.5},
        "group_depreciation_1q3q": {2021: 11.08},
        "group_capex_1q3q": {2021: 11.54},
    }
    flat = {(name, str(year)): value for name, years in told.items() for year, value in years.items()}
    assert {key: float(row["mjpy"]) / 1000 for key, row in table.items()} == pytest.approx(flat)
    assert table["group_capex", "2021"]["status"] == "target"
    assert table["group_capex", "2016"]["standard"] == "US-GAAP"
    assert {row["basis"] for row in table.values()} == {"disclosed"}


HIGH_VOLTAGE = {2022: 22.76, 2023: 21.86, 2024: 21.57, 2025: 21.05}
AREA = {"hkd": 1.08, "th": 1.00, "tk": 1.03, "cb": 1.01, "kn": 0.89, "ky": 0.92}
SURCHARGE = {2022: 3.45, 2023: 1.40, 2024: 3.49, 2025: 3.98, 2026: 4.18}


def test_leased_sites_pay_the_average_of_high_voltage() -> None:
    """The national average by fiscal year x the area's level in 2025 (over the mean of the areas)."""
    levels = {"hkd": 25.8, "th": 23.9, "tk": 24.7, "cb": 24.2, "kn": 21.3, "ky": 22.1}
    assert {area: round(level / 23.96, 2) for area, level in levels.items()} == AREA
    table = by("iij", "tariffs", "tariff", "fiscal_year")
    for area, ratio in AREA.items():
        for year, average in HIGH_VOLTAGE.items():
            row = table[f"hv_{area}", str(year)]
            assert float(row["energy_jpy_per_kwh"]) == pytest.approx(average * ratio, abs=0.006)
            assert row["basis"] == "derived"


def test_the_renewable_surcharge_is_the_published_one() -> None:
    for row in rows("iij", "tariffs"):
        if int(row["fiscal_year"]) in SURCHARGE:
            assert float(row["surcharge_jpy_per_kwh"]) == SURCHARGE[int(row["fiscal_year"])], row
    assert {float(row["surcharge_jpy_per_kwh"]) for row in rows("iij", "vintages/tariffs")} == {3.45}


def test_certificate_prices() -> None:
    """FIT: 0.30 from November 2021, 0.40 in FY2023, 0.67 in FY2024; non-FIT between 0.6 and 1.3."""
    table = by("iij", "instrument_years", "instrument", "fiscal_year")
    fit = {
        year: float(table["fit_certificate", str(year)]["price_jpy_per_kwh"]) for year in (2022, 2023, 2024)
    }
    assert fit == {2022: 0.30, 2023: 0.40, 2024: 0.67}
    assert all(0.6 <= float(table["nonfit_certificate", str(y)]["price_jpy_per_kwh"]) <= 1.3 for y in YEARS)


ZONES = {
    "JP-HKD": (376, 377, 375),
    "JP-TH": (400, 396, 396),
    "JP-TK": (456, 446, 449),
    "JP-CB": (422, 395, 397),
    "JP-KN": (357, 312, 300),
    "JP-CG": (411, 382, 386),
    "JP-KY": (321, 244, 245),
}


def test_emission_factors() -> None:
    """National 0.423 in FY2024 (the ministry's list); zones of Electricity Maps in g/kWh, 2022 to 2024."""
    table = by("iij", "grid_factors", "factor_set", "grid_area", "fiscal_year")
    for area, grams in ZONES.items():
        national = {year: float(table["national", area, str(year)]["kg_per_kwh"]) for year in YEARS}
        assert national == {2022: 0.437, 2023: 0.421, 2024: 0.423, 2025: 0.412, 2026: 0.402, 2027: 0.392}
        assert table["national", area, "2024"]["basis"] == "public"
        zone = [1000 * float(table["zone", area, str(year)]["kg_per_kwh"]) for year in (2022, 2023, 2024)]
        assert zone == pytest.approx(grams)


def test_factors_of_utilities() -> None:
    """Kyushu's own page for FY2022; residual menus of FY2024 as quoted from the ministry's list (kg/kWh)."""
    table = by("iij", "emission_factors", "factor")
    told = {
        "shk_basic:JP-KY:FY2022": 0.399,
        "shk_adjusted:JP-KY:FY2022": 0.453,
        "residual:JP-KY:FY2022": 0.467,
    }
    told |= {"residual:JP-TH:FY2024": 0.402, "residual:JP-CB:FY2024": 0.421}
    told |= {"residual:JP-KN:FY2024": 0.419, "residual:JP-KY:FY2024": 0.417, "national:JP:FY2024": 0.423}
    assert {factor: float(table[factor]["value"]) for factor in told} == told


def test_targets() -> None:
    """PUE at most 1.4 (benchmark); 85 % renewable in FY2030: the assumed path is on a line to it."""
    table = by("iij", "targets", "target", "fiscal_year")
    assert {float(row["value"]) for (name, _), row in table.items() if name == "owned_pue"} == {1.4}
    path = [float(table["owned_renewable", str(year)]["value"]) for year in YEARS]
    assert path == [0.50, 0.54, 0.59, 0.63, 0.68, 0.72]
    slope = (path[-1] - path[0]) / 5
    assert path[-1] + 3 * slope == pytest.approx(0.85, abs=0.01)


def test_solar_and_battery() -> None:
    """Matsue's panels: March 2023, 340 MWh a year. The Powerpack: 696 kWh, 1 November 2019."""
    pv, battery = by("iij", "onsite_pv", "site"), by("iij", "batteries", "site")["Shiroi"]
    assert (pv["Matsue"]["from_date"], pv["Matsue"]["mwh_per_year"]) == ("2023-03-01", "340")
    assert pv["Shiroi"]["from_date"] == "2023-02-01"
    assert (battery["from_date"], battery["energy_kwh"]) == ("2019-11-01", "696")


ANNUAL_C = {"matsue": 15.2, "shiroi_abiko": 14.7, "tokyo": 15.8, "yokohama": 16.2, "saitama": 15.3}
ANNUAL_C |= {"sapporo": 9.2, "sendai": 12.8, "nagoya": 16.2, "kyoto": 16.2, "osaka": 17.1, "fukuoka": 17.3}


def test_monthly_normals_average_to_the_annual_normals() -> None:
    for row in rows("iij", "stations"):
        months = [float(row[f"m{month:02d}"]) for month in range(1, 13)]
        assert sum(months) / 12 == pytest.approx(ANNUAL_C[row["station"]], abs=0.1), row["station"]
    assert len(rows("iij", "stations")) == len(ANNUAL_C)


def test_seismic_zones_follow_the_published_probability() -> None:
    """Shaking of 6-lower or more within 30 years at the city office, edition of 2020, per cent."""
    share = {"Sapporo": 2.2, "Sendai": 7.6, "Saitama": 60, "Tokyo": 47, "Yokohama": 38, "Nagoya": 46}
    share |= {"Kyoto": 15, "Osaka": 30, "Fukuoka": 6.2}
    for row in rows("iij", "sites"):
        if row["ownership"] == "leased":
            told = share[row["site"].split("-")[0]]
            zone = "low" if told < 10 else "high" if told > 40 else "middle"
            assert row["seismic_zone"] == zone, row["site"]
            assert f"{told:g} %" in row["reason"]


def test_useful_lives() -> None:
    table = by("iij", "asset_classes", "asset_class")
    assert table["shell"]["tax_life_years"] == "38"
    assert table["ups_battery"]["tax_life_years"] == "6"
    assert {table[name]["tax_life_years"] for name in ("electrical_mechanical", "fit_out")} == {"15"}


def test_no_other_public_or_disclosed_row_is_left_out_here() -> None:
    """The tables with public or disclosed rows are those of the tests above (regions of a name apart)."""
    tables = {path.stem for path in (INPUTS / "iij").glob("*.csv")} - {"sources"}
    public = {
        name for name in tables if any(row["basis"] in ("public", "disclosed") for row in rows("iij", name))
    }
    assert public == {
        "announcements", "asset_classes", "connections", "emission_factors", "grid_factors", "history",
        "instruments", "targets",
    }  # fmt: skip
