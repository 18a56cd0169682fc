"""What an assurer of emissions looks for first: each test bears the number of its pitfall."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.rules_carbon import factor_units
from dcplan.errors import InputError
from dcplan.metrics.carbon.books import CarbonBooks
from dcplan.metrics.carbon.every import carbon_tables
from dcplan.metrics.carbon.factors import factor_register, in_force
from dcplan.metrics.carbon.intensity import site_carbon
from dcplan.metrics.carbon.ledger import re100_reason
from dcplan.metrics.carbon.lines import LANDLORD, OPERATOR, bought_of, market_lines, scoped, shk_lines
from dcplan.metrics.carbon.lookup import Factors
from dcplan.metrics.carbon.other_lines import refrigerant_lines
from dcplan.plans.plan import read_tables
from tests.model import toys

Frame = pd.DataFrame
LOCATION = ["s2_location_tco2e", "s2_location_excl_tenant_tco2e", "s3_cat8_location_tco2e", "facility_tco2e"]


@pytest.fixture(scope="module")
def tables(toy_plan_folder: Path) -> dict[str, Frame]:
    return read_tables(toy_plan_folder / "tables")


@pytest.fixture(scope="module")
def books(tables: dict[str, Frame], toy_case: Case) -> dict[str, Frame]:
    return carbon_tables(CarbonBooks(tables, toy_case, "national"))


def fleet(books: dict[str, Frame], fiscal_year: int) -> pd.Series:
    rows = books["ghg_summary"]
    return rows[(rows["boundary"] == "fleet") & (rows["fiscal_year"] == fiscal_year)].iloc[0]


def test_02_location_based_figures_are_the_same_bits_without_any_instrument(
    tables: dict[str, Frame], books: dict[str, Frame], toy_case: Case
) -> None:
    """Certificates, menus and contracts touch the other methods only."""
    emptied = tables | {"claims": tables["claims"].iloc[:0], "ppas": tables["ppas"].iloc[:0]}
    bare = carbon_tables(CarbonBooks(emptied, toy_case, "national"))
    assert len(bare["instrument_ledger"]) < len(books["instrument_ledger"])
    for name in LOCATION:
        told, again = books["ghg_summary"][name], bare["ghg_summary"][name]
        assert told.to_numpy().tobytes() == again.to_numpy().tobytes()
    lines = [each["ghg_line"].query("method == 'location'")["tco2e"].to_numpy() for each in (books, bare)]
    assert lines[0].tobytes() == lines[1].tobytes()
    assert (bare["ghg_summary"]["s2_market_tco2e"] >= books["ghg_summary"]["s2_market_tco2e"]).all()
    assert fleet(bare, 2024)["s2_market_tco2e"] > fleet(books, 2024)["s2_market_tco2e"] + 2000


def test_03_no_retailers_factor_is_location_based(books: dict[str, Frame]) -> None:
    lines, register = books["ghg_line"], books["factor_register"].set_index("factor_id")
    used = lines.loc[lines["method"] == "location", "factor_id"]
    assert set(register.loc[used.unique(), "factor_type"]) == {"grid_location"}


def small_register(factor_set: str = "", **kinds: float) -> Factors:
    """Return factors of area A for activity of FY2024, in force."""
    rows = [
        {"factor_id": kind, "factor_type": kind, "factor_set": factor_set, "value": value, "in_force": True,
         "subject": "JP" if kind in ("national_average", "certificate_correction") else "A",
         "applies_to_fy": 2024, "projected": False, "unit": "kg/kWh"}
        for kind, value in kinds.items()
    ]  # fmt: skip
    return Factors(pd.DataFrame(rows))


def hundred(claimed: float, kind: str = "nonfit_certificate") -> tuple[Frame, Frame]:
    """Return a site that buys 100 MWh, and its claim."""
    parts = pd.DataFrame(
        [{"site": "S", "fiscal_year": 2024, "part": OPERATOR, "ownership": "owned", "grid_area": "A",
          "mwh": 100.0, "share": 1.0}]
    )  # fmt: skip
    claim = {"instrument": "c", "site": "S", "fiscal_year": 2024, "claimed_mwh": claimed, "kind": kind}
    return parts, pd.DataFrame([claim | {"renewable": True}])


def test_07_the_reporting_law_deducts_at_the_national_factor_and_market_based_does_not() -> None:
    """100 MWh at the residual 0.464, 40 MWh certified, national 0.43: 29.2 t and 27.84 t."""
    register = small_register(residual=0.464, shk_adjusted=0.464, shk_basic=0.464, national_average=0.43)
    parts, claims = hundred(40.0)
    law = shk_lines(bought_of(parts, claims), register, "shk_adjusted")["tco2e"]
    assert law.sum() == pytest.approx(46.4 - 17.2)
    market = market_lines(parts, claims, register, "national")["tco2e"]
    assert market.sum() == pytest.approx(27.84)
    assert law.sum() != pytest.approx(market.sum(), abs=1)


def test_07_certificates_take_off_no_more_than_was_bought_and_menus_bear_no_rate() -> None:
    """100 MWh certified at a national 0.5 would take 50 t off 46.4: nothing is left, and nothing below 0."""
    register = small_register(shk_adjusted=0.464, national_average=0.5)
    parts, claims = hundred(100.0)
    assert shk_lines(bought_of(parts, claims), register, "shk_adjusted")["tco2e"].sum() == pytest.approx(0.0)
    parts, claims = hundred(40.0, "green_menu")
    assert shk_lines(bought_of(parts, claims), register, "shk_adjusted")["tco2e"].sum() == pytest.approx(
        27.84
    )


def test_08_more_certified_than_bought_is_an_error_not_a_negative_emission() -> None:
    register = small_register(residual=0.464)
    with pytest.raises(ValueError, match="more than it imports"):
        market_lines(*hundred(101.0), register, "national")


def test_the_grid_average_stands_in_for_a_residual_mix_and_says_so() -> None:
    register = small_register("national", grid_location=0.4)
    lines = market_lines(*hundred(40.0), register, "national")
    rest = lines[lines["quality_flag"] != "instrument"].iloc[0]
    assert (rest["tco2e"], rest["quality_flag"]) == (pytest.approx(24.0), "no_residual_mix")


def test_05_activity_takes_the_factor_of_the_supply_before_and_no_late_revision(toy_case: Case) -> None:
    """FY2022: the revision of June 2023 replaces that of January. FY2023: one of December 2024 is late."""
    register = factor_register(toy_case)
    basic = in_force(register, "shk_basic").set_index("fiscal_year")["factor_value"]
    assert basic.to_dict() == {2022: 0.484, 2023: 0.45, 2024: 0.464}
    late = register.set_index("factor_id").loc["basic-2022-r1"]
    assert not late["in_force"]
    assert late["supersedes"] == "basic-2022"
    assert (register["applies_to_fy"].dropna() == register["supply_fy"].dropna() + 1).all()


def test_06_factors_that_nobody_published_are_scenario_values_and_fall(iij_case: Case) -> None:
    register = factor_register(iij_case)
    ours = register.query(
        "factor_type == 'grid_location' and factor_set == 'national' and subject == 'JP-TK'"
    )
    values = ours.set_index("applies_to_fy")
    assert values.loc[[2022, 2023, 2024, 2025], "value"].tolist() == [0.436, 0.437, 0.421, 0.423]
    assert not values.loc[[2022, 2023, 2024, 2025], "projected"].any()
    assert values.loc[[2026, 2027], "projected"].all()
    assert values["value"].loc[2025] > values["value"].loc[2026] > values["value"].loc[2027]
    early = toys.with_table(
        iij_case, "grid_factors", iij_case["grid_factors"].assign(known_on=date(2022, 3, 31))
    )
    held = factor_register(early).query("factor_type == 'grid_location'")
    assert held.loc[held["supply_fy"] >= 2022, "projected"].all()
    published = register[register["published_on"].notna() & register["in_force"]]
    for row in published[published["applies_to_fy"].notna()].itertuples():
        assert row.published_on <= date(int(row.applies_to_fy) + 1, 7, 31)


def test_09_what_is_carbon_free_and_not_renewable_counts_for_no_renewable_share(
    tables: dict[str, Frame], toy_case: Case
) -> None:
    """An undesignated certificate (nuclear): zero in market-based Scope 2, nothing renewable, not RE100."""
    case = toys.with_value(toy_case, "instruments", "renewable", False)
    case = toys.with_value(case, "instruments", "kind", "nonfit_certificate")
    found = carbon_tables(CarbonBooks(tables, case, "national"))
    rows = found["renewables_by_type"]
    claimed = rows[rows["supply_type"] == "nonfit_certificate"]
    assert len(claimed) > 0
    assert not claimed["renewable"].any()
    ledger = found["instrument_ledger"].query("instrument_id == 'certificate'")
    assert set(ledger["re100_reason"]) == {"not_renewable"}
    assert not ledger["re100_eligible"].any()
    assert fleet(found, 2024)["s2_market_tco2e"] == pytest.approx(0.464 * 4476.36, rel=1e-6)


def re100(**cells: Any) -> str:
    row = {
        "renewable": True, "tracked": True, "instrument_type": "fit_certificate", "commissioned_on": None,
        "purchased_on": date(2025, 3, 31), "vintage_start": date(2024, 4, 1),
    }  # fmt: skip
    return str(re100_reason(pd.DataFrame([row | cells]))[0])


@pytest.mark.parametrize("cells, reason", [
    ({"tracked": False}, "untracked"),
    ({}, "commissioning_unknown"),
    ({"commissioned_on": date(2009, 4, 1)}, "over_15_years"),
    ({"commissioned_on": date(2009, 4, 2)}, "within_15_years"),
    ({"commissioned_on": date(1990, 1, 1), "purchased_on": date(2023, 12, 31)}, "grandfathered"),
    ({"commissioned_on": date(1990, 1, 1), "purchased_on": date(2024, 1, 1)}, "over_15_years"),
    ({"commissioned_on": date(1990, 1, 1), "instrument_type": "physical_ppa"}, "exempt_direct_ppa"),
    ({"commissioned_on": date(1990, 1, 1), "instrument_type": "onsite_pv"}, "exempt_self_generation"),
    ({"instrument_type": "onsite_pv", "renewable": False}, "not_renewable"),
])  # fmt: skip
def test_10_re100_counts_tracked_plants_of_at_most_fifteen_years(cells: dict[str, Any], reason: str) -> None:
    assert re100(**cells) == reason


def test_08_the_ledger_claims_once_and_banks_nothing(books: dict[str, Frame]) -> None:
    ledger = books["instrument_ledger"]
    assert not ledger.duplicated(["instrument_id", "site_id", "fiscal_year"]).any()
    closing = ledger["opening_mwh"] + ledger["acquired_mwh"] - ledger["retired_mwh"] - ledger["expired_mwh"]
    assert np.allclose(closing, ledger["closing_mwh"])
    assert (ledger["closing_mwh"] == 0).all()
    years = [(s.year, e.year) for s, e in zip(ledger["vintage_start"], ledger["vintage_end"], strict=True)]
    assert years == [(y, y + 1) for y in ledger["fiscal_year"]]


def test_11_supply_by_type_adds_up_to_the_energy_used(books: dict[str, Frame]) -> None:
    """Self-generation is no import, and nothing is above 100 %."""
    rows = books["renewables_by_type"]
    shares = rows.groupby(["boundary", "fiscal_year"])["share_of_facility"].sum()
    assert np.allclose(shares, 1.0)
    assert rows["share_of_facility"].between(0, 1).all()
    line = books["ghg_line"].query("method == 'location' and fiscal_year == 2024")
    assert line["activity"].sum() == pytest.approx(8952.72 - 100)


def test_11_self_generation_is_no_import_and_no_certificate_of_it_is_left_to_sell(
    books: dict[str, Frame],
) -> None:
    """100 MWh a year of the roof: its own row of the ledger retires them, and no line of Scope 2 has them."""
    roof = books["instrument_ledger"].query("instrument_id == 'onsite:Campus'")
    assert roof["retired_mwh"].tolist() == pytest.approx([100.0, 100.0, 100.0])
    assert (roof["acquired_mwh"] == roof["retired_mwh"]).all()
    lines = books["ghg_line"].query("scope == 2 and fiscal_year == 2024")
    for method in ("location", "market"):
        assert lines.loc[lines["method"] == method, "activity"].sum() == pytest.approx(8952.72 - 100)


def test_12_customers_energy_is_in_scope_2_or_in_category_13(books: dict[str, Frame]) -> None:
    """60 racks of 6 kW at a PUE: never in both, never in neither."""
    for fiscal_year in (2022, 2023, 2024):
        row = fleet(books, fiscal_year)
        for method in ("location", "market"):
            theirs = row[f"s3_cat13_{method}_tco2e"]
            assert theirs > 0
            parts = row[f"s2_{method}_excl_tenant_tco2e"] + theirs
            assert parts == pytest.approx(row[f"s2_{method}_tco2e"], rel=1e-12)


def test_13_a_landlords_overhead_stays_and_no_claim_of_the_tenant_covers_it(books: dict[str, Frame]) -> None:
    """A rented room of 100 MWh, 70 of them metered: 70 certified, and 30 MWh at the residual 0.464 stay."""
    parts, claims = hundred(70.0)
    own = parts.assign(ownership="leased", mwh=70.0)
    both = pd.concat([own, own.assign(part=LANDLORD, mwh=30.0, share=np.nan)], ignore_index=True)
    lines = scoped(market_lines(both, claims, small_register(residual=0.464), "national")).set_index("part")
    assert lines.loc[[OPERATOR], "tco2e"].sum() == pytest.approx(0.0, abs=1e-12)
    assert lines.loc[LANDLORD, "tco2e"] == pytest.approx(30 * 0.464)
    assert lines.loc[LANDLORD, "s3_category"] == 8
    rented = books["ghg_summary"].query("boundary == 'leased'").set_index("fiscal_year")
    assert rented.loc[2023, "s3_cat8_location_tco2e"] > 0
    assert rented.loc[2024, ["s2_location_tco2e", "s3_cat8_location_tco2e"]].tolist() == [0.0, 0.0]


def test_20_capital_goods_count_in_their_year_and_their_life_is_a_memo(books: dict[str, Frame]) -> None:
    """Hall B's 200 M JPY of building over 40 years and 200 of plant over 20: 1/40 and 1/20 of its year."""
    lines = books["ghg_line"].query("s3_category == 2 and fiscal_year == 2024 and tco2e > 0")
    shares = (lines["spread_tco2e"] / lines["tco2e"]).tolist()
    assert sorted(shares) == pytest.approx([1 / 40, 1 / 20])
    row = fleet(books, 2024)
    assert row["s3_cat2_tco2e"] == pytest.approx(lines["tco2e"].sum())
    assert row["s3_cat2_spread_memo_tco2e"] == pytest.approx(lines["spread_tco2e"].sum())
    assert fleet(books, 2023)["s3_cat2_tco2e"] == 0.0


def test_17_lines_are_not_rounded_before_they_are_added(books: dict[str, Frame]) -> None:
    lines = books["ghg_line"]
    assert (lines["tco2e"].dropna() != lines["tco2e"].dropna().round(2)).mean() > 0.5
    for fiscal_year in (2022, 2023, 2024):
        here = lines[(lines["fiscal_year"] == fiscal_year) & (lines["scope"] == 2)]
        for method in ("location", "market", "shk_basic", "shk_adjusted"):
            total = here.loc[here["method"] == method, "tco2e"].sum()
            assert fleet(books, fiscal_year)[f"s2_{method}_tco2e"] == pytest.approx(total, rel=1e-12)


def test_18_a_missing_factor_is_null_with_its_reason_and_never_0(
    tables: dict[str, Frame], toy_case: Case
) -> None:
    case = toys.with_table(toy_case, "emission_factors", toy_case["emission_factors"].iloc[:0])
    case = toys.with_table(case, "generators", toy_case["generators"].iloc[:0])
    found = carbon_tables(CarbonBooks(tables, case, "national"))
    row = fleet(found, 2024)
    for name in ("s1_tco2e", "s2_shk_basic_tco2e", "s2_shk_adjusted_tco2e", "s3_cat2_tco2e", "s3_cat3_tco2e"):
        assert pd.isna(row[name]), name
    assert row["s1_null_reason"] == "fuel: no_input; refrigerant: no_input"
    assert "category 2: no_factor" in row["s3_null_reason"]
    lines = found["ghg_line"]
    assert (lines["tco2e"].isna() == (lines["null_reason"] != "")).all()


def test_19_offsets_are_netted_from_nothing(toy_case: Case, books: dict[str, Frame]) -> None:
    from dcplan.data.tables_instruments import INSTRUMENT_KINDS

    assert not {"jcredit", "forest_credit", "jcm"} & set(INSTRUMENT_KINDS)
    summary = books["ghg_summary"]
    assert summary["credits_retired_t"].isna().all()
    assert set(summary["credits_null_reason"]) == {"not_modelled"}


def test_21_losses_of_the_grid_are_category_3(tables: dict[str, Frame], toy_case: Case) -> None:
    """Losses of 0.1 in place of 0.05: 8,852.7 x 0.4 x (1/9 - 1/19) more in category 3, and in no Scope 2."""
    case = toys.with_value(toy_case, "emission_factors", "value", 0.1, factor="grid-loss")
    before = fleet(carbon_tables(CarbonBooks(tables, toy_case, "national")), 2024)
    after = fleet(carbon_tables(CarbonBooks(tables, case, "national")), 2024)
    assert after["s2_location_tco2e"] == before["s2_location_tco2e"]
    assert after["s2_market_tco2e"] == before["s2_market_tco2e"]
    more = 8852.72 * 0.4 * (1 / 9 - 1 / 19)
    assert after["s3_cat3_tco2e"] - before["s3_cat3_tco2e"] == pytest.approx(more)


def test_23_leaks_take_charge_and_rate_and_one_set_of_warming_potentials(
    tables: dict[str, Frame], toy_case: Case
) -> None:
    """100 kg x 5 % x 2,000 = 10 t a year; hall B's first charge in FY2024 is no leak, its 5 % is."""
    gases = [{"hall": hall, "gas": "R-410A", "charge_kg": 100.0, "leak_rate": 0.05} for hall in ("A", "B")]
    case = toys.with_rows(toy_case, "refrigerants", *gases)
    gwp = {"factor": "r410a", "factor_type": "refrigerant_gwp", "subject": "R-410A", "supply_fy": 0,
           "value": 2000.0, "unit": "t/t", "gwp_set": "AR5", "known_on": None}  # fmt: skip
    case = toys.with_rows(case, "emission_factors", gwp)
    books = CarbonBooks(tables, case, "national")
    lines = refrigerant_lines(books, Factors(factor_register(case))).groupby("fiscal_year")["tco2e"].sum()
    assert lines.tolist() == pytest.approx([10.0, 10.0, 20.0])
    other = gwp | {"factor": "r32", "subject": "R-32", "gwp_set": "AR6"}
    with pytest.raises(InputError, match="mixes the GWP sets AR5, AR6"):
        factor_register(toys.with_rows(case, "emission_factors", other))


def test_24_growth_is_not_hidden_behind_intensity(books: dict[str, Frame]) -> None:
    """FY2024 against FY2023: 5.6 % less a kWh of IT, and 0.5 % more in all."""
    before, after = fleet(books, 2023), fleet(books, 2024)
    assert after["intensity_location_kg_per_kwh_it"] < 0.95 * before["intensity_location_kg_per_kwh_it"]
    assert after["facility_tco2e"] > before["facility_tco2e"]


def test_24_avoided_emissions_stand_apart(
    toy_plan_folder: Path, tables: dict[str, Frame], toy_case: Case
) -> None:
    announced = read_tables(toy_plan_folder / "as_announced" / "tables")
    alone = fleet(carbon_tables(CarbonBooks(tables, toy_case, "national")), 2024)
    beside = fleet(carbon_tables(CarbonBooks(tables, toy_case, "national", announced)), 2024)
    assert beside["avoided_vs_announced_tco2e"] == pytest.approx(3872.021 - 3541.088, abs=1e-2)
    assert beside["facility_tco2e"] == alone["facility_tco2e"]


def test_25_carbon_is_priced_once_and_on_location_based_tonnes(toy_case: Case) -> None:
    """At 5,000 JPY/t the shadow cost is that price x all location-based tonnes, once and in no cash term."""
    _, tables = toys.published(toys.with_value(toy_case, "carbon_prices", "shadow_jpy_per_t", 5000.0))
    rows = tables["costs"].query("term == 'shadow_carbon'")
    tonnes = tables["emissions"]["location_tco2e"].sum()
    assert rows["mjpy"].sum() == pytest.approx(tonnes * 5000 / 1e6)
    assert not rows["cash"].any()
    cash = set(tables["costs"].loc[tables["costs"]["cash"], "term"])
    assert not {term for term in cash if "carbon" in term}


def test_the_sign_of_matsue_turns_with_the_factor_set(iij_case: Case) -> None:
    """Activity FY2023: PUE 1.245 and 1.345. Zone 0.512 against 0.613 kg, retailers 0.685 against 0.615."""
    sites = [("Shiroi", 1345.0), ("Matsue", 1245.0)]
    energy = [
        {"site": name, "period": "P", "it_mwh": 1000.0, "facility_mwh": used, "onsite_mwh": 0.0}
        for name, used in sites
    ]
    held = {
        "periods": pd.DataFrame([{"period": "P", "fiscal_year": 2023, "tail": False}]),
        "site_energy": pd.DataFrame(energy),
        "class_energy": pd.DataFrame(
            [{"class": "cloud", "site": name, "period": "P", "it_mwh": 1000.0} for name, _ in sites]
        ),
    }
    rows = site_carbon(CarbonBooks(held, iij_case, "national"), factor_register(iij_case))
    matsue = rows[rows["site_id"] == "Matsue"].set_index("factor_set")
    assert matsue["lowers_fleet"].to_dict() == {"national": True, "utility": False, "zone": True}
    assert matsue.loc["zone", "kg_per_kwh_it"] == pytest.approx(1.245 * 0.411)
    assert matsue.loc["utility", "kg_per_kwh_it"] == pytest.approx(1.245 * 0.55)
    assert matsue.loc["utility", "others_kg_per_kwh_it"] == pytest.approx(1.345 * 0.457)
    assert not matsue["sets_agree"].any()


def test_16_a_factor_in_another_unit_is_refused(toy_case: Case) -> None:
    """kg/kWh is t/MWh; t per kWh would be a thousand times as much."""
    case = toys.with_value(toy_case, "emission_factors", "unit", "t/kL", factor="residual-2023")
    found = list(factor_units.find(case))
    assert [(each.column, each.value) for each in found] == [("unit", "t/kL")]
    assert "must be kg/kWh" in found[0].rule


def test_a_plan_from_before_says_what_it_lacks() -> None:
    from dcplan.metrics import carbon

    old = SimpleNamespace(tables={}, references={}, folder=None)
    with pytest.raises(InputError, match="Solve the case again"):
        carbon.tables(old, SimpleNamespace(info=SimpleNamespace(grid_factor_set="x")))
