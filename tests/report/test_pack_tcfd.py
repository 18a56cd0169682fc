"""The TCFD pack of the tutorial plan: complete, the same bytes each time, and controlled first."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.controls.verify import verify
from dcplan.errors import AuditError, InputError
from dcplan.plans.plan import open_plan
from dcplan.report import dictionary, pack_labels, pack_tcfd, pack_tcfd_words
from dcplan.report.data_package import ENCODING
from dcplan.report.workbook import HEAD
from tests.figures_once import figures_once

Packs = dict[str, Path]
KEPT = {
    "REF",
    "CUE",
    "PUE",
    "WUE",
    "CER",
    "ERF",
    "RE100",
    "ITEEsv",
    "ITEUsv",
    "SHA-256",
    "Scope 1",
    "Scope 3",
}
"""Labels that are the same in both languages."""


@pytest.fixture(scope="module")
def packs(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Packs:
    """The pack in English, once more with statements that are formed again, and in Japanese."""
    top = tmp_path_factory.mktemp("packs")
    pack_tcfd.export_tcfd(toy_plan_folder, top / "again", lang="en")
    with figures_once():
        for lang in ("en", "ja"):
            pack_tcfd.export_tcfd(toy_plan_folder, top / lang, lang=lang)
    return {name: top / name for name in ("en", "again", "ja")}


def test_the_same_plan_gives_the_same_bytes(packs: Packs):
    files = sorted(path.relative_to(packs["en"]) for path in packs["en"].rglob("*") if path.is_file())
    assert len(files) == len(dictionary.sheets("tcfd")) + 2
    for name in files:
        assert (packs["en"] / name).read_bytes() == (packs["again"] / name).read_bytes(), name
    for path in sorted((packs["en"] / "data").iterdir()):
        assert path.read_bytes() == (packs["ja"] / "data" / path.name).read_bytes()


def test_the_tables_of_the_pack_are_all_there(packs: Packs):
    codes = {each.code for each in dictionary.sheets("tcfd").values()}
    assert {"T04", "T05", "T06", "T07", "T08", "T09", "T10", "T11", "T41", "T42"} <= codes
    book = openpyxl.load_workbook(packs["en"] / "tcfd.xlsx")
    for name, sheet in dictionary.sheets("tcfd").items():
        page = book[sheet.title]
        rows = list(page.iter_rows(values_only=True))
        assert list(rows[HEAD]) == [each.name for each in sheet.fields]
        frame = pd.read_csv(packs["en"] / "data" / f"{name}.csv", encoding=ENCODING)
        assert len(rows) - HEAD - 1 == max(len(frame), 1), name
        assert [each or "" for each in rows[2]] == [each.clause for each in sheet.fields]


def test_figures_are_those_of_the_plan(packs: Packs, toy_plan_folder: Path):
    title = dictionary.sheets("tcfd")["site_kpi"].title
    table = pd.read_excel(packs["en"] / "tcfd.xlsx", sheet_name=title, header=HEAD)
    summary = open_plan(toy_plan_folder).tables["summary"].set_index("fiscal_year")
    fleet = table[table["scope"] == "fleet"].set_index("fiscal_year")
    assert fleet["pue"].tolist() == pytest.approx(summary["pue"].tolist())
    owned = table[table["scope"] == "owned"].set_index("fiscal_year")
    assert owned["re_share_annual"].tolist() == pytest.approx(summary["renewable_share"].tolist())
    assert table["wue"].isna().all()  # an empty cell, and no 0
    assert (table["wue_reason"] == "not_modelled").all()


def test_labels_are_in_both_languages():
    for sheet in dictionary.sheets("tcfd").values():
        assert sheet.en != sheet.ja
        for each in sheet.fields:
            assert each.en != each.ja or each.en in KEPT, f"{sheet.name}.{each.name}"
            assert each.kind in {"text", "date", "bool", "int"} or each.unit, f"{sheet.name}.{each.name}"
    for name, (english, japanese) in pack_tcfd_words.WORDS.items():
        assert english != japanese or english in KEPT, name
    assert not set(pack_tcfd_words.WORDS) & set(pack_labels.WORDS)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_first_sheet_tells_boundary_methods_and_factors(packs: Packs, lang: str):
    page = openpyxl.load_workbook(packs[lang] / "tcfd.xlsx").worksheets[0]
    said = {row[0].value: row[1].value for row in page.iter_rows() if row[0].value}
    names = ("boundary", "method", "factors", "controls", *pack_tcfd_words.METHODS, *pack_tcfd_words.BOUNDARY)
    for name in names:
        assert pack_labels.words(name, lang) in said, name
    for each in dictionary.sheets("tcfd").values():
        assert each.title in said


def test_no_formula_no_link_no_merged_cell(packs: Packs):
    with zipfile.ZipFile(packs["ja"] / "tcfd.xlsx") as parts:
        content = b"".join(parts.read(name) for name in parts.namelist())
    for part in (b"<f>", b"<hyperlink", b"<mergeCell", b"externalLink"):
        assert part not in content


def test_keys_identify_rows_and_lead_somewhere(packs: Packs):
    """Every hop of a walk-through is a key: summary, line, factor, conversion, instrument."""
    read = {
        name: pd.read_csv(packs["en"] / "data" / f"{name}.csv", encoding=ENCODING)
        for name in dictionary.sheets("tcfd")
    }
    for name, sheet in dictionary.sheets("tcfd").items():
        assert not read[name].duplicated(list(sheet.key)).any(), name
    lines, energy = read["ghg_line"], read["site_energy"]
    assert set(lines["factor_id"].dropna()) <= set(read["factor_register"]["factor_id"])
    assert set(lines["instrument_id"].dropna()) - {"certificates"} <= set(
        read["instrument_ledger"]["instrument_id"]
    )
    for column in [name for name in energy if name.endswith("conversion_id")]:
        assert set(energy[column]) <= set(read["conversions"]["conversion_id"])
    assert set(read["targets"]["boundary"]) <= set(read["site_kpi"]["site_id"])


def test_verify_reads_the_export_and_sees_a_change(packs: Packs, tmp_path: Path):
    found = verify(packs["en"])
    assert (found.kind, found.passed, found.controls, found.changed) == ("export", True, None, ())
    copy = Path(shutil.copytree(packs["en"], tmp_path / "pack"))
    path = copy / "data" / "site_energy.csv"
    table = pd.read_csv(path, encoding=ENCODING)
    table.loc[0, "e_import_mwh"] += 1.0
    table.to_csv(path, index=False, encoding=ENCODING)
    found = verify(copy)
    assert found.changed == ("data/site_energy.csv",)
    assert found.quantities is not None
    assert "energy_balances" in set(found.quantities.failures["control"])
    done = CliRunner().invoke(cli, ["verify", str(copy)])
    assert done.exit_code == 6
    assert "CHANGED after the export: data/site_energy.csv" in done.output


@pytest.mark.usefixtures("figures_formed_once")
def test_nothing_is_written_when_a_control_fails(
    toy_plan_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sound = pack_tcfd.statements_of

    def slipped(*given: object) -> object:
        held = sound(*given)
        held.tables["site_energy"].loc[0, "e_import_mwh"] += 1.0
        return held

    monkeypatch.setattr(pack_tcfd, "statements_of", slipped)
    with pytest.raises(AuditError, match="Energy balance"):
        pack_tcfd.export_tcfd(toy_plan_folder, tmp_path / "pack")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("figures_formed_once")
def test_the_command_writes_the_pack(toy_plan_folder: Path, tmp_path: Path):
    target = tmp_path / "out"
    done = CliRunner().invoke(
        cli, ["export", str(toy_plan_folder), "--pack", "tcfd", "--lang", "ja", "-o", str(target), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["pack"] == "tcfd"
    head = json.loads((target / "datapackage.json").read_text("utf-8"))
    assert head["name"] == "dcplan-tcfd"
    assert head["tenant_it_policy"].startswith("view A")
    with pytest.raises(InputError, match="exists"):
        pack_tcfd.export_tcfd(toy_plan_folder, target)
