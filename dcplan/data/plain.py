"""Has a case as plain files: what is solved, saved beside the plan, audited and read again is one text.

A case may be a workbook, or a folder with cp932 text, full-width digits, thousands separators or dates like
2026/4/1. The audit reads the saved inputs by itself and takes plain files only, so such files are written
again in plain notation before a solve. Files that are plain already are copied byte by byte.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from dcplan.data.case import Case
from dcplan.data.irradiance import irradiance_of
from dcplan.data.load import load
from dcplan.data.places import CASE_FILE, WEATHER
from dcplan.data.provenance import sha256
from dcplan.data.reader import RawTable, read_csv
from dcplan.data.schema import Column, Table
from dcplan.data.tables import TABLES
from dcplan.data.weather_file import is_plain as is_plain_weather
from dcplan.data.workbook_layout import is_workbook
from dcplan.data.write import hours_text, table_text, toml, write_case

NOTICES: Final = "NOTICES.md"
_NOTICE_KINDS: Final = {".md", ".MIT"}
_PLAIN: Final = {
    "int": re.compile(r"|[+-]?\d+", re.ASCII),
    "float": re.compile(r"|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII),
    "date": re.compile(r"|\d{4}-\d\d-\d\d", re.ASCII),
    "bool": re.compile(r"|true|false"),
}


def plain_folder(given: Path, room: Path) -> Path:
    """Return a case as a folder: the folder itself, or a workbook's tables written into `room`.

    Raises:
        InputError: the workbook is refused.
    """
    return plain_case(load(given), room).folder if is_workbook(given) else given


def plain_case(case: Case, room: Path) -> Case:
    """Return a case whose files are plain: itself if they are, else with a copy in `room`.

    The copy holds the same case (`case_hash` does not change). Its `origin` has the hashes of the files that
    the planner gave; messages still name the planner's rows, or sheets and cells.
    """
    if case.places is not None:
        from dcplan.data.workbook_cells import notices_of

        book = case.folder / case.places.file
        write_case(case, room)
        if notices := notices_of(book.read_bytes()):
            (room / NOTICES).write_text(notices, encoding="utf-8", newline="\n")
    else:
        texts = _rewritten(case)
        if not texts:
            return case
        _copy(case, room)
        for name, text in texts.items():
            (room / name).write_text(text, encoding="utf-8", newline="\n")
    hashes = {
        path.relative_to(room).as_posix(): sha256(path)
        for path in sorted(room.rglob("*"))
        if path.suffix in {".csv", ".toml"}
    }
    return replace(case, folder=room, hashes=hashes, encodings={}, origin=dict(case.hashes))


def _rewritten(case: Case) -> dict[str, str]:
    """Return the plain text of every file of a folder that is not plain."""
    texts = {}
    if not _is_plain_toml(case):
        texts[CASE_FILE] = toml(asdict(case.info))
    for name, table in TABLES.items():
        if table.file in case.hashes and not is_plain(table, read_csv(case.folder / table.file)):
            texts[table.file] = table_text(table, case[name])
    for station, file in case["stations"][["station", "file"]].itertuples(index=False):
        if not is_plain_weather(case.folder / WEATHER / str(file)):
            texts[f"{WEATHER}/{file}"] = hours_text(
                case.weather[str(station)], irradiance_of(case, str(file))
            )
    return texts


def is_plain(table: Table, raw: RawTable) -> bool:
    """Say whether a table is UTF-8, without blank rows or cells too many, in plain numbers and dates."""
    width = len(raw.header)
    if raw.left_out or raw.encoding not in {"utf-8", "utf-8-sig"}:
        return False
    if any(len(cells) != width for _, cells in raw.rows):
        return False
    columns = {column.name: column for column in table.all_columns}
    return all(
        _is_plain_column(columns[name], {cells[at] for _, cells in raw.rows})
        for at, name in enumerate(raw.header)
    )


def _is_plain_column(column: Column, cells: set[str]) -> bool:
    stripped = {cell.strip() for cell in cells}
    if column.kind in _PLAIN:
        return all(map(_PLAIN[column.kind].fullmatch, stripped))
    return "NA" not in stripped


def _is_plain_toml(case: Case) -> bool:
    content = (case.folder / CASE_FILE).read_bytes()
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except ValueError:
        return False
    held = asdict(case.info)
    return all(type(value) is type(held[key]) and value == held[key] for key, value in document.items())


def _copy(case: Case, room: Path) -> None:
    """Copy the files that were read, and the notices beside them."""
    notices = [path for path in case.folder.rglob("*") if path.suffix in _NOTICE_KINDS]
    for name in [*case.hashes, *(path.relative_to(case.folder).as_posix() for path in notices)]:
        (room / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(case.folder / name, room / name)
