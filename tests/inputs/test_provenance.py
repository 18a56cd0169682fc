"""Every number of a shipped case says where it comes from, and every assumption why it has this value."""

from collections import Counter
from pathlib import Path

import pytest

from tests.inputs.reading import CASES, MEASURES, by, rows, told_tables

BASES = {"disclosed": {"D"}, "public": {"P", "P-"}}


@pytest.mark.parametrize("case", CASES)
def test_every_row_names_a_known_source_and_every_source_is_used(case: str) -> None:
    known = set(by(case, "sources", "source"))
    used = {row["source"] for table in told_tables(case).values() for row in table}
    assert used == known


@pytest.mark.parametrize("case", CASES)
def test_basis_agrees_with_the_grade_of_the_source(case: str) -> None:
    grade = {name: row["grade"] for name, row in by(case, "sources", "source").items()}
    wrong = [
        (table, row)
        for table, body in told_tables(case).items()
        for row in body
        if row["basis"] in BASES and grade[row["source"]] not in BASES[row["basis"]]
    ]
    assert not wrong
    assert {row["basis"] for body in told_tables(case).values() for row in body} <= {
        *BASES,
        "derived",
        "assumption",
    }


@pytest.mark.parametrize("case", CASES)
def test_an_assumption_has_a_range_around_its_value_and_a_reason(case: str) -> None:
    for table, body in told_tables(case).items():
        if table.startswith("calibration/"):
            continue  # see test_calibration_has_its_own_ranges
        for row in body:
            if row["basis"] != "assumption":
                assert (row["low"], row["high"]) == ("", ""), (table, row)
                continue
            assert len(row["reason"]) > 10, (table, row)
            measure = MEASURES.get(Path(table).name)
            if measure:
                low, value, high = (float(row[name]) for name in ("low", measure, "high"))
                assert low <= value <= high, (table, row)
                known = case == "toy" or (table == "demand" and row["date"] == "2022-04-01")
                assert low < high or known, (table, row)  # the racks of the opening day are counted
            else:
                assert (row["low"], row["high"]) == ("", ""), (table, row)


@pytest.mark.parametrize("case", CASES)
def test_a_derived_value_shows_its_arithmetic(case: str) -> None:
    assert all(
        row["reason"] for body in told_tables(case).values() for row in body if row["basis"] == "derived"
    )


@pytest.mark.parametrize("case", CASES)
def test_one_reason_serves_at_most_ten_rows(case: str) -> None:
    told = (row.get("reason") or row.get("note") for body in told_tables(case).values() for row in body)
    reasons = Counter(reason for reason in told if reason)
    assert max(reasons.values()) <= 10, reasons.most_common(3)


def test_calibration_has_its_own_ranges() -> None:
    """A statement carries its interval and sigma, a growth rate its range, and each the reason for it."""
    tables = {name: rows("iij", f"calibration/{name}") for name in ("growth", "fill_points", "anchors")}
    for name, body in tables.items():
        for row in body:
            assert row["basis"] == "assumption", row  # words read as numbers
            assert len(row["reason" if name == "growth" else "note"]) > 30, row
            spread = "rate_range" if name == "growth" else "sigma"
            assert row.get("fitted") == "false" or float(row[spread]) > 0, row


def test_fill_points_name_halls_and_sources_of_the_case() -> None:
    points = rows("iij", "calibration/fill_points")
    halls, sources = by("iij", "halls", "hall"), by("iij", "sources", "source")
    assert {point["use"] for point in points} == {"fit", "held_out"}
    for point in points:
        assert set(point["halls"].split(";")) <= set(halls)
        assert point["source"] in sources
        assert 0 <= float(point["fill_low"]) < float(point["fill_high"]) <= 1
        assert set(point["halls"].split(";")) <= {name for name in halls if name.startswith("Shiroi")}
