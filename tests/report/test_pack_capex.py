"""The CAPEX pack of the tutorial plan: complete, the same bytes each time, and one truth in both forms."""

from __future__ import annotations

import json
import math
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dcplan.errors import AuditError, InputError
from dcplan.plans.plan import open_plan
from dcplan.report import dictionary, pack_capex, pack_folder, pack_labels, pack_lines
from dcplan.report.data_package import ENCODING
from dcplan.report.workbook import HEAD
from tests.figures_once import figures_once
from tests.report import fakes

Packs = dict[str, Path]


@pytest.fixture(scope="module")
def packs(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Packs:
    """The pack in English, once more with figures that are formed again, and in Japanese."""
    top = tmp_path_factory.mktemp("packs")
    pack_capex.export_capex(toy_plan_folder, top / "made" / "again", lang="en")
    with figures_once():
        for lang in ("en", "ja"):
            pack_capex.export_capex(toy_plan_folder, top / "made" / lang, lang=lang)
    return {name: top / "made" / name for name in ("en", "again", "ja")}


def sheet_of(folder: Path, code: str) -> pd.DataFrame:
    title = next(each.title for each in dictionary.sheets("capex").values() if each.code == code)
    return pd.read_excel(folder / "capex.xlsx", sheet_name=title, header=HEAD - 1)


def test_the_same_plan_gives_the_same_bytes(packs: Packs):
    files = sorted(path.relative_to(packs["en"]) for path in packs["en"].rglob("*") if path.is_file())
    assert len(files) == len(dictionary.sheets("capex")) + 2
    for name in files:
        assert (packs["en"] / name).read_bytes() == (packs["again"] / name).read_bytes(), name


def test_only_labels_differ_between_languages(packs: Packs):
    for path in sorted((packs["en"] / "data").iterdir()):
        assert path.read_bytes() == (packs["ja"] / "data" / path.name).read_bytes()
    english, japanese = (openpyxl.load_workbook(packs[lang] / "capex.xlsx") for lang in ("en", "ja"))
    assert english.sheetnames[2:] == japanese.sheetnames[2:]
    assert english.sheetnames[:2] == ["Read me", "Charts"]
    assert japanese.sheetnames[:2] == ["はじめに", "図"]
    for title in english.sheetnames[2:]:
        heads = [[cell.value for cell in page[title][3]] for page in (english, japanese)]
        assert heads[0] == heads[1]
        assert [cell.value for cell in english[title][1]] != [cell.value for cell in japanese[title][1]]


def test_workbook_and_csv_hold_the_same_figures(packs: Packs):
    book = openpyxl.load_workbook(packs["en"] / "capex.xlsx")
    for name, sheet in dictionary.sheets("capex").items():
        frame = pd.read_csv(packs["en"] / "data" / f"{name}.csv", encoding=ENCODING)
        rows = list(book[sheet.title].iter_rows(min_row=HEAD + 1, values_only=True))
        rows = [row for row in rows if any(value is not None for value in row)]
        assert len(rows) == len(frame), name
        for place, field in enumerate(sheet.fields):
            written, read = [row[place] for row in rows], frame[field.name].tolist()
            for one, other in zip(written, read, strict=True):
                assert same(one, other), f"{name}.{field.name}: {one!r} is not {other!r}"


def same(cell: object, csv: object) -> bool:
    if cell is None or cell == "":
        return csv is None or csv == "" or (isinstance(csv, float) and math.isnan(csv))
    if isinstance(cell, datetime):
        return cell.date() == date.fromisoformat(str(csv))
    if isinstance(cell, str):
        return cell == str(csv).removeprefix("'")
    return float(cell) == pytest.approx(float(csv), rel=1e-15)  # type: ignore[arg-type]


def test_capex_of_the_pack_is_capex_of_the_plan(packs: Packs, toy_plan_folder: Path):
    summary = open_plan(toy_plan_folder).tables["summary"].set_index("fiscal_year")["capex_mjpy"]
    pack = sheet_of(packs["en"], "T30b").groupby("fiscal_year")["mjpy"].sum()
    assert pack.tolist() == pytest.approx(summary.tolist(), abs=1e-6)
    budget = sheet_of(packs["en"], "T30a").set_index("fiscal_year")["plan_mjpy"]
    assert budget.tolist() == pytest.approx(summary.tolist(), abs=1e-6)


def test_no_formula_no_link_no_merged_cell(packs: Packs):
    for lang in ("en", "ja"):
        with zipfile.ZipFile(packs[lang] / "capex.xlsx") as parts:
            content = b"".join(parts.read(name) for name in parts.namelist())
        for part in (b"<f>", b"<hyperlink", b"<mergeCell", b"externalLink"):
            assert part not in content


def test_no_number_is_wider_than_its_column(packs: Packs):
    """A number that does not fit is drawn as ####."""
    for page in openpyxl.load_workbook(packs["ja"] / "capex.xlsx").worksheets[2:]:
        for row in page.iter_rows(min_row=HEAD + 1):
            for cell in row:
                width = page.column_dimensions[cell.column_letter].width
                if isinstance(cell.value, datetime):
                    assert width >= len("2023-07-03") + 1
                elif isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                    assert width >= len(f"{cell.value:,.1f}"), f"{page.title} {cell.coordinate}"


def test_the_chart_is_in_the_workbook(packs: Packs):
    for lang in ("en", "ja"):
        with zipfile.ZipFile(packs[lang] / "capex.xlsx") as parts:
            pictures = [name for name in parts.namelist() if name.startswith("xl/media/")]
            assert [parts.read(name)[:4] for name in pictures] == [b"\x89PNG"]


def test_the_first_sheet_says_what_the_pack_is(packs: Packs):
    page = openpyxl.load_workbook(packs["en"] / "capex.xlsx")["Read me"]
    said = {row[0].value: row[1].value for row in page.iter_rows() if row[0].value}
    assert "proven" not in said["Gap"].lower() or "Optimal within" in said["Gap"]
    assert said["Audit"].startswith("Passed: ")
    assert "2 sites, 1 of them owned and 1 leased; 1 projects" in said["Sites"]
    assert "5.00%" in said["Objective"]  # the discount rate of the case
    assert "2.00%" in said["Leases"]  # its borrowing rate
    for each in dictionary.sheets("capex").values():
        assert each.title in said


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_plan_that_is_not_proven_says_so_in_red(lang: str):
    settings = pd.DataFrame(
        {"setting": ["discount_rate", "tax_rate", "borrowing_rate"], "value": [0.06, 0.3, 0.01]}
    )
    for status, mark in (("optimal", "good"), ("feasible", "bad"), ("interrupted", "bad")):
        plan = fakes.plan(status=status, objective="pre_tax", title="X", horizon_end="2028-04-01")
        book = pack_lines.read_me(plan, {**plan.case, "settings": settings}, [], lang)
        gap = next(line for line in book.lines if line.name == pack_labels.words("gap", lang))
        assert gap.mark == mark
        assert pack_labels.words(status, lang) in gap.text
        assert plan.manifest["note"] in [line.text for line in book.lines]


def test_every_word_is_in_both_languages():
    for english, japanese in pack_labels.WORDS.values():
        assert english != japanese
    units = {one.unit for each in dictionary.sheets("capex").values() for one in each.fields if one.unit}
    assert all(pack_labels.unit_label(unit, "ja") != unit for unit in units - {"-", "%", "kW"})


def test_the_package_names_its_plan(packs: Packs, toy_plan_folder: Path):
    descriptor = json.loads((packs["en"] / "datapackage.json").read_text("utf-8"))
    manifest = open_plan(toy_plan_folder).manifest
    assert descriptor["inputs_sha256"] == pack_lines.inputs_digest(manifest)
    assert (descriptor["case"], descriptor["gap"]) == ("toy", manifest["gap"])
    assert [each["name"] for each in descriptor["resources"]] == [
        name.replace("_", "-") for name in dictionary.sheets("capex")
    ]


@pytest.mark.usefixtures("figures_formed_once")
def test_nothing_is_left_of_an_export_that_fails(
    toy_plan_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(pack_folder, "write_data_package", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        pack_capex.export_capex(toy_plan_folder, tmp_path / "made" / "pack")
    assert list((tmp_path / "made").iterdir()) == []
    with pytest.raises(InputError, match="exists"):
        pack_capex.export_capex(toy_plan_folder, tmp_path / "made")


def test_findings_of_any_plan_of_the_folder_stop_the_export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    class Report:
        def __init__(self, *findings: str) -> None:
            self.findings = findings

    monkeypatch.setattr(
        pack_folder, "audit_all", lambda _: {"optimised": Report(), "frozen": Report("a fault")}
    )
    with pytest.raises(AuditError, match="a fault"):
        pack_folder.refuse_unaudited(tmp_path)
