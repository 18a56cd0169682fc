"""Every number of a shipped case says where it comes from, and every assumption why it has this value."""

from collections import Counter

import pytest

from tests.inputs.reading import CASES, MEASURES, by, rows, tables

BASES = {"disclosed": {"D"}, "public": {"P", "P-"}}


@pytest.mark.parametrize("case", CASES)
def test_every_row_names_a_known_source_and_every_source_is_used(case: str) -> None:
    known = set(by(case, "sources", "source"))
    used = {row["source"] for table in tables(case).values() for row in table}
    assert used == known


@pytest.mark.parametrize("case", CASES)
def test_basis_agrees_with_the_grade_of_the_source(case: str) -> None:
    grade = {name: row["grade"] for name, row in by(case, "sources", "source").items()}
    wrong = [
        (table, row)
        for table, body in tables(case).items()
        for row in body
        if row["basis"] in BASES and grade[row["source"]] not in BASES[row["basis"]]
    ]
    assert not wrong
    assert {row["basis"] for body in tables(case).values() for row in body} <= {
        *BASES,
        "derived",
        "assumption",
    }


@pytest.mark.parametrize("case", CASES)
def test_an_assumption_has_a_range_around_its_value_and_a_reason(case: str) -> None:
    for table, body in tables(case).items():
        for row in body:
            if row["basis"] != "assumption":
                assert (row["low"], row["high"]) == ("", ""), (table, row)
                continue
            assert len(row["reason"]) > 10, (table, row)
            if table in MEASURES:
                low, value, high = (float(row[name]) for name in ("low", MEASURES[table], "high"))
                assert low <= value <= high, (table, row)
            else:
                assert (row["low"], row["high"]) == ("", ""), (table, row)


@pytest.mark.parametrize("case", CASES)
def test_a_derived_value_shows_its_arithmetic(case: str) -> None:
    assert all(row["reason"] for body in tables(case).values() for row in body if row["basis"] == "derived")


@pytest.mark.parametrize("case", CASES)
def test_one_reason_serves_at_most_ten_rows(case: str) -> None:
    reasons = Counter(row["reason"] for body in tables(case).values() for row in body if row["reason"])
    assert max(reasons.values()) <= 10, reasons.most_common(3)


def test_fill_points_name_halls_and_sources_of_the_case() -> None:
    points = rows("iij", "calibration/fill_points")
    halls, sources = by("iij", "halls", "hall"), by("iij", "sources", "source")
    assert {point["use"] for point in points} == {"fit", "held_out"}
    for point in points:
        assert set(point["halls"].split(";")) <= set(halls)
        assert point["source"] in sources
        assert 0 <= float(point["fill_low"]) < float(point["fill_high"]) <= 1
