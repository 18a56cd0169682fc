"""The CSV package: bytes, schema and hashes agree with the tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from dcplan.report import dictionary
from dcplan.report.data_package import ENCODING, write_data_package
from tests.report.test_workbook import PAYLOADS, sheet, table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_data_package([(sheet(), table(["松江", *PAYLOADS]))], tmp_path, {"name": "probe"})
    return tmp_path


def test_files_open_in_excel_and_in_pandas(folder: Path):
    content = (folder / "data" / "probe.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")  # without it Japanese Excel reads cp932
    assert b"\r\n" not in content
    frame = pd.read_csv(folder / "data" / "probe.csv", encoding=ENCODING)
    assert list(frame.columns) == [each.name for each in sheet().fields]
    assert frame.loc[0, "name"] == "松江"
    assert frame.loc[0, "cost_mjpy"] == 1234.56789
    assert frame["cost_mjpy"].isna().sum() == len(PAYLOADS)
    assert frame.loc[0, "service_date"] == "2023-07-03"


def test_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(folder: Path):
    frame = pd.read_csv(folder / "data" / "probe.csv", encoding=ENCODING)
    assert not frame["name"].str.match(r"[=+\-@\t\r\n]").any()
    assert frame["name"].str.startswith("'").sum() == 7


def test_the_descriptor_describes_the_files(folder: Path):
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert descriptor["name"] == "probe"
    (resource,) = descriptor["resources"]
    content = (folder / resource["path"]).read_bytes()
    assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert resource["bytes"] == len(content)
    assert resource["encoding"] == ENCODING
    types = {each["name"]: each["type"] for each in resource["schema"]["fields"]}
    assert types == {
        "name": "string", "fiscal_year": "integer", "cost_mjpy": "number", "share": "number",
        "service_date": "date", "committed": "boolean",
    }  # fmt: skip
    cost = resource["schema"]["fields"][2]
    assert (cost["unit"], cost["title_ja"]) == ("M JPY", "費用")
    assert resource["schema"]["fields"][3]["formula"] == "a / b"


def test_whole_numbers_stay_whole_where_one_is_missing(tmp_path: Path):
    frame = table(["one", "two"]).assign(fiscal_year=[2022.0, float("nan")])
    write_data_package([(sheet(), frame)], tmp_path, {})
    assert "\none,2022,1234" in (tmp_path / "data" / "probe.csv").read_text(ENCODING)


def test_every_declared_table_is_complete():
    """Each column has type, unit, both labels and a definition; units stand where there is a number."""
    held = dictionary.sheets("capex")
    assert list(held)[-1] == "data_dictionary"
    assert len({each.title for each in held.values()}) == len(held)
    for each in held.values():
        assert all((each.en, each.ja, each.doc_en, each.doc_ja, each.key))
        for one in each.fields:
            assert one.kind in {"text", "int", "float", "bool", "date"}, one
            assert (one.unit != "") == (one.kind in {"int", "float"}), f"{each.name}.{one.name}"
            assert one.en != one.ja
            assert one.definition.endswith("."), f"{each.name}.{one.name}"
    listed = dictionary.dictionary_table(list(held.values()))
    assert len(listed) == sum(len(each.fields) for each in held.values())
    assert not listed.duplicated(["table", "column"]).any()
