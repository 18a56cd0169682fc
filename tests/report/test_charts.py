"""The pictures: drawn in both languages, the same bytes each time, no text on text, every glyph there."""

import re
from datetime import date
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from dcplan.report import capex_chart, charts, labels, money_chart, rack_chart, style, timeline
from tests.report import fakes

NAMES = ["timeline", "racks", "cost", "capex"]


@pytest.fixture(scope="module")
def plan() -> fakes.FakePlan:
    return fakes.plan()


@pytest.fixture(scope="module", params=labels.LANGUAGES)
def figures(request: pytest.FixtureRequest, plan: fakes.FakePlan) -> dict[str, Figure]:
    made = charts.draw(plan, plan.case, lang=request.param)
    with style.look(request.param):
        for each in made.values():
            each.canvas.draw()
    return made


def texts(made: Figure) -> list[Text]:
    """Return the texts that are drawn; a tick outside the axis limits keeps a label that nobody sees."""
    hidden: set[Text] = set()
    for axes in made.axes:
        for axis in (axes.xaxis, axes.yaxis):
            shown = {tick.label1 for tick in axis._update_ticks()}
            hidden |= {tick.label1 for tick in [*axis.majorTicks, *axis.minorTicks]} - shown
    return [
        each
        for each in made.findobj(Text)
        if each.get_visible() and each.get_text().strip() and each not in hidden
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another(figures: dict[str, Figure], name: str):
    boxes = [(each.get_text(), each.get_window_extent()) for each in texts(figures[name])]
    boxes = [(words, box) for words, box in boxes if box.width > 1 and box.height > 1]
    crossed = [
        (first, second)
        for (first, a), (second, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]
    assert not crossed


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_picture(figures: dict[str, Figure], name: str):
    made = figures[name]
    width, height = made.get_size_inches() * made.dpi
    for each in texts(made):
        box = each.get_window_extent()
        inside = box.x0 >= -2 and box.y0 >= -2 and box.x1 <= width + 2 and box.y1 <= height + 2
        assert inside, each.get_text()


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_files_are_the_same_each_time_whatever_the_settings(plan: fakes.FakePlan, tmp_path: Path, lang: str):
    """The second time the process has other settings, on which the look does not depend."""
    first = charts.write_charts(plan, tmp_path / "a", lang=lang, case=plan.case)
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "savefig.dpi": 20}):
        second = charts.write_charts(plan, tmp_path / "b", lang=lang, case=plan.case)
    assert [path.name for path in first] == [path.name for path in second]
    assert len(first) == 2 * len(NAMES)
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_settings_of_the_process_are_left_alone(plan: fakes.FakePlan):
    before = dict(mpl.rcParams)
    charts.draw(plan, plan.case, lang="ja")
    assert dict(mpl.rcParams) == before


def test_unknown_language(plan: fakes.FakePlan):
    with pytest.raises(ValueError, match="must be one of en, ja"):
        charts.draw(plan, plan.case, lang="fr")


def test_a_plan_without_history_budgets_moves_and_exits(tmp_path: Path):
    plan = fakes.plan()
    plan.case["history"] = plan.case["history"].iloc[:0]
    plan.case["budgets"] = plan.case["budgets"].iloc[:0]
    plan.tables["exits"] = plan.tables["exits"].iloc[:0]
    plan.tables["capex"] = plan.tables["capex"].iloc[:0]
    assert all(path.stat().st_size > 1000 for path in charts.write_charts(plan, tmp_path, case=plan.case))


def test_the_name_of_a_band_lies_within_the_picture(figures: dict[str, Figure]):
    """A name in white that leaves its fill cannot be read."""
    fleet = figures["racks"].axes[0]
    names = [each for each in fleet.texts if each.get_visible()]
    assert len(names) == 4
    for each in names:
        box, room = each.get_window_extent(), fleet.bbox
        assert room.x0 <= box.x0 < box.x1 <= room.x1, each.get_text()
        assert room.y0 <= box.y0 < box.y1 <= room.y1, each.get_text()


def test_a_name_without_room_in_its_band_is_left_out(plan: fakes.FakePlan):
    sites = plan.case["sites"].replace({"name_ja": {"松江データセンターキャンパス": "松" * 90}})
    with style.look("ja"):
        made = rack_chart.rack_chart(plan.tables, {**plan.case, "sites": sites}, "ja")
    names = {each.get_text() for each in made.axes[0].texts}
    assert "白井データセンターキャンパス" in names
    assert "松" * 90 not in names


def test_cuts_that_follow_closely_are_told_as_one():
    days = [date(2022, 10, 1), date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1)]
    racks = [(300, 168), (168, 132), (132, 95), (95, 48)]
    cuts = [{"start": day, "before": a, "after": b} for day, (a, b) in zip(days, racks, strict=True)]
    assert timeline._cut_labels(cuts, date(2022, 4, 1), date(2024, 10, 1), "en") == [
        (date(2022, 4, 1), days[0], days[1], "300 to 168 racks"),
        (days[0], days[1], date(2024, 10, 1), "168 to 48 racks"),
    ]
    assert timeline._cut_labels([], date(2022, 4, 1), date(2024, 10, 1), "en") == []


def test_cash_by_kind_is_all_the_cash_of_the_horizon(plan: fakes.FakePlan):
    """The bars add up to what the plan marks as cash, year by year, break fees and terms of no kind too."""
    periods, costs = plan.tables["periods"], plan.tables["costs"]
    first = pd.DataFrame([("analyst: deposit", "Shiroi", "FY2024Q1", True, 77.0, 70.0)])
    costs = pd.concat([costs, first.set_axis(costs.columns, axis=1)], ignore_index=True)
    table = money_chart.cash_by_kind({**plan.tables, "costs": costs})
    paid = costs[costs["cash"]].merge(periods[~periods["tail"]], on="period")
    assert table.sum(axis=1).to_dict() == pytest.approx(paid.groupby("fiscal_year")["mjpy"].sum().to_dict())
    assert table["other"].to_dict() == {year: 77.0 * (year == 2024) for year in fakes.YEARS}
    assert (table["leaving"] > 0).all()


def test_tax_that_comes_back_is_drawn_below_zero(plan: fakes.FakePlan):
    """Above each pair of bars stands what remains of cash after tax."""
    costs = plan.tables["costs"]
    back = costs[costs["term"] == "rent"].assign(term="tax_relief", mjpy=lambda rows: -0.3 * rows["mjpy"])
    tables = {**plan.tables, "costs": pd.concat([costs, back], ignore_index=True)}
    with style.look("en"):
        axes = money_chart.cost_chart(tables, plan.references["as_announced"]).axes[0]
    assert axes.get_ylim()[0] < 0
    assert min(bar.get_y() + min(bar.get_height(), 0.0) for bar in axes.patches) < 0
    net = money_chart.cash_by_kind(tables).sum(axis=1)
    words = {each.get_text() for each in axes.texts}
    assert {f"{value / 1000:,.1f}" for value in net} <= words
    assert "income tax" in words


def test_racks_of_all_groups_are_the_racks_of_the_fleet(plan: fakes.FakePlan):
    racks, capacity = rack_chart.series(plan.tables, plan.case)
    assert list(racks.columns) == ["Shiroi", "Matsue", "leased, Kanto", "leased, other regions"]
    assert racks.sum(axis=1).to_numpy() == pytest.approx(fakes.DEMAND, abs=3.0)
    opening = 0.95 * (700 + 500) + sum(racks_ for racks_, _ in fakes.LEASED.values())
    assert capacity.sum(axis=1).iloc[0] == pytest.approx(opening)


def test_past_capex_takes_a_part_of_a_year_only_where_the_year_is_unknown(plan: fakes.FakePlan):
    past = capex_chart.past_capex(plan.case, 2022).set_index(["fiscal_year", "whole_group"])
    assert past.loc[(2016, True), "mark"] == "US-GAAP"
    assert past.loc[(2021, True), "mark"] == "target"
    assert past.loc[(2020, False), "share"] == pytest.approx(1500 / 15200)
    assert past.loc[(2020, False), "mark"] == ""
    assert past.loc[(2020, False), "mjpy"] == 1500
    assert past.loc[(2020, False), "status"] == "actual"
    assert past.loc[(2021, False), "status"] == "partial"
    assert (2016, False) not in past.index


def test_nine_actual_months_stand_beside_a_target(plan: fakes.FakePlan):
    more = pd.DataFrame([(2021, "group_capex_1q3q", 11540.0, "IFRS", "partial")])
    more.columns = plan.case["history"].columns
    case = {**plan.case, "history": pd.concat([plan.case["history"], more], ignore_index=True)}
    year = capex_chart.past_capex(case, 2022).query("fiscal_year == 2021")
    assert year[year["whole_group"]]["mark"].tolist() == ["target", "partial"]
    assert year[~year["whole_group"]]["share"].tolist() == [pytest.approx(600 / 11540)]


def test_a_project_without_a_hall_keeps_its_name(plan: fakes.FakePlan):
    upgrade = plan.case["projects"].iloc[[0]].assign(project="grid-20mw", hall="")
    case = {**plan.case, "projects": pd.concat([plan.case["projects"], upgrade], ignore_index=True)}
    tables = {**plan.tables, "capex": plan.tables["capex"].assign(project="grid-20mw")}
    assert capex_chart.project_names(case, "ja")["grid-20mw"] == "grid-20mw"
    with style.look("ja"):
        assert capex_chart.capex_chart(tables, case, "ja").axes


def test_every_word_is_in_both_languages():
    for english, japanese in labels.WORDS.values():
        fields = [re.findall(r"{(\w+)", text) for text in (english, japanese)]
        assert sorted(fields[0]) == sorted(fields[1])
        assert english != japanese
