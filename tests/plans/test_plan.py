"""Tables of a plan as CSV: full precision, nothing for what is missing, no formula, read back the same."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.plans.plan import read_csv, write_csv

TABLE = pd.DataFrame(
    {
        "site": ["Campus", 'a "quoted", text', "two\nlines", None],
        "racks": [1, -2, 3, 4],
        "mjpy": [0.1 + 0.2, np.nan, 1e-17, 5.0],
        "kept": [True, False, True, True],
        "day": [date(2024, 4, 1), None, date(2025, 3, 31), date(2024, 2, 29)],
        "year": pd.array([2024, None, 2025, 2026], dtype="Int64"),
    }
)
TEXT = """site,racks,mjpy,kept,day,year
Campus,1,0.30000000000000004,true,2024-04-01,2024
"a ""quoted"", text",-2,,false,,
"two
lines",3,1e-17,true,2025-03-31,2025
,4,5.0,true,2024-02-29,2026
"""


def test_a_table_is_written_in_full_precision_and_nothing_for_what_is_missing(tmp_path: Path) -> None:
    write_csv(TABLE, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode("utf-8") == TEXT


def test_numbers_and_flags_are_read_back(tmp_path: Path) -> None:
    write_csv(TABLE, tmp_path / "t.csv")
    again = read_csv(tmp_path / "t.csv")
    pd.testing.assert_series_equal(again["mjpy"], TABLE["mjpy"])
    pd.testing.assert_series_equal(again["kept"], TABLE["kept"])
    assert again["racks"].tolist() == TABLE["racks"].tolist()


def test_no_text_is_a_formula_and_no_number_is_a_text(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": ["=1+1", "+a", "-a", "@a", "a=b"], "mjpy": [-1.5, 2.0, 3.0, 4.0, 5.0]})
    write_csv(table, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text("utf-8").splitlines()
    assert lines == ["text,mjpy", "'=1+1,-1.5", "'+a,2.0", "'-a,3.0", "'@a,4.0", "a=b,5.0"]


def test_a_table_without_rows_keeps_its_header(tmp_path: Path) -> None:
    write_csv(TABLE.head(0), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8") == "site,racks,mjpy,kept,day,year\n"
