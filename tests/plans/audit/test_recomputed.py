"""The audit's own arithmetic: calendar, weather, demand, discounting, windows of the demand charge."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dcplan.plans.audit import audit
from dcplan.plans.audit.costs import annuity, remaining
from dcplan.plans.audit.dates import fiscal_year, make_clock, plus_months
from dcplan.plans.audit.inputs import read_case, read_demand
from dcplan.plans.audit.physics import overheads
from dcplan.plans.audit.reading import UnreadableError, read_sheet


@pytest.mark.parametrize(
    "granularity, count, labels",
    [
        ("year", 6, ("FY2022", "FY2023")),
        ("half", 12, ("FY2022H1", "FY2022H2")),
        ("quarter", 24, ("FY2022Q1", "FY2022Q2")),
        ("month", 72, ("2022-04", "2022-05")),
    ],
)
def test_periods_cover_the_horizon_and_the_tail(granularity, count, labels):
    clock = make_clock(date(2022, 4, 1), date(2028, 4, 1), granularity, 3, 0.05)
    assert clock.size == count + 3
    assert clock.labels[:2] == labels
    assert clock.labels[-3:] == ("FY2028", "FY2029", "FY2030")
    assert clock.end == date(2031, 4, 1)
    assert clock.hours.sum() == 24 * (date(2031, 4, 1) - date(2022, 4, 1)).days
    by_year = clock.hours @ clock.same_year
    assert dict(zip(clock.years, by_year, strict=True))[2023] == 8784
    assert dict(zip(clock.years, by_year, strict=True))[2027] == 8784
    assert by_year[0] == 8760
    assert (clock.typical_days().sum(axis=1) * 24 == clock.hours).all()


def test_february_29_repeats_the_28th():
    clock = make_clock(date(2023, 4, 1), date(2024, 4, 1), "month", 0, 0.0)
    february = clock.typical_days()[10]
    assert february[58] == 2
    assert february.sum() == 29
    assert february[59] == 0


@pytest.mark.parametrize(
    "as_of, end, granularity",
    [
        (date(2022, 4, 2), date(2028, 4, 1), "quarter"),
        (date(2022, 7, 1), date(2028, 4, 1), "half"),
        (date(2022, 4, 1), date(2028, 1, 1), "quarter"),
        (date(2022, 4, 1), date(2028, 4, 1), "week"),
    ],
)
def test_a_span_that_is_not_whole_periods_is_refused(as_of, end, granularity):
    with pytest.raises(ValueError, match="is"):
        make_clock(as_of, end, granularity, 0, 0.0)


def test_calendar_months_are_cut_to_the_length_of_the_month():
    assert plus_months(date(2023, 8, 31), 6) == date(2024, 2, 29)
    assert plus_months(date(2022, 4, 1), -12) == date(2021, 4, 1)
    assert fiscal_year(date(2023, 3, 31)) == 2022


def test_weather_is_shifted_to_the_monthly_normal_and_peaks_keep_the_hottest_hour(hand):
    folder = hand.write()
    hours = np.tile([15.0] * 12 + [25.0] * 12, 365)
    hours[24 * 200 + 13] = 27.0  # 20 July
    rows = "".join(f"{value}\n" for value in hours)
    (folder / "inputs" / "weather" / "flat.csv").write_text("temp_c\n" + rows)
    station = folder / "inputs" / "stations.csv"
    station.write_text(station.read_text().replace("20,20,20,20\n", "20,20,20,21\n"))
    case = read_case(folder / "inputs", {})
    physics = overheads(case)
    july = 2 / (31 * 24)  # the one hot hour lifts July's mean, so every July hour is shifted down by it
    assert physics.max_c[0] == pytest.approx(27.0 - july)
    assert physics.peak[0] == pytest.approx(
        [0.05 + 0.01 * (12 - july), 0.05 + 0.01 * 11, 0.05 + 0.01 * (12 - july)]
    )
    # December is 16 and 26 degC, July 15 and 25 less its shift (the 15 are below the start of the slope)
    lost = july * 0.01 * 12 * 31
    first = 0.10 + (0.01 * 2 - lost) / (183 * 24)
    second = 0.10 + 0.01 * 31 * 24 / (182 * 24)
    assert physics.mean[0][:2] == pytest.approx([first, second], abs=1e-5)
    assert physics.extreme[0] == pytest.approx(0.05 + 0.01 * 15)
    assert physics.extreme[3] == pytest.approx(0.2)


def test_a_half_rack_of_demand_is_rounded_up(tmp_path):
    knots = ["web,2024-04-01,40", "web,2023-04-01,31", "nil,2023-04-01,0", "nil,2024-04-01,0.4"]
    (tmp_path / "demand.csv").write_text("\n".join(["class,date,racks", *knots]))
    clock = make_clock(date(2023, 4, 1), date(2024, 4, 1), "half", 1, 0.0)
    racks, share = read_demand(tmp_path, clock, {"web": 0, "nil": 1})
    assert racks.tolist() == [[36, 40, 40], [0, 0, 0]]  # 31 + 9 x 183 / 366 = 35.5 on 1 October 2023
    assert share[0].tolist() == pytest.approx([(31 + 35.5) / 2 / 36, (35.5 + 40) / 2 / 40, 1.0])
    assert share[1].tolist() == [0, 0, 0]
    with pytest.raises(UnreadableError, match="does not cover 2023-03-01"):
        read_demand(
            tmp_path, make_clock(date(2023, 3, 1), date(2024, 4, 1), "month", 0, 0.0), {"web": 0, "nil": 1}
        )


def test_present_values_follow_the_dates(hand, hand_costs):
    hand.only_decisions().given("settings", "value", "discount_rate", 0.05)
    figures = audit(hand.write()).figures["cost"]

    def factor(days):
        return 1.05 ** (-days / 365.25)

    middles = [91.5, 183 + 91, 365 + 183]
    owned = hand_costs["energy_owned", "Own"]
    expected = sum(cost * factor(days) for cost, days in zip(owned, middles, strict=True))
    assert figures["energy_owned"]["pv_mjpy"] == pytest.approx(expected)
    assert figures["capex"]["pv_mjpy"] == pytest.approx(40 + 60 * factor(183))
    assert figures["restoration"]["pv_mjpy"] == pytest.approx(6 * factor(183))
    assert figures["asset_tax"]["pv_mjpy"] == pytest.approx(1.365 * factor(365 + 183))
    assert figures["instruments"]["pv_mjpy"] == pytest.approx(0.5 * factor(182.5) + 1.0 * factor(365 + 183))
    left = (1 - 1.05 ** -(10 - 548 / 365.25)) / (1 - 1.05**-10)
    assert figures["terminal_capex"]["pv_mjpy"] == pytest.approx(-100 * left * factor(731))
    spread = 0.05 / (1 - 1.05**-10)
    assert figures["restoration_accrual"]["mjpy"] == pytest.approx(0.5 * spread * (12 / 2 + 5 * 2))


def test_terminal_values_of_all_rules(hand):
    figures = audit(hand.only_decisions().write()).figures
    values = figures["terminal_values"]
    assert values["annuity"] == pytest.approx(figures["objective_mjpy"])
    assert values["book"] == pytest.approx(values["annuity"])  # at a rate of 0 the annuity is a straight line
    terminal = sum(
        figures["cost"][f"terminal_{name}"]["pv_mjpy"] for name in ("capex", "moves", "restoration")
    )
    accrued = figures["cost"]["restoration_accrual"]["pv_mjpy"]
    assert values["none"] == pytest.approx(values["annuity"] - terminal - accrued)


def test_annuity_and_what_remains():
    assert annuity(0.0, 10) == pytest.approx(0.1)
    assert annuity(0.05, 10) * (1 - 1.05**-10) / 0.05 == pytest.approx(1)
    assert remaining("annuity", 0.05, 10, 10) == 0
    assert remaining("annuity", 0.05, 10, 0) == pytest.approx(1)
    assert remaining("book", 0.05, 10, 4) == pytest.approx(0.6)
    assert remaining("annuity", 0.05, 10, 4) > 0.6


def test_a_racks_given_back_within_a_period_pay_rent_by_days(hand):
    hand.only_decisions().given("leases", "term_end", "let", "2022-10-31")
    rent = audit(hand.write()).figures["cost"]["rent"]["mjpy"]
    # the release date is 1 November: 31 of the 182 days of H2, six months of 12 racks
    assert rent == pytest.approx(17.3856 + 0.1 * 12 * 6 * 31 / 182)


def test_a_renewal_lifts_the_rent_from_its_date(hand):
    hand.only_decisions().given("leases", "term_end", "stay", "2022-09-30")
    rent = audit(hand.write()).figures["cost"]["rent"]["mjpy"]
    assert rent == pytest.approx(7.2 + 2.4 + 2.64 + 5.3856)


def test_the_part_of_the_overlap_shorter_than_a_period_is_priced(hand):
    hand.only_decisions().given("settings", "value", "overlap_months", 7)
    figures = audit(hand.write()).figures
    assert figures["cost"]["overlap_rent"]["mjpy"] == pytest.approx(1 * 0.1 * 10)


def test_a_committed_project_does_not_escalate_and_keeps_its_date(hand):
    for column, value in (
        ("committed", "true"),
        ("service_date", "2022-09-15"),
        ("escalation", 0.1),
        ("spent_mjpy", 40),
    ):
        hand.given("projects", column, "o2", value)
    report = audit(hand.only_decisions().write())
    assert {finding.rule for finding in report.findings} == {"cost_total"}
    # 40 were due on 15 March 2022, before the opening
    assert report.figures["cost"]["capex"]["mjpy"] == pytest.approx(60)
    age = (date(2024, 4, 1) - date(2022, 9, 15)).days / 365.25
    assert report.figures["cost"]["terminal_capex"]["mjpy"] == pytest.approx(-60 * (1 - age / 10))
    assert report.figures["cost"]["asset_tax"]["mjpy"] == pytest.approx(0.014 * 100 * (1 - 4 / 120))


def test_an_open_project_escalates_to_its_service_date(hand):
    hand.only_decisions().given("projects", "escalation", "o2", 0.1).given(
        "projects", "price_date", "o2", "2021-10-01"
    )
    figures = audit(hand.write()).figures
    assert figures["cost"]["capex"]["mjpy"] == pytest.approx(100 * 1.1 ** (365 / 365.25))


@pytest.mark.parametrize("text", ["", "a,a\n1,2\n", "a,b\n1\n"])
def test_a_table_that_is_not_a_table_is_refused(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(UnreadableError):
        read_sheet(path)


def test_japanese_excel_files_are_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes('名前,n\n白井,"1,200"\n松江,３\n'.encode("cp932"))
    sheet = read_sheet(path)
    assert sheet.text("名前") == ["白井", "松江"]
    assert sheet.numbers("n").tolist() == [1200, 3]
    with pytest.raises(UnreadableError, match="missing"):
        sheet.numbers("m")


def test_the_ratchet_remembers_twelve_months(hand):
    from dcplan.plans.audit.promises_fleet import billing_window
    from dcplan.plans.audit.world import World

    hand.given("sites", "demand_rule", "Own,owned", "ratchet")
    case = read_case(hand.write() / "inputs", {"granularity": "month", "tail_years": 1})
    world = object.__new__(World)
    object.__setattr__(world, "case", case)
    assert billing_window(world, 0, 0) == [0]
    assert billing_window(world, 0, 11) == list(range(12))
    assert billing_window(world, 0, 12) == [12]
    assert billing_window(world, 1, 3) == []
