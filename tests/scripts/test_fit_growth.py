"""The shipped growth is what the fit gives, and docs/growth-fit.md says what the script prints."""

import re
import shutil
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import fit_growth  # noqa: E402

PAGE = ROOT / "docs" / "growth-fit.md"
FOLDER = ROOT / "inputs" / "iij"
OPENING = date(2022, 4, 1)


@pytest.fixture(scope="module")
def fit() -> fit_growth.Fit:
    return fit_growth.Fit(FOLDER)


def documented(heading: str) -> dict[str, list[float]]:
    """Modelled value, sigma and residual by statement in the first table under a heading."""
    text = PAGE.read_text(encoding="utf-8").split(heading, 1)[1]
    body = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert body
    cells = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in body[0].splitlines()[2:]]
    return {row[0]: [float(value) for value in row[3:]] for row in cells}


def test_shipped_demand_is_the_proposed_growth_times_the_shipped_factor(fit: fit_growth.Fit) -> None:
    growth = fit.calibration.growth
    assert set(growth.loc[growth["fitted"], "factor"]) == {fit.calibration.factor}
    opening = fit.case["occupancy"].groupby("class")["racks"].sum()
    assert growth.set_index("class")["opening_racks"].to_dict() == opening.to_dict()
    shipped = fit.case["demand"]
    again = fit_growth.grown(growth, shipped, OPENING, fit.calibration.factor)
    for name in ("racks", "low", "high"):
        assert again[name].tolist() == shipped[name].tolist()


def test_racks_of_a_class_by_hand() -> None:
    growth = pd.DataFrame(
        {
            "class": ["a", "b"],
            "opening_racks": [100, 20],
            "yearly_rate": [0.05, None],
            "fitted": [True, False],
            "rate_range": [0.03, None],
        }
    )
    days = [date(2022, 4, 1), date(2023, 4, 1), date(2024, 4, 1)]
    demand = pd.DataFrame(
        {"class": ["a"] * 3 + ["b"] * 3, "date": days * 2, "racks": 7, "low": 6.0, "high": 8.0}
    )
    made = fit_growth.grown(growth, demand, OPENING, 2.0)
    assert made["racks"].tolist() == [100, 110, 121, 7, 7, 7]
    assert made["low"].tolist() == [100, 107, 114, 6, 6, 6]
    assert made["high"].tolist() == [100, 113, 128, 8, 8, 8]


def test_anchor_shows_its_arithmetic(fit: fit_growth.Fit) -> None:
    anchor = fit.calibration.anchors.iloc[0]
    opening = fit.calibration.growth["opening_racks"].sum()
    years = anchor["date_to"].year - anchor["date_from"].year
    growth = (1 + anchor["racks_added"] / opening) ** (1 / years) - 1
    assert growth == pytest.approx(anchor["yearly_growth"], abs=5e-4)


def test_every_statement_names_a_source_and_an_uncertainty(fit: fit_growth.Fit) -> None:
    sources = set(fit.case["sources"]["source"])
    for table in (fit.calibration.points, fit.calibration.anchors):
        assert set(table["source"]) <= sources
        assert (table["sigma"] > 0).all()
    assert set(fit.calibration.points["use"]) == {"fit", "held_out"}


@pytest.mark.default_case
def test_documented_residuals_are_those_of_the_shipped_growth(fit: fit_growth.Fit) -> None:
    table = fit.at(fit.calibration.factor).set_index("statement")
    said = documented("## Result")
    assert list(said) == list(table.index)
    for statement, (modelled, sigma, residual) in said.items():
        row = table.loc[statement]
        assert row["modelled"] == pytest.approx(modelled, abs=0.0015)  # one rack and the last digit
        assert row["sigma"] == sigma
        assert row["residual"] == pytest.approx(residual, abs=0.02)
    factor, value = re.findall(
        r"growth factor g = ([\d.]+), objective ([\d.]+)", PAGE.read_text(encoding="utf-8")
    )[0]
    assert float(factor) == fit.calibration.factor
    assert fit_growth.objective(table) == pytest.approx(float(value), abs=0.05)


@pytest.mark.default_case
def test_shipped_factor_is_the_least_squares_one(fit: fit_growth.Fit) -> None:
    best = fit.calibration.factor
    here = fit.objective(best)
    assert here < fit.objective(round(best - 0.03, 2))
    assert here < fit.objective(round(best + 0.03, 2))


def test_residual_is_the_distance_to_the_interval(fit: fit_growth.Fit) -> None:
    halls, periods = fit.case["halls"], fit.calendar.periods
    racks = pd.DataFrame({"hall": halls["hall"], "racks": halls["rack_places"] * 0.8})
    racks = racks.merge(periods[["period"]], how="cross")
    table = fit_growth.residuals(fit.case, fit.calendar, fit.calibration, racks).set_index("statement")
    assert table.loc["phases_1_2_in_may_2025", "residual"] == pytest.approx((0.8 - 0.85) / 0.08)
    assert table.loc["phase2_first_half", "residual"] == pytest.approx((0.8 - 0.5) / 0.08)
    used = table[table["use"] == "fit"]["residual"]
    assert fit_growth.objective(table) == pytest.approx((used**2).sum())


def test_search_finds_the_minimum_to_a_hundredth() -> None:
    best, values = fit_growth.search(lambda g: 100 * (g - 1.13) ** 2 + 2)
    assert best == 1.13
    assert len(values) <= 17
    low, high = fit_growth.equally_good(values)
    assert low == pytest.approx(1.03, abs=0.01)
    assert high == pytest.approx(1.23, abs=0.01)


def test_writing_at_the_shipped_factor_changes_no_file(fit: fit_growth.Fit, tmp_path: Path) -> None:
    folder = tmp_path / "iij"
    shutil.copytree(FOLDER, folder)
    fit_growth.rewrite(folder, fit.calibration, OPENING, fit.calibration.factor)
    for name in ("demand.csv", "calibration/growth.csv"):
        assert (folder / name).read_bytes() == (FOLDER / name).read_bytes()
    fit_growth.rewrite(folder, fit.calibration, OPENING, 1.2)
    written = fit_growth.Fit(folder)
    assert written.calibration.factor == 1.2
    expected = fit_growth.grown(fit.calibration.growth, fit.case["demand"], OPENING, 1.2)
    assert written.case["demand"]["racks"].tolist() == expected["racks"].tolist()
