"""Bombs and foreign parts are refused before anything is parsed: in two seconds and 256 MiB."""

import random
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dcplan.data.load import read_case
from dcplan.data.workbook_guard import RefusedError, inspect

from .books import HEAD, MAIN, OFFICE, PACKAGE, minimal, pack, sheet

SECONDS = 2.0
"""CPU seconds in which a bomb is refused, on a machine that counts to a million in `COUNTING` seconds."""
COUNTING = 0.05
MEBIBYTES = 256
BALLAST = {"xl/media/picture.png": random.Random(1).randbytes(2**20)}  # keeps the ratio of packing low


def peak_mib() -> float | None:
    """Return the largest resident size since `reset_peak`, where the system tells it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) / 1024


def reset_peak() -> float | None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return peak_mib()


def cells(rows: int, columns: int, cell: str = "<c><v>7</v></c>") -> str:
    return "".join(f"<row>{cell * columns}</row>" for _ in range(rows))


def lying_sizes() -> bytes:
    """Return a workbook whose directory says that a large part is small."""
    name = b"xl/worksheets/sheet1.xml"
    content = bytearray(pack(minimal() | BALLAST | {name.decode(): sheet("<row/>" * 2_000_000)}, 1))
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(name))
    content[at + 24 : at + 28] = struct.pack("<I", 200)
    return bytes(content)


def flooded_directory() -> bytes:
    entry = b"PK\x01\x02" + b"\0" * 42
    body = b"PK\x03\x04" + b"\0" * 26 + entry * 60_000
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 46 * 60_000, 30, 0)
    return body + end


def with_sheet(rows: str, level: int = 6) -> bytes:
    return pack(minimal(rows) | BALLAST, level)


def with_parts(**parts: str) -> bytes:
    return pack(minimal() | BALLAST | {name: text.encode() for name, text in parts.items()})


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "one part that unpacks a thousandfold": (
        lambda: pack(minimal(" " * 60 * 2**20), 1),
        "times its size, more than 100",
    ),
    "many parts of 210 MiB": (
        lambda: pack(minimal() | {f"xl/media/{n}.bmp": bytes(70 * 2**20) for n in range(3)}, 1),
        "more than 200 MiB",
    ),
    "sizes that lie": (lying_sizes, "damaged"),
    "directory of 60,000 parts": (flooded_directory, "more than 2,000 parts"),
    "last row of a sheet": (
        lambda: with_sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        "value in row 1,048,576",
    ),
    "last column of a sheet": (
        lambda: with_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'),
        "value in column 16,384",
    ),
    "row far beyond a sheet": (lambda: with_sheet('<row r="99999999"/>'), "impossible number"),
    "rows by the ten thousand": (lambda: with_sheet(cells(50_001, 1)), "below row 50,000"),
    "cells by the million": (lambda: with_sheet(cells(4_500, 100)), "more than 400,000 cells"),
    "a wide span with few cells": (
        lambda: with_sheet(
            '<row r="1"><c r="GA1"><v>1</v></c></row><row r="49000"><c r="A49000"><v>1</v></c></row>'
        ),
        "span more than 2,000,000",
    ),
    "elements by the million": (lambda: with_sheet("<a/>" * 1_800_000, 1), "more than 1,500,000 XML"),
    "deep nesting": (lambda: with_sheet("<a>" * 5_000 + "</a>" * 5_000), "nested deeper"),
    "billion laughs": (
        lambda: with_parts(**{
            "xl/sharedStrings.xml": f'{HEAD}<!DOCTYPE s [<!ENTITY a0 "ha">{LAUGHS}]><s>&a9;</s>'
        }),
        "DOCTYPE",
    ),
    "outside entity": (
        lambda: with_parts(**{
            "docProps/core.xml": f'{HEAD}<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hosts">]><s>&x;</s>'
        }),
        "DOCTYPE",
    ),
    "document type in another encoding": (
        lambda: pack(minimal() | {"xl/styles.xml": '<!DOCTYPE s [<!ENTITY a "b">]><s/>'.encode("utf-16")}),
        "DOCTYPE",
    ),
    "texts of 41 MiB": (
        lambda: pack(minimal() | BALLAST | {"xl/sharedStrings.xml": b" " * (41 * 2**20)}, 1),
        "41 MiB of text",
    ),
    "a file of 21 MiB": (lambda: b"PK\x03\x04" + bytes(21 * 2**20), "more than 20 MiB"),
    "cells out of order": (
        lambda: with_sheet('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'),
        "out of order",
    ),
}  # fmt: skip


def slowness() -> float:
    """How many times slower than the limit is meant for this machine is at the moment; at least 1."""
    started, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return max(1.0, (time.process_time() - started) / COUNTING)


def refused(path: Path) -> str:
    """Return how a file is refused, in time and in memory."""
    slow = slowness()
    before, started = reset_peak(), time.process_time()
    case, problems = read_case(path)
    seconds, after = time.process_time() - started, peak_mib()
    assert case is None
    assert seconds <= SECONDS * max(slow, slowness())  # the pace of a machine changes within seconds
    if before is not None and after is not None:
        assert after - before <= MEBIBYTES
    assert all(problem.rule and problem.remedy for problem in problems)
    return " | ".join(map(str, problems))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time_and_memory(name: str, tmp_path: Path) -> None:
    build, word = BOMBS[name]
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(build())
    message = refused(path)
    assert message.startswith("bomb.xlsx")
    assert word in message


def in_csv(content: bytes) -> Callable[[Path], Path]:
    def plant(folder: Path) -> Path:
        (folder / "demand.csv").write_bytes(b"class,date,racks\n" + content)
        return folder

    return plant


def in_weather(folder: Path) -> Path:
    (folder / "weather" / "two_temperatures.csv").write_bytes(b"hour_of_year,temp_c\n" + b"\n" * (19 * 2**20))
    return folder


def in_toml(folder: Path) -> Path:
    (folder / "case.toml").write_text("a = " + "[" * 200_000, encoding="utf-8")
    return folder


MIB_19 = 19 * 2**20
TEXT_BOMBS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "one line of commas": (in_csv(b"," * MIB_19), "a line of more than 1,000,000"),
    "19 million line ends": (in_csv(b"\n" * MIB_19), "more than 50,000 rows"),
    "cells by the million": (in_csv(b"12,34," * (MIB_19 // 6)), "a line of more than"),
    "wide rows by the thousand": (in_csv((b"12," * 300 + b"\n") * 20_000), "more than 1,000,000 cells"),
    "a quote that never ends": (in_csv(b'"' + b"a\n" * (MIB_19 // 2)), "not valid CSV"),
    "one cell of 19 MiB": (in_csv(b"7" * MIB_19), "a line of more than"),
    "hours without end": (in_weather, "more than 50,000 rows"),
    "brackets without end": (in_toml, "case.toml"),
}


@pytest.mark.parametrize("name", TEXT_BOMBS)
def test_a_bomb_of_text_is_refused_in_time_and_memory(name: str, toy_copy: Path) -> None:
    plant, word = TEXT_BOMBS[name]
    assert word in refused(plant(toy_copy))


def relation(kind: str, target: str) -> str:
    return (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId9" '
        f'Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    )


FOREIGN = {
    "macros": ({"xl/vbaProject.bin": b"x"}, "macros"),
    "old macros": ({"xl/macrosheets/sheet1.xml": b"<a/>"}, "macros"),
    "binary workbook": ({"xl/workbook.bin": b"x"}, "macros or binary parts"),
    "external links": ({"xl/externalLinks/externalLink1.xml": b"<a/>"}, "links to other workbooks"),
    "embedded objects": ({"xl/embeddings/oleObject1.xls": b"x"}, "embedded objects"),
    "connections": ({"xl/connections.xml": b"<a/>"}, "connections to outside data"),
    "outside template": (
        {"xl/_rels/x.xml.rels": relation("attachedTemplate", "https://example.org/a").encode()},
        "links to files outside",
    ),
    "two parts of one name": (None, "two parts of one name"),
    "path outside": ({"../evil.xml": b"<a/>"}, "path outside"),
    "OpenDocument": ({"mimetype": b"x", "content.xml": b"<a/>"}, "OpenDocument"),
    "broken XML": ({"xl/styles.xml": b"<a><b></a>"}, "not valid XML"),
    "cut off": (b"PK\x03\x04abc", "damaged"),
    "text": (b"class,date\n", "not an .xlsx workbook"),
    "password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password"),
    "another zip": (pack({"notes.txt": b"x"}), "a zip file but not an .xlsx workbook"),
    "impossible cell": ({"xl/worksheets/sheet1.xml": sheet('<row r="1"><c r="A2"/></row>')}, "impossible"),
    "no sheet": ({"xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}"/>'.encode()}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_plain_workbook_is_refused(name: str, tmp_path: Path) -> None:
    parts, word = FOREIGN[name]
    path = tmp_path / "book.xlsx"
    path.write_bytes(parts if isinstance(parts, bytes) else pack(minimal() | (parts or {})))
    if parts is None:
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("xl/workbook.xml", "<a/>")
    assert word in refused(path)


@pytest.mark.parametrize("suffix", [".xlsm", ".xls", ".ods", ".xlsb"])
def test_another_kind_of_spreadsheet_is_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"book{suffix}"
    path.write_bytes(b"anything")
    assert f"book{suffix}: is not an .xlsx workbook. Save it as .xlsx" in refused(path)


def test_a_missing_workbook_is_named(tmp_path: Path) -> None:
    assert "none.xlsx: cannot be read" in refused(tmp_path / "none.xlsx")


def test_hyperlinks_and_empty_styled_rows_are_no_reason_to_refuse() -> None:
    rows = '<row r="2"><c r="B2"><v>1</v></c></row><row r="1048576"><c r="A1048576" s="0"/></row>'
    links = relation("hyperlink", "https://example.org").encode()
    found = inspect(pack(minimal(rows) | {"xl/worksheets/_rels/sheet1.xml.rels": links}))
    extent = found.extents["xl/worksheets/sheet1.xml"]
    assert (extent.last_row, extent.last_column, extent.cells) == (2, 2, 2)


def test_a_sheet_in_an_unusual_part_is_refused(tmp_path: Path) -> None:
    parts = minimal()
    parts["xl/odd.xml"] = parts.pop("xl/worksheets/sheet1.xml")
    rels = parts["xl/_rels/workbook.xml.rels"].replace(b"worksheets/sheet1.xml", b"odd.xml")
    path = tmp_path / "book.xlsx"
    path.write_bytes(pack(parts | {"xl/_rels/workbook.xml.rels": rels}))
    assert "unusual part" in refused(path)


def test_prefixes_do_not_hide_cells() -> None:
    cell = '<x:row r="60000"><x:c r="A60000"><x:v>1</x:v></x:c></x:row>'
    body = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{cell}</x:sheetData></x:worksheet>'
    part = f"{HEAD}{body}".encode()
    with pytest.raises(RefusedError, match="row 60,000"):
        inspect(pack(minimal() | {"xl/worksheets/sheet1.xml": part}))
