"""A case as it was known on a day: later rows go, earlier vintages come back."""

from datetime import date
from pathlib import Path

import pytest

from dcplan.data.knowledge import as_known, knowledge_date, known_tables, write_known
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.errors import InputError

HEADER = (
    "tariff,fiscal_year,energy_jpy_per_kwh,fuel_adjustment_jpy_per_kwh,surcharge_jpy_per_kwh,"
    "demand_jpy_per_kw_month,power_factor_discount,source,basis,low,high,reason,known_on\n"
)
DAY = date(2022, 3, 31)


def vintages(case: Path, *rows: str, name: str = "tariffs") -> None:
    (case / "vintages").mkdir(exist_ok=True)
    (case / "vintages" / f"{name}.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows), "utf-8")


def leased(year: int, price: float, known: str) -> str:
    return f"leased,{year},{price},0,0,0,0,tutorial,derived,,,,{known}"


def test_the_vintage_known_last_by_the_day_wins(toy_copy: Path) -> None:
    vintages(
        toy_copy, leased(2023, 3, "2021-04-01"), leased(2023, 4, "2022-03-01"), leased(2023, 9, "2022-05-01")
    )
    for day, price in ((date(2021, 1, 1), 15), (date(2021, 6, 1), 3), (DAY, 4), (date(2023, 1, 1), 9)):
        rows = known_tables(toy_copy, day)["tariffs"].set_index(["tariff", "fiscal_year"])
        assert rows.loc[("leased", 2023), "energy_jpy_per_kwh"] == price
        assert len(rows) == 6
    assert load(toy_copy)["tariffs"]["energy_jpy_per_kwh"].eq(15).all(), "the case itself holds the latest"


def test_what_nobody_knew_is_not_in_the_case_nor_what_refers_to_it(toy_copy: Path) -> None:
    text = (toy_copy / "projects.csv").read_text("utf-8").splitlines()
    lines = [text[0] + ",known_on", *[f"{line},2025-01-01" for line in text[1:]]]
    (toy_copy / "projects.csv").write_text("\n".join(lines) + "\n", "utf-8")
    tables = known_tables(toy_copy, DAY)
    assert tables["projects"].empty
    assert list(tables["halls"]["hall"]) == ["A", "City-hall"]
    assert tables["project_assets"].empty
    assert tables["announcements"].empty


def test_a_series_with_a_gap_is_refused_and_not_filled(toy_copy: Path, tmp_path: Path) -> None:
    text = (toy_copy / "tariffs.csv").read_text("utf-8").splitlines()
    lines = [
        text[0] + ",known_on",
        *[line + (",2024-06-30" if ",2023," in line else ",") for line in text[1:]],
    ]
    (toy_copy / "tariffs.csv").write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(InputError, match="has no row for FY2023"):
        write_known(toy_copy, DAY, tmp_path / "known")


def test_vintages_without_a_day_or_a_table_are_refused(toy_copy: Path) -> None:
    vintages(toy_copy, leased(2023, 3, ""))
    vintages(toy_copy, leased(2023, 3, "2022-01-01"), name="tarifs")
    with pytest.raises(InputError) as refused:
        known_tables(toy_copy, DAY)
    assert "vintages/tariffs.csv row 2, known_on = (empty)" in str(refused.value)
    assert "vintages/tarifs.csv: is not a table that has vintages" in str(refused.value)


def test_the_default_case_as_known_before_it_opens(tmp_path: Path) -> None:
    """No row is known later, prices are those of FY2021, and the later phases have no announced date."""
    case = load(write_known(case_folder("iij"), DAY, tmp_path / "iij"))
    assert case.info.edition == "foresight-2022"
    assert "later actual prices" not in case.info.notice
    days = [day for table in case.tables.values() if "known_on" in table for day in table["known_on"] if day]
    assert days
    assert max(days) <= DAY
    tariffs = case["tariffs"].set_index(["tariff", "fiscal_year"])
    assert tariffs.loc[("hv_tk", 2025), "energy_jpy_per_kwh"] == pytest.approx(15.16 * 1.03, abs=0.01)
    shiroi = 11.83 * 1.03 - 1455 * 0.85 * 12 / (8760 * 0.75)
    assert tariffs.loc[("shiroi_shv", 2025), "energy_jpy_per_kwh"] == pytest.approx(shiroi, abs=0.01)
    projects = case["projects"].set_index("project")
    assert projects.loc["shiroi-3a", "service_date"] is None
    assert case["onsite_pv"].empty
    now = load(case_folder("iij"))
    assert list(case["halls"]["hall"]) == list(now["halls"]["hall"])


def test_editions_have_their_day(toy_copy: Path) -> None:
    assert knowledge_date("retrospective", date(2022, 4, 1)) is None
    assert knowledge_date("foresight-2022", date(2022, 4, 1)) == DAY
    with pytest.raises(InputError, match="The editions are"):
        knowledge_date("prophecy", DAY)
    with as_known(toy_copy, None, None) as folder:
        assert folder == toy_copy
    with as_known(toy_copy, "foresight-2022", None) as folder:
        assert load(folder).info.edition == "foresight-2022"
    assert not folder.exists()
