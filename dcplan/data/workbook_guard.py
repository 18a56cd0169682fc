"""Looks into a workbook before a library parses it, and refuses what is too large or not plain data.

Everything is bounded beforehand: the size of the file, of its directory and of what it unpacks to, then, in
one streaming pass of every XML part, elements, depth, cells, and the last row and column that hold a value.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

from dcplan.data.reader import LARGEST_COLUMNS, LARGEST_FILE, LARGEST_ROWS

LARGEST_INFLATED: Final = 200 * 2**20
LARGEST_RATIO: Final = 100
LARGEST_STRINGS: Final = 40 * 2**20
LARGEST_PARTS: Final = 2_000
LARGEST_CELLS: Final = 400_000
LARGEST_AREA: Final = 2_000_000
LARGEST_ELEMENTS: Final = 1_500_000
DEEPEST: Final = 64

_CHUNK: Final = 2**16
_END_RECORD: Final = b"PK\x05\x06"
_ZIP64_LOCATOR: Final = b"PK\x06\x07"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_LISTED: Final = 20

_FOREIGN: Final = (
    (re.compile(r"vbaProject|macrosheets/|^(?!xl/printerSettings/).*\.bin$"), "holds macros or binary parts"),
    (re.compile(r"^xl/externalLinks/"), "holds links to other workbooks"),
    (re.compile(r"^xl/(embeddings|activeX|ctrlProps)/"), "holds embedded objects or controls"),
    (re.compile(r"^xl/(connections\.xml|queryTables/)"), "holds connections to outside data"),
)
_REMEDY: Final = "Copy the tables as values into a workbook that `dcplan init --excel` made."
_SAVE_AGAIN: Final = "Open it in Excel or LibreOffice and save it again as .xlsx."


class RefusedError(ValueError):
    """A workbook that is not parsed: the rule that it breaks and the remedy."""

    def __init__(self, rule: str, remedy: str = _SAVE_AGAIN) -> None:
        """Keep rule and remedy."""
        super().__init__(rule, remedy)
        self.rule = rule
        self.remedy = remedy


@dataclass
class Extent:
    """What one sheet holds: the last row and column with a value, and what a reader should know of.

    `uncalculated` are cells whose formula has no saved value, `merged` the merged ranges, `hidden` the hidden
    rows that hold values.
    """

    last_row: int = 0
    last_column: int = 0
    cells: int = 0
    formulas: int = 0
    uncalculated: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    hidden_columns: bool = False


@dataclass
class Inspection:
    """The parts of a workbook that was found harmless; `extents` by part name (xl/worksheets/...)."""

    extents: dict[str, Extent] = field(default_factory=dict)
    recalculates: bool = False
    """True when the writer asks for a recalculation on opening: its saved formula values are not final."""


def inspect(content: bytes) -> Inspection:
    """Return the extent of every sheet of a workbook, given as the bytes of its file.

    Raises:
        RefusedError: it is no workbook, is too large in some measure, or holds more than plain tables.
    """
    _check_envelope(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            return _scan(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(f"is a damaged workbook ({error})") from None


def _check_envelope(content: bytes) -> None:
    """Check what can be told without opening the archive."""
    if len(content) > LARGEST_FILE:
        size, most = len(content) / 2**20, LARGEST_FILE // 2**20
        raise RefusedError(f"is {size:.0f} MiB, more than {most} MiB", "Remove what is not part of the case.")
    if content.startswith(_OLE):
        raise RefusedError(
            "is protected by a password, or an old .xls file", "Save it as .xlsx without a password."
        )
    if not content.startswith(b"PK\x03\x04"):
        raise RefusedError("is not an .xlsx workbook", "Save it as .xlsx from Excel or LibreOffice.")
    at = content.rfind(_END_RECORD, max(0, len(content) - 2**16 - 22))
    if at < 0 or at + 22 > len(content):
        raise RefusedError("is a damaged workbook (its end is missing)")
    count = int.from_bytes(content[at + 10 : at + 12], "little")
    directory = int.from_bytes(content[at + 12 : at + 16], "little")
    if content[max(0, at - 20) : at].startswith(_ZIP64_LOCATOR) or count > LARGEST_PARTS:
        raise RefusedError(f"has more than {LARGEST_PARTS:,} parts", _SAVE_AGAIN)
    if directory > 512 * LARGEST_PARTS:
        raise RefusedError("has an overlong directory of parts", _SAVE_AGAIN)


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Check names, compression and declared sizes of the parts."""
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):
        raise RefusedError("holds two parts of one name", _SAVE_AGAIN)
    for name in names:
        if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts:
            raise RefusedError("holds a part with a path outside the workbook", _SAVE_AGAIN)
    if "mimetype" in names and "content.xml" in names:
        raise RefusedError("is an OpenDocument spreadsheet", "Save it as .xlsx (Excel 2007-365).")
    for pattern, rule in _FOREIGN:
        if any(pattern.search(name) for name in names):
            raise RefusedError(rule, _REMEDY)
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise RefusedError("is a zip file but not an .xlsx workbook", _SAVE_AGAIN)
    for part in parts:
        if part.flag_bits & 0x1:
            raise RefusedError("is encrypted", "Save it without a password.")
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RefusedError("is packed in an unusual way", _SAVE_AGAIN)
        if part.filename == "xl/sharedStrings.xml" and part.file_size > LARGEST_STRINGS:
            size = part.file_size / 2**20
            raise RefusedError(f"holds {size:.0f} MiB of text", "Remove what is not part of the case.")
    inflated = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if inflated > LARGEST_INFLATED:
        rule = f"unpacks to {inflated / 2**20:.0f} MiB, more than {LARGEST_INFLATED // 2**20} MiB"
        raise RefusedError(rule, "Remove what is not part of the case.")
    if inflated > LARGEST_RATIO * packed:
        rule = f"unpacks to {inflated / packed:.0f} times its size, more than {LARGEST_RATIO}"
        raise RefusedError(rule, "Remove what is not part of the case.")


def _scan(archive: zipfile.ZipFile) -> Inspection:
    """Stream every XML part once."""
    found, budget = Inspection(), _Budget()
    for name in archive.namelist():
        if not name.endswith((".xml", ".rels")):
            continue
        scanner: _Scanner
        if name.startswith("xl/worksheets/") and name.endswith(".xml") and "/_rels/" not in name:
            scanner = _SheetScanner(budget)
        else:
            scanner = _Scanner(budget)
        with archive.open(name) as part:
            _feed(scanner, iter(lambda: part.read(_CHUNK), b""), name)
        if isinstance(scanner, _SheetScanner):
            found.extents[name] = scanner.extent
        found.recalculates |= scanner.recalculates
    return found


def _feed(scanner: _Scanner, chunks: Iterator[bytes], name: str) -> None:
    try:
        for chunk in chunks:
            scanner.parser.Parse(chunk, False)
        scanner.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RefusedError(f"holds {name}, which is not valid XML ({error})") from None


@dataclass
class _Budget:
    """What all parts together may still hold."""

    elements: int = LARGEST_ELEMENTS
    cells: int = LARGEST_CELLS
    area: int = LARGEST_AREA


class _Scanner:
    """Counts the elements of a part and refuses document types, outside links and depth."""

    def __init__(self, budget: _Budget) -> None:
        self.budget = budget
        self.depth = 0
        self.recalculates = False
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.looks: dict[str, Callable[[dict[str, str]], None]] = {
            "Relationship": self._relationship,
            "calcPr": self._calculation,
            "Override": self._content_type,
        }
        self.closes: dict[str, Callable[[], None]] = {}

    def _doctype(self, *_: object) -> None:
        raise RefusedError("holds a document type declaration (DOCTYPE)", _SAVE_AGAIN)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.budget.elements -= 1
        if self.budget.elements < 0 or self.depth > DEEPEST:
            many = f"more than {LARGEST_ELEMENTS:,} XML elements"
            what = many if self.budget.elements < 0 else f"XML nested deeper than {DEEPEST}"
            raise RefusedError(f"holds {what}", "Remove what is not part of the case.")
        look = self.looks.get(name.rpartition(":")[2] if ":" in name else name)
        if look is not None:
            look(attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        close = self.closes.get(name.rpartition(":")[2] if ":" in name else name)
        if close is not None:
            close()

    def _relationship(self, attributes: dict[str, str]) -> None:
        outside = attributes.get("TargetMode") == "External"
        if outside and not attributes.get("Type", "").endswith("/hyperlink"):
            raise RefusedError("holds links to files outside the workbook", _REMEDY)

    def _calculation(self, attributes: dict[str, str]) -> None:
        if attributes.get("fullCalcOnLoad") in {"1", "true"}:
            self.recalculates = True

    def _content_type(self, attributes: dict[str, str]) -> None:
        if "macroEnabled" in attributes.get("ContentType", ""):
            raise RefusedError("holds macros or binary parts", _REMEDY)


class _SheetScanner(_Scanner):
    """Finds the extent of one sheet."""

    def __init__(self, budget: _Budget) -> None:
        super().__init__(budget)
        self.extent = Extent()
        self.row = self.column = 0
        self.row_hidden = self.has_formula = self.has_value = False
        self.kind = self.place = ""
        self.columns: dict[str, int] = {}
        self.looks = {
            "c": self._cell,
            "v": self._value,
            "is": self._value,
            "f": self._formula,
            "row": self._row,
            "mergeCell": self._merged,
            "col": self._column,
        }
        self.closes = {"v": self._value_ends, "c": self._cell_ends}

    def _formula(self, _: dict[str, str]) -> None:
        self.extent.formulas += self.kind != "b"  # some programs write each flag as =TRUE()
        self.has_formula, self.has_value = True, self.kind == "str"
        self.parser.CharacterDataHandler = None

    def _row(self, attributes: dict[str, str]) -> None:
        number = _whole(attributes.get("r"), self.row + 1)
        if number <= self.row:
            raise RefusedError(f"has its rows out of order (row {number} after row {self.row})")
        self.row, self.column = number, 0
        self.row_hidden = attributes.get("hidden") in {"1", "true"}

    def _merged(self, attributes: dict[str, str]) -> None:
        if len(self.extent.merged) < _LISTED:
            self.extent.merged.append(attributes.get("ref", "?"))

    def _column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in {"1", "true"}:
            self.extent.hidden_columns = True

    def _value_ends(self) -> None:
        self.parser.CharacterDataHandler = None

    def _cell_ends(self) -> None:
        """Judge a formula when its cell ends."""
        if self.has_formula:
            if not self.has_value and len(self.extent.uncalculated) < _LISTED:
                self.extent.uncalculated.append(self.place)
            self.has_formula = False

    def _cell(self, attributes: dict[str, str]) -> None:
        self.extent.cells += 1
        self.budget.cells -= 1
        if self.budget.cells < 0:
            rule = f"has more than {LARGEST_CELLS:,} cells"
            raise RefusedError(rule, "Remove sheets and formats that are not part of the case.")
        self.kind, self.has_formula, self.has_value = attributes.get("t", "n"), False, False
        place = attributes.get("r")
        if place is None:
            self.column += 1
            self.place = f"{column_name(self.column)}{self.row}"
            return
        found = _REFERENCE.fullmatch(place)
        if found is None or int(found[2]) != self.row:
            raise RefusedError(f"has a cell at an impossible place ({place[:20]})")
        self.place = place
        letters = found[1]
        if letters not in self.columns:
            self.columns[letters] = _column_number(letters)
        if self.columns[letters] <= self.column:
            raise RefusedError(f"has the cells of row {self.row} out of order")
        self.column = self.columns[letters]

    def _value(self, _: dict[str, str]) -> None:
        extent = self.extent
        if self.has_formula and not self.has_value:
            self.parser.CharacterDataHandler = self._text
        if self.row > extent.last_row or self.column > extent.last_column:
            self.budget.area += extent.last_row * extent.last_column
            extent.last_row = max(extent.last_row, self.row)
            extent.last_column = max(extent.last_column, self.column)
            self.budget.area -= extent.last_row * extent.last_column
            self._check_extent()
        if self.row_hidden and (not extent.hidden or extent.hidden[-1] != self.row):
            extent.hidden.append(self.row)

    def _text(self, _: str) -> None:
        self.has_value = True

    def _check_extent(self) -> None:
        extent, remedy = self.extent, "Delete rows and columns that are not part of the table."
        if extent.last_row > LARGEST_ROWS:
            raise RefusedError(f"has a value in row {extent.last_row:,}, below row {LARGEST_ROWS:,}", remedy)
        if extent.last_column > LARGEST_COLUMNS:
            rule = f"has a value in column {extent.last_column:,}, beyond {LARGEST_COLUMNS}"
            raise RefusedError(rule, remedy)
        if self.budget.area < 0:
            raise RefusedError(f"has sheets that span more than {LARGEST_AREA:,} cells", remedy)


def column_name(number: int) -> str:
    """Return the letters of a column (1-based): 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise RefusedError(f"has a row with an impossible number ({text[:20]})")
    return int(text)
