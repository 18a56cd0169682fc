"""One damaged cell or row for every rule: the message names file, row, column and remedy."""

import contextlib

import pytest

from dcplan.data import rules
from dcplan.data.load import load
from dcplan.data.rules import RULES
from dcplan.data.tables import TABLES

from .breaches_optional import OF_OPTIONAL_TABLES, load_shape
from .conftest import Damage, Folder, both, cell, gone, row
from .narrowed import narrowed

PIN_HEADER = "pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason\n"


def pin(
    decision: str, of: str, *, start: str = "2022-04-01", end: str = "", value: str = "1", reason: str = "x"
) -> Damage:
    line = f"p,{decision},{of},{start},{end},>=,{value},tutorial,public,,,{reason}\n"
    return lambda f: f.create("pins", PIN_HEADER + line)


def booking(
    what: str = "colo,,5", start: str = "2023-04-01", until: str = "", counted: str = "on_top"
) -> Damage:
    header = "reservation,class,region,racks,from_date,until,counted,source,basis,low,high,reason\n"
    line = f"r,{what},{start},{until},{counted},tutorial,derived,,,\n"
    return lambda f: f.create("reservations", header + line)


def promise(of: str, day: str = "2024-04-01") -> Damage:
    header = "commitment,project,site,date,price_mjpy,source,basis,low,high,reason\n"
    return lambda f: f.create("commitments", f"{header}c,{of},{day},5,tutorial,derived,,,\n")


COMMIT = both(cell("projects", "committed", "true"), cell("projects", "spent_mjpy", "0"))


def upgrade(**cells: str) -> Damage:
    """Add a project that upgrades the campus's connection."""
    like = {"project": "feed", "hall": "", "site": "Campus", "adds_receiving_kw": "500"} | cells
    return both(
        row("projects", **like),
        row("project_assets", {"asset_class": "plant"}, project="feed", share="1", high="1"),
    )


BROKEN: dict[str, list[tuple[Damage, str]]] = {
    "site_contracts": [
        (
            cell("sites", "demand_rule", "none", site="Campus"),
            "sites.csv row 2, demand_rule = none: an owned site",
        ),
        (cell("sites", "demand_rule", "agreed", site="City"), "must be none: the landlord"),
        (
            cell("sites", "opening_peak_kw", "5", site="City"),
            "opening_peak_kw = 5: must be 0 for a leased site",
        ),
    ],
    "site_has_hall": [(row("sites", site="Empty"), "site = Empty: has no hall")],
    "leased_halls_in_service": [
        (cell("halls", "status", "candidate", hall="City-hall"), "must be in_service for a leased hall")
    ],
    "plausible_hall_power": [
        (cell("halls", "it_kw", "0.8", hall="A"), "it_kw = 0.8: gives 0.008 kW a rack place"),
        (cell("halls", "it_kw", "80000", hall="A"), "Is it in W? Write kW."),
    ],
    "cooling_range": [(cell("cooling", "t_full_c", "10"), "must be above t_start_c (15 degC)")],
    "leased_fixed_share": [
        (cell("halls", "cooling", "outside_air", hall="City-hall"), "needs a cooling type with fixed_share 0")
    ],
    "connected_sites": [
        (cell("connections", "from_date", "2022-04-02"), "an owned site needs receiving power at 2022-04-01"),
        (row("connections", site="City"), "site = City: a leased site has no grid connection"),
    ],
    "owned_generation": [
        (row("onsite_pv", site="City"), "onsite_pv.csv row 3, site = City: must be an owned site")
    ],
    "owned_instruments": [
        (cell("instruments", "site", "City"), "instruments.csv row 2, site = City: must be")
    ],
    "generation_below_load": [
        (
            cell("onsite_pv", "mwh_per_year", "400"),
            "could exceed what the site draws with empty halls (350 MWh",
        )
    ],
    "chosen_factor_set": [
        (lambda f: f.set_case("grid_factor_set", '"utility"'), "case.toml, grid_factor_set = utility: is not")
    ],
    "peak_above_mean": [
        (
            cell("class_years", "peak_kw", "4", **{"class": "cloud"}),
            "peak_kw = 4: must be at least mean_kw (5 kW)",
        )
    ],
    "owned_batteries": [
        (
            lambda f: f.create(
                "batteries",
                "site,from_date,power_kw,energy_kwh,round_trip,fade_per_year,source,basis,low,high,reason\n"
                "City,2022-04-01,10,40,0.9,0.02,tutorial,derived,,,\n",
            ),
            "batteries.csv row 2, site = City: must be an owned site",
        )
    ],
    "load_shape_days": [
        (load_shape("weekend"), "load_shapes.csv row 2, days = weekend: the class has a shape for one kind"),
    ],
    "demand_dates": [
        (gone("demand", **{"class": "colo"}), "demand.csv: class colo has no row"),
        (gone("demand", date="2022-04-01"), "class cloud has no demand at as_of (2022-04-01)"),
        (gone("demand", date="2025-04-01"), "class colo has no demand at horizon_end (2025-04-01)"),
    ],
    "opening_demand": [
        (
            cell("occupancy", "racks", "21", hall="A", low="15"),
            "demand.csv row 2, racks = 60: class cloud has 61 racks in occupancy.csv but a "
            "demand of 60 at as_of",
        )
    ],
    "demand_not_below_churn": [
        (
            both(
                *(
                    cell("demand", "racks", "53", **{"class": "colo", "date": f"{year}-04-01"})
                    for year in (2023, 2024, 2025)
                ),
                lambda f: f.set_all("demand", "low", "50"),
            ),
            "demand of colo falls from 60 to 53 racks on 2023-04-01, but churn takes 6 then",
        ),
        (
            both(
                *(
                    cell("demand", "racks", racks, **{"class": "cloud", "date": f"{year}-04-01"})
                    for year, racks in ((2023, "56"), (2024, "52"), (2025, "48"))
                ),
                lambda f: f.set_all("demand", "low", "40"),
                lambda f: f.set_all("class_years", "churn_rate", "0.05"),
            ),
            "demand of cloud falls",
        ),
    ],
    "classes_have_places": [
        (gone("class_regions", **{"class": "colo"}), "class = colo: has no region"),
        (
            lambda f: f.set_all("halls", "max_rack_kw", "7"),
            "class = cloud: fits no hall of its regions: contract_kw is above max_rack_kw",
        ),
    ],
    "occupancy_allowed": [
        (
            cell("class_regions", "region", "Kansai", **{"class": "colo"}),
            "occupancy.csv row 4, hall = A: class colo may not stand in Kanto, only in Kansai",
        ),
        (
            cell("halls", "max_rack_kw", "7", hall="A"),
            "the contract_kw of class cloud is above max_rack_kw of A",
        ),
    ],
    "pinned_racks_allowed": [
        (
            both(
                lambda f: f.create(
                    "pinned_racks",
                    "class,hall,racks,until,source,basis,low,high,reason\ncolo,A,1,,tutorial,public,,,\n",
                ),
                cell("class_regions", "region", "Kansai", **{"class": "colo"}),
            ),
            "pinned_racks.csv row 2, hall = A: class colo may not stand in Kanto",
        )
    ],
    "racks_fit_places": [
        (
            cell("halls", "largest_fill", "0.75", hall="A"),
            "occupancy.csv row 4, racks = 60: A holds 80 racks, but has 75",
        ),
        (cell("occupancy", "hall", "B", hall="A"), "B holds 20 racks, but has 0 usable places"),
        (
            lambda f: f.create(
                "pinned_racks",
                "class,hall,racks,until,source,basis,low,high,reason\ncolo,B,101,2024-04-01,tutorial,public,,,\n",
            ),
            "pinned_racks.csv row 2, racks = 101: B holds 101 racks, but has 100 usable places",
        ),
    ],
    "occupancy_fits_power": [
        (
            cell("halls", "it_kw", "500", hall="A"),
            "racks = 60: A draws 540 kW of peak power, above its 500 kW",
        ),
        (
            cell("halls", "it_kw", "300", hall="City-hall"),
            "City-hall draws 320 kW of contract power, above its 300 kW",
        ),
    ],
    "policy_order": [
        (row("policy", rank="3"), "policy.csv row 6, site = Campus: stands twice for class cloud"),
        (gone("policy", **{"class": "colo"}), "policy.csv: class colo has no row"),
        (
            both(
                row("sites", {"site": "City"}, site="Far", region="Kyushu"),
                row("halls", {"hall": "City-hall"}, hall="Far-hall", site="Far"),
                row("leases", lease="Far-lease", hall="Far-hall"),
                row("policy", rank="3", site="Far"),
            ),
            "site = Far: has no hall where class cloud may stand",
        ),
    ],
    "shares_reach_one": [
        (
            cell("classes", "max_site_share", "0.4"),
            "max_site_share = 0.4: 2 sites with at most 0.4 each cannot hold",
        ),
        (cell("classes", "max_region_share", "0.9"), "Raise it to at least 1."),
    ],
    "horizon_is_fiscal": [
        (
            both(lambda f: f.set_case("horizon_end", "2090-04-01"), lambda f: f.set_case("tail_years", "20")),
            "case.toml, tail_years = 20: the tail would end on 2110-04-01",
        )
    ],
    "reservation_dates": [
        (booking(start="2022-03-31"), "reservations.csv row 2, from_date = 2022-03-31: lies before as_of"),
        (booking(start="2025-04-01"), "from_date = 2025-04-01: lies after the horizon"),
        (booking(until="2023-04-01"), "until = 2023-04-01: must be later than from_date"),
    ],
    "reservation_regions": [
        (booking("colo,Kansai,5"), "region = Kansai: has no hall for class colo, which may stand in Kanto"),
        (booking("colo,West,5"), "region = West: has no hall for class colo"),
    ],
    "reservations_in_demand": [
        (booking("cloud,,30", counted="in_demand"), "in demand.csv reach 30 racks in FY2023, but only 20")
    ],
    "reservations_end_by_churn": [
        (booking("colo,,30", until="2024-04-01"), "demand of colo would fall from 90 to 60 racks in FY2024")
    ],
    "commitment_subject": [
        (promise("hall-b,City"), "project = hall-b: needs a project or a site, not both"),
        (promise(","), "project = (empty): needs a project or a site"),
        (both(COMMIT, promise("hall-b,")), "project = hall-b: is committed already"),
        (promise(",Campus"), "site = Campus: must be a leased site"),
        (promise("hall-b,", "2025-04-01"), "date = 2025-04-01: must lie from as_of (2022-04-01)"),
    ],
    "one_lease": [
        (gone("leases"), "halls.csv row 4, hall = City-hall: a leased hall needs a lease"),
        (row("leases", lease="second"), "leases.csv row 3, hall = City-hall: has more than one lease"),
        (cell("leases", "hall", "A"), "leases.csv row 2, hall = A: must be a leased hall"),
    ],
    "one_project": [
        (cell("halls", "status", "candidate", hall="A"), "hall = A: a candidate hall needs a project"),
        (row("projects", project="second"), "projects.csv row 3, hall = B: has more than one project"),
        (cell("projects", "hall", "A"), "projects.csv row 2, hall = A: must be a candidate hall"),
    ],
    "project_subject": [
        (cell("projects", "hall", ""), "projects.csv row 2, hall = (empty): must not be empty where site"),
        (cell("projects", "site", "Campus"), "site = Campus: must be empty for a project of a hall"),
        (cell("projects", "adds_receiving_kw", "9"), "adds_receiving_kw = 9: must be empty for a project of"),
        (
            upgrade(adds_receiving_kw=""),
            "row 3, adds_receiving_kw = (empty): must not be empty for an upgrade",
        ),
        (upgrade(site=""), "projects.csv row 3, site = (empty): must not be empty for an upgrade"),
        (upgrade(site="City"), "projects.csv row 3, site = City: must be an owned site"),
    ],
    "opening_assets": [
        (
            cell("opening_assets", "service_date", "2022-04-02"),
            "opening_assets.csv row 2, service_date = 2022-04-02: must not be after as_of (2022-04-01)",
        ),
        (cell("opening_assets", "asset", "hall-b:plant"), "is the name that an asset of a project has"),
    ],
    "lease_places": [
        (cell("leases", "racks", "61"), "racks = 61: with option_racks must be the rack_places")
    ],
    "lease_options": [
        (cell("leases", "step_racks", "7"), "racks = 60: must be a multiple of step_racks (7)"),
        (
            cell("leases", "least_racks", "61"),
            "least_racks = 61: must be at most the racks of the lease (60)",
        ),
        (cell("leases", "option_racks", "5"), "option_months = 0: must be at least 1 month"),
        (cell("leases", "option_until", "2023-03-31"), "option_racks = 0: must be more than 0 where a term"),
    ],
    "lease_terms": [
        (cell("leases", "term_end", "2022-03-30"), "term_end = 2022-03-30: must not be before as_of"),
        (cell("leases", "renewal_months", "0"), "must be at least 1 month where the lease is renewed"),
        (cell("leases", "renewal", "none"), "renewal_months = 24: must be 0 without renewal"),
    ],
    "asset_shares": [
        (cell("project_assets", "share", "0.6"), "the shares of hall-b sum to 1.1 instead of 1"),
        (gone("project_assets"), "project = hall-b: has no row in project_assets.csv"),
    ],
    "milestone_shares": [
        (gone("milestones", months_before="12"), "the shares of two_steps sum to 0.5 instead of 1")
    ],
    "project_dates": [
        (
            both(COMMIT, cell("projects", "service_date", "")),
            "service_date = (empty): must not be empty for a committed",
        ),
        (
            both(COMMIT, cell("projects", "service_date", "2022-03-01")),
            "service_date = 2022-03-01: must not be before",
        ),
        (cell("projects", "spent_mjpy", "5"), "spent_mjpy = 5: must be 0 for an open project"),
    ],
    "sunk_spend": [
        (
            both(COMMIT, cell("projects", "service_date", "2022-07-01")),
            "projects.csv row 2, spent_mjpy = 0: must be 200 M JPY: what the profile two_steps "
            "puts before as_of",
        )
    ],
    "project_order": [
        (cell("projects", "after_project", "hall-b"), "after_project = hall-b: waits for itself"),
        (
            both(
                row("halls", {"hall": "B"}, hall="C"),
                row("projects", project="hall-c", hall="C"),
                row("project_assets", {"asset_class": "building"}, project="hall-c"),
                row("project_assets", {"asset_class": "plant"}, project="hall-c"),
                COMMIT,
                cell("projects", "after_project", "hall-c"),
            ),
            "after_project = hall-c: is committed, but hall-c that must come before is open",
        ),
        (
            both(
                COMMIT,
                row("halls", {"hall": "B"}, hall="C"),
                row("projects", project="hall-c", hall="C", after_project="hall-b", after_months="6"),
                row("project_assets", {"asset_class": "building"}, project="hall-c"),
                row("project_assets", {"asset_class": "plant"}, project="hall-c"),
            ),
            "service_date = 2024-04-01: must be 2024-10-01 or later: 6 months after hall-b",
        ),
    ],
    "target_values": [
        (cell("targets", "value", "30"), "value = 30: must be from 0 to 1 for renewable_share"),
        (
            cell("targets", "boundary", "fleet", fiscal_year="2023"),
            "must be owned, as in the first row of the target",
        ),
    ],
    "pin_subjects": [
        (pin("in_service", ",,"), "hall = (empty): must not be empty for in_service"),
        (pin("in_service", ",A,"), "hall = A: must be a candidate hall"),
        (pin("in_service", "cloud,B,"), "class = cloud: must be empty for in_service"),
        (pin("kept", ",,Campus"), "site = Campus: must be a leased site"),
        (pin("racks", "cloud,A,City"), "site = City: must be empty for racks"),
        (
            pin("racks", "cloud,A,", end="2022-04-01"),
            "period_to = 2022-04-01: must be after period_from (2022-04-01)",
        ),
    ],
    **OF_OPTIONAL_TABLES,
    "pin_reasons": [
        (pin("racks", "cloud,A,", reason=""), "pins.csv row 2, reason = (empty): must not be empty")
    ],
}

CASES = [(name, index) for name, cases in BROKEN.items() for index in range(len(cases))]


@pytest.mark.parametrize("name, index", CASES)
def test_each_rule_reports_its_breach(
    name: str, index: int, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = tuple(narrowed(rule) if rule.name == name else rule for rule in RULES)
    monkeypatch.setattr(rules, "RULES", only)
    assert folder.messages() == []
    damage, message = BROKEN[name][index]
    damage(folder)
    found = folder.messages()
    assert any(message in text for text in found), found


def test_every_rule_has_a_breach() -> None:
    assert {rule.name for rule in RULES} == set(BROKEN)


def test_every_rule_names_tables_and_says_what_it_asks() -> None:
    for rule in RULES:
        assert set(rule.needs) <= {*TABLES, "case", "weather"}, rule.name
        assert rule.find.__doc__, rule.name


def test_every_breach_has_a_remedy(folder: Folder) -> None:
    for cases in BROKEN.values():
        for damage, _ in cases:
            with contextlib.suppress(StopIteration, AssertionError):
                damage(folder)
    assert len(folder.problems()) > 30
    for problem in folder.problems():
        assert problem.remedy, problem


def test_an_upgrade_is_a_sound_project(folder: Folder) -> None:
    upgrade()(folder)
    assert folder.messages() == []


def test_added_power_is_positive_and_in_kw(folder: Folder) -> None:
    upgrade(adds_receiving_kw="0")(folder)
    assert "adds_receiving_kw = 0: must be more than 0 kW" in folder.messages()[0]
    folder.set("projects", "adds_receiving_kw", "10000000", project="feed")
    assert "Write kW, not W." in folder.messages()[0]


def test_the_objective_is_before_tax_unless_the_case_says_otherwise(folder: Folder) -> None:
    assert load(folder.path).info.objective == "pre_tax"
    folder.set_case("objective", '"after_tax"')
    assert load(folder.path).info.objective == "after_tax"
    folder.set_case("objective", '"after"')
    assert "objective = after: must be one of pre_tax, after_tax" in folder.messages()[0]
