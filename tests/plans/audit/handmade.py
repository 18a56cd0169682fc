"""A hand-made case and plan whose every number is worked out on paper, for the tests of the audit.

One owned site (Own: hall O1 in service, hall O2 a project) and two leased ones (Let: left after half a year;
Stay: kept). Periods FY2022H1 (183 days), FY2022H2 (182 days) and one tail year FY2023 (366 days). It is
20 degC at every hour, so c(T) is 0.10 in Own and 0.20 in leased halls; a1 = 1.3 - 1 - 0.05/0.5 - 0.10 = 0.10
in Own and 1.5 - 1 - 0.20 = 0.30 in leased halls. The discount rate is 0: present values are nominal.

Plan: 10 web racks move from Let to O1 in H1, the lease of Let ends on 1 October 2022, O2 starts on that day
and takes the 10 web racks that demand grows by. Of colocation 20 % a year is not renewed on 31 March and is
replaced in its hall.
"""

from __future__ import annotations

P = ("FY2022H1", "FY2022H2", "FY2023")
HOURS = (4392, 4368, 8784)
Table = tuple[str, list[list[object]]]

CASE = """name = "hand"
title = "By hand"
title_ja = "手計算"
as_of = 2022-04-01
horizon_end = 2023-04-01
tail_years = 1
granularity = "half"
edition = "tutorial"
grid_factor_set = "one"
terminal_value = "annuity"
notice = "Made up."
"""

INPUTS = """
[settings]
setting,value,unit
discount_rate,0,
staff_mjpy_per_fte_year,8,
operations_jpy_per_rack_month,10000,
asset_tax_rate,0.014,
tax_rate,0.3,
borrowing_rate,0.02,
peak_diversity,1,
design_margin_c,5,
overlap_months,6,
move_life_years,5,
restoration_life_years,10,
move_limit_fleet_racks_per_month,2,
move_limit_site_racks_per_month,2,

[stations]
station,file,m01,m02,m03,m04,m05,m06,m07,m08,m09,m10,m11,m12
flat,flat.csv,20,20,20,20,20,20,20,20,20,20,20,20

[sites]
site,ownership,region,grid_area,station,tariff,demand_rule,opening_peak_kw,staff_fte
Own,owned,Kanto,JP-TK,flat,t,agreed,300,2
Let,leased,Kansai,JP-TK,flat,t,none,0,1
Stay,leased,Kanto,JP-TK,flat,t,none,0,0.5

[cooling]
cooling,fixed_share,floor,t_start_c,t_full_c,slope_per_c
air,0.05,0.05,15,30,0.01
chiller,0,0.2,15,30,0

[halls]
hall,site,status,rack_places,largest_fill,it_kw,max_rack_kw,cooling,pue,reference_load,staff_fte,\
maintenance_mjpy_per_year
O1,Own,in_service,50,1,400,10,air,1.3,0.5,1,6
O2,Own,candidate,40,1,200,10,air,1.3,0.5,1,2
L1,Let,in_service,12,1,96,8,chiller,1.5,0.5,0,0
S1,Stay,in_service,5,1,40,6,chiller,1.5,0.5,0,0

[classes]
class,movable,move_mjpy_per_rack,yearly_move_share,max_site_share,max_region_share,\
unserved_mjpy_per_rack_year
web,true,1,1,1,1,10
colo,false,1,0,0.8,1,10

[class_years]
class,fiscal_year,mean_kw,peak_kw,contract_kw,churn_rate
web,2022,5,6,8,0
colo,2022,4,5,6,0.2

[demand]
class,date,racks
web,2022-04-01,30
web,2022-10-01,30
web,2023-04-01,40
colo,2022-04-01,14
colo,2023-04-01,14

[class_regions]
class,region
web,Kanto
web,Kansai
colo,Kanto

[occupancy]
class,hall,racks
web,O1,20
web,L1,10
colo,O1,10
colo,S1,4

[pinned_racks]
class,hall,racks,until
colo,S1,2,

[leases]
lease,hall,racks,rent_jpy_per_rack_month,rent_escalation,term_end,renewal,renewal_months,renewal_uplift,\
notice_months,restoration_mjpy_per_rack,contract_pue
let,L1,12,100000,0,2022-09-30,automatic,24,0.1,6,0.5,1.6
stay,S1,5,80000,0.02,2023-03-31,automatic,24,0.1,6,0.5,1.6

[asset_classes]
asset_class,life_years
all,10

[projects]
project,hall,cost_mjpy,price_date,escalation,profile,build_months,after_project,after_months,committed,\
service_date,spent_mjpy,earliest_date
o2,O2,100,2022-10-01,0,two,6,,,false,2022-10-01,0,

[project_assets]
project,asset_class,share
o2,all,1

[milestones]
profile,months_before,share
two,6,0.4
two,0,0.6

[announcements]
project,known_on_date,service_date
o2,2022-03-31,2022-10-01

[connections]
site,from_date,receiving_kw
Own,2020-04-01,600

[tariffs]
tariff,fiscal_year,energy_jpy_per_kwh,fuel_adjustment_jpy_per_kwh,surcharge_jpy_per_kwh,\
demand_jpy_per_kw_month,power_factor_discount
t,2022,15,2,3,2000,0.15

[grid_factors]
factor_set,grid_area,fiscal_year,kg_per_kwh
one,JP-TK,2022,0.4

[carbon_prices]
fiscal_year,shadow_jpy_per_t
2022,1000

[onsite_pv]
site,from_date,pv_kw,mwh_per_year
Own,2022-04-01,70,73

[instruments]
instrument,kind,renewable,site
cert,fit_certificate,true,

[instrument_years]
instrument,fiscal_year,price_jpy_per_kwh,volume_mwh
cert,2022,1,2000

[targets]
target,fiscal_year,metric,boundary,value,miss_price
green,2022,renewable_share,owned,0.2,
carbon,2022,location_tco2e,fleet,900,10000
pue,2022,pue,owned,1.6,

[budgets]
fiscal_year,capex_mjpy
2022,100

[pins]
pin,decision,class,hall,site,period_from,period_to,sense,value
keep,kept,,,Stay,2022-04-01,,>=,1
"""


DECISIONS = """
[halls]
hall,period,in_service
O1,FY2022H1,1
O1,FY2022H2,1
O1,FY2023,1
O2,FY2022H1,0
O2,FY2022H2,1
O2,FY2023,1

[sites]
site,period,kept
Own,FY2022H1,1
Own,FY2022H2,1
Own,FY2023,1
Let,FY2022H1,1
Let,FY2022H2,0
Let,FY2023,0
Stay,FY2022H1,1
Stay,FY2022H2,1
Stay,FY2023,1

[leases]
lease,period,leased_racks,released_racks,added_racks
let,FY2022H1,12,0,0
let,FY2022H2,0,12,0
let,FY2023,0,0,0
stay,FY2022H1,5,0,0
stay,FY2022H2,5,0,0
stay,FY2023,5,0,0

[contract]
site,period,contract_kw
Own,FY2022H1,378
Own,FY2022H2,378
Own,FY2023,378

[claims]
instrument,site,fiscal_year,claimed_mwh
cert,Own,2022,500
cert,Own,2023,1000

[unserved]
class,period,unserved_racks
web,FY2022H1,0
web,FY2022H2,0
web,FY2023,0
colo,FY2022H1,0
colo,FY2022H2,0
colo,FY2023,0

[misses]
target,fiscal_year,miss
carbon,2022,93.776
carbon,2023,272.4512
"""

DERIVED = """
[periods]
period,start,end,fiscal_year,days,hours,months,tail
FY2022H1,2022-04-01,2022-10-01,2022,183,4392,6,false
FY2022H2,2022-10-01,2023-04-01,2022,182,4368,6,false
FY2023,2023-04-01,2024-04-01,2023,366,8784,12,true

[emissions]
site,fiscal_year,facility_mwh,imported_mwh,location_tco2e
Own,2022,2347.2,2274.2,909.68
Let,2022,0,0,0
Stay,2022,210.24,210.24,84.096
Own,2023,2793.312,2720.312,1088.1248
Stay,2023,210.816,210.816,84.3264

[capex]
project,fiscal_year,mjpy
o2,2022,100

[moves]
class,from_hall,to_hall,period,racks
web,L1,O1,FY2022H1,10

[starts]
project,hall,period,service_date,announced_date
o2,O2,FY2022H2,2022-10-01,2022-10-01

[exits]
site,period,date
Let,FY2022H2,2022-10-01
"""


def parsed(text: str) -> dict[str, Table]:
    """Return the tables of a text: name, then header and rows."""
    tables: dict[str, Table] = {}
    for block in text.strip().split("\n\n"):
        name, header, *lines = block.splitlines()
        tables[name.strip("[]")] = (header, [list(line.split(",")) for line in lines])
    return tables


def _racks() -> list[list[object]]:
    """Racks, moved out, churned and placed; colocation churns in FY2023: 0.2 x 10 and 0.2 x 4 racks."""
    rows: list[list[object]] = []
    plan = {
        ("web", "O1"): [(30, 0, 0, 10), (30, 0, 0, 0), (30.0, 0, 0, 0)],
        ("web", "O2"): [(0, 0, 0, 0), (10, 0, 0, 10), (10.0, 0, 0, 0)],
        ("web", "L1"): [(0, 10, 0, 0), (0, 0, 0, 0), (0.0, 0, 0, 0)],
        ("colo", "O1"): [(10, 0, 0, 0), (10, 0, 0, 0), (10.0, 0, 2.0, 2.0)],
        ("colo", "O2"): [(0, 0, 0, 0)] * 3,
        ("colo", "S1"): [(4, 0, 0, 0), (4, 0, 0, 0), (4.0, 0, 0.8, 0.8)],
    }
    for (name, hall), values in plan.items():
        rows += [[name, hall, period, *cells] for period, cells in zip(P, values, strict=True)]
    return rows


def _grid(labels: list[list[object]], *columns: list[tuple[object, ...]]) -> list[list[object]]:
    """Rows of (labels, period, one value a column); a column holds a tuple over the periods per label."""
    cells = [(i, t) for i in range(len(labels)) for t in range(3)]
    return [[*labels[i], P[t], *(column[i][t] for column in columns)] for i, t in cells]


def decisions() -> dict[str, Table]:
    header = "class,hall,period,racks,moved_out,churned,placed"
    return {"racks": (header, _racks())} | parsed(DECISIONS)


# facility = IT x 1.2 + 0.05 x it_kw x hours in Own, IT x 1.5 in Stay; O1 in H1: 190 kW x 4,392 h = 834.48 MWh
HALL_ENERGY = {
    "O1": ((834.48, 748.02, 1668.96), (1089.216, 984.984, 2178.432)),
    "O2": ((0.0, 191.1, 439.2), (0.0, 273.0, 614.88)),
    "L1": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    "S1": ((70.272, 69.888, 140.544), (105.408, 104.832, 210.816)),
}
IMPORTED = (1052.616, 1221.584, 2720.312)
OWN_IT, OWN_FACILITY = (834.48, 939.12, 2108.16), (1089.216, 1257.984, 2793.312)
SITE_ENERGY = {
    "Own": (OWN_IT, OWN_FACILITY, (36.6, 36.4, 73.0), IMPORTED, (296, 378, 378)),
    "Let": ((0.0,) * 3, (0.0,) * 3, (0.0,) * 3, (0.0,) * 3, ("",) * 3),
    "Stay": (*HALL_ENERGY["S1"], (0.0,) * 3, HALL_ENERGY["S1"][1], ("",) * 3),
}
AGE = 548 / 365.25 / 10  # 1 October 2022 to 1 April 2024, of a life of ten years
COSTS: dict[tuple[str, str], tuple[float, float, float]] = {
    ("energy_owned", "Own"): (21.05232, 24.43168, 54.40624),
    ("energy_leased", "Stay"): (2.248704, 2.236416, 4.497408),
    ("demand_charge", "Own"): (3.8556, 3.8556, 7.7112),
    ("rent", "Let"): (7.2, 0, 0),
    ("rent", "Stay"): (2.4, 2.4, 5.3856),
    ("staff", "Own"): (12, 16, 32),
    ("staff", "Let"): (4, 0, 0),
    ("staff", "Stay"): (2, 2, 4),
    ("maintenance", "Own"): (3, 4, 8),
    ("operations", "Own"): (2.4, 2.7, 6.0),
    ("operations", "Stay"): (0.24, 0.24, 0.48),
    ("moves", "Let"): (10, 0, 0),
    ("restoration", "Let"): (0, 6, 0),
    ("restoration_accrual", "Let"): (0.3, 0, 0),
    ("restoration_accrual", "Stay"): (0.125, 0.125, 0.25),
    ("capex", "Own"): (40, 60, 0),
    ("asset_tax", "Own"): (0, 0, 1.365),
    ("instruments", "Own"): (0, 0.5, 1.0),
    ("shadow_carbon", "Own"): (0.4210464, 0.4886336, 1.0881248),
    ("shadow_carbon", "Stay"): (0.0421632, 0.0419328, 0.0843264),
    ("target_misses", "fleet"): (0, 0.93776, 2.724512),
    ("terminal_capex", "Own"): (0, 0, -100 * (1 - AGE)),
    ("terminal_moves", "Let"): (0, 0, -10 * (1 - 639.5 / 365.25 / 5)),
    ("terminal_restoration", "Let"): (0, 0, -6 * (1 - AGE)),
}
TOTAL = sum(map(sum, COSTS.values()))
GREEN, PUE = 573 / 2347.2, 2557.44 / 1913.76
SUMMARY = [2022, 54, 1913.76, 2557.44, PUE, GREEN, 993.776, 234.76032, 100, 12, 57.68032, 2, 2]
SUMMARY_COLUMNS = (
    "fiscal_year,racks,it_mwh,facility_mwh,pue,renewable_share,location_tco2e,cash_mjpy,capex_mjpy,rent_mjpy,"
    "energy_mjpy,sites,halls"
)


def _limits() -> list[list[object]]:
    rows: list[list[object]] = [
        ["capex_budget", "fleet", "FY2022", 100, 100, "true"],
        ["capex_budget", "fleet", "FY2023", 0, 100, "false"],
    ]
    used = {
        ("rack_places", "O1"): ((40, 40, 40), (50, 50, 50)),
        ("rack_places", "O2"): ((0, 10, 10), (0, 40, 40)),
        ("rack_places", "L1"): ((10, 0, 0), (12, 0, 0)),
        ("rack_places", "S1"): ((4, 4, 4), (5, 5, 5)),
        ("site_power", "Own"): ((307.5, 392.5, 392.5), (600, 600, 600)),
        ("move_limit_fleet", "fleet"): ((10, 0, 0), (12, 12, 24)),
        ("move_limit_site", "Own"): ((0, 0, 0), (12, 12, 24)),
        ("move_limit_site", "Let"): ((10, 0, 0), (12, 12, 24)),
        ("move_limit_site", "Stay"): ((0, 0, 0), (12, 12, 24)),
    }
    for (limit, scope), (have, room) in used.items():
        rows += [[limit, scope, P[t], have[t], room[t], "false"] for t in range(3)]
    return rows


def derived() -> dict[str, Table]:
    costs = [[*key, P[t], cell, cell] for key, cells in COSTS.items() for t, cell in enumerate(cells) if cell]
    sites, halls = [[name] for name in SITE_ENERGY], [[name] for name in HALL_ENERGY]
    of_site = "site,period,it_mwh,facility_mwh,onsite_mwh,imported_mwh,peak_kw"
    targets: list[list[object]] = [
        ["green", 2022, "renewable_share", "owned", 0.2, GREEN, 0, "false"],
        ["carbon", 2022, "location_tco2e", "fleet", 900, 993.776, 93.776, "true"],
        ["pue", 2022, "pue", "owned", 1.6, 2347.2 / 1773.6, 0, "false"],
    ]
    return parsed(DERIVED) | {
        "energy": ("hall,period,it_mwh,facility_mwh", _grid(halls, *zip(*HALL_ENERGY.values(), strict=True))),
        "site_energy": (of_site, _grid(sites, *zip(*SITE_ENERGY.values(), strict=True))),
        "costs": ("term,site,period,mjpy,pv_mjpy", costs),
        "targets": ("target,fiscal_year,metric,boundary,value,actual,miss,binding", targets),
        "limits": ("limit,scope,period,used,available,binding", _limits()),
        "summary": (SUMMARY_COLUMNS, [SUMMARY[:]]),
    }
