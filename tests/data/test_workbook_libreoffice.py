"""A workbook that LibreOffice saved is the same case.

LibreOffice itself saves it where `soffice` is installed (7.4 was used). Everywhere, a stand-in rewrites the
XML the way LibreOffice does (`books.as_libreoffice`, made from files that it saved).
"""

import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load, read_case
from dcplan.data.shipped import case_folder
from dcplan.data.workbook_write import write_shipped

from .books import as_libreoffice, unpack
from .conftest import Folder
from .test_workbook import place

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def edit(path: Path) -> None:
    """Type a formula, a row more, and a date as text."""
    book = openpyxl.load_workbook(path)
    place(book, "leases", "rent_jpy_per_rack_month").value = "=100000*1.1"
    place(book, "leases", "term_end").value = "2024/3/31"
    place(book, "settings", "value").value = 0.0512345678901234
    header = [cell.value for cell in book["announcements"][1]]
    row = [cell.value for cell in book["announcements"][3]]
    row[header.index("known_on_date")] = "2022-03-01"
    for at, value in enumerate(row, start=1):
        book["announcements"].cell(9, at, value)
    book.save(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which LibreOffice saved the tutorial as it is and edited, after calculating."""
    assert SOFFICE is not None
    home = tmp_path_factory.mktemp("libreoffice")
    plain, edited = home / "plain.xlsx", home / "edited.xlsx"
    shutil.move(write_shipped(home / "shipped", case_folder("toy")), plain)
    shutil.copy(plain, edited)
    edit(edited)
    assert any("never calculated" in problem.rule for problem in read_case(edited)[1])
    command = [SOFFICE, f"-env:UserInstallation=file://{home / 'profile'}", "--headless", "--convert-to"]
    command += ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(home / "saved"), str(plain), str(edited)]
    subprocess.run(
        command, check=True, capture_output=True, timeout=240, env=os.environ | {"HOME": str(home)}
    )
    return home / "saved"


def test_the_stand_in_writes_what_libreoffice_writes(tmp_path: Path, toy_case: Case) -> None:
    path = write_shipped(tmp_path, case_folder("toy"))
    path.write_bytes(as_libreoffice(path.read_bytes()))
    parts = unpack(path.read_bytes())
    assert b"LibreOffice" in parts["docProps/app.xml"]
    assert b"fullCalcOnLoad" not in parts["xl/workbook.xml"]
    sheets = b"".join(body for name, body in parts.items() if name.startswith("xl/worksheets/sheet"))
    for sign in (b'<f aca="false">TRUE()</f><v>1</v>', b'<row r="1048576"', b't="n"', b'hidden="false"'):
        assert sign in sheets
    case = load(path)
    assert case.fingerprint == toy_case.fingerprint
    assert case.notes == ()


def test_the_default_case_survives_the_stand_in(tmp_path: Path, iij_case: Case) -> None:
    path = write_shipped(tmp_path, iij_case.folder)
    path.write_bytes(as_libreoffice(path.read_bytes()))
    assert load(path).fingerprint == iij_case.fingerprint


@needs_libreoffice
def test_libreoffice_saves_the_same_case(saved: Path, toy_case: Case) -> None:
    book = saved / "plain.xlsx"
    assert b"LibreOffice" in unpack(book.read_bytes())["docProps/app.xml"]
    case = load(book)
    assert case.fingerprint == toy_case.fingerprint
    assert case.notes == ()


@needs_libreoffice
def test_edits_that_libreoffice_saved_are_the_edits_in_csv(saved: Path, toy_copy: Path) -> None:
    """A formula is calculated, a row is added, a date is typed as text."""
    folder = Folder(toy_copy)
    folder.set("leases", "rent_jpy_per_rack_month", "110000")
    folder.set("settings", "value", "0.0512345678901234")
    folder.add("announcements", known_on_date="2022-03-01")
    case = load(saved / "edited.xlsx")
    assert case["leases"]["rent_jpy_per_rack_month"].tolist() == pytest.approx([110_000], rel=1e-15)
    case["leases"]["rent_jpy_per_rack_month"] = 110_000.0  # 100000*1.1 ends in ...01
    from dcplan.data.case_hash import case_hash

    assert case_hash(case) == load(toy_copy).fingerprint
