"""Reads the text of a CSV file into rows, without guessing.

Encodings are tried in a fixed order, quoting is strict, and rows keep the number that a spreadsheet shows.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dcplan.errors import Problem

LARGEST_FILE: Final = 20 * 2**20
LARGEST_ROWS: Final = 50_000
LARGEST_COLUMNS: Final = 200
LARGEST_CELLS: Final = 1_000_000
LONGEST_LINE: Final = 1_000_000

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_CP932: Final = ("\x80", "\uf8f0", "\uf8f1", "\uf8f2", "\uf8f3")
"""What Python reads the bytes 80, A0, FD, FE and FF as, which mean nothing in Shift_JIS."""


@dataclass
class RawTable:
    """The cells of one file as text. `rows` pairs each row's spreadsheet number with its cells."""

    file: str
    header: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = "utf-8"
    sha256: str = ""
    left_out: int = 0
    """Rows of blank cells, and blank cells that end the header."""


def read_bytes(path: Path, file: str) -> tuple[bytes, list[Problem]]:
    """Return the content of a file, or the problem that it is unreadable or too large."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            rule = f"is {size / 2**20:.0f} MiB, more than {LARGEST_FILE // 2**20} MiB"
            return b"", [Problem(file, None, None, None, rule, "Remove what is not part of the table.")]
        return path.read_bytes(), []
    except OSError as error:
        rule = f"cannot be read ({error.strerror or error})"
        return b"", [Problem(file, None, None, None, rule, "Check the file and its permissions.")]


def decode(content: bytes, file: str) -> tuple[str, str, list[Problem]]:
    """Return text, encoding and problems: a byte-order mark, then UTF-8, then cp932 (Japanese Excel)."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            candidates: tuple[str, ...] = (encoding,)
            break
    else:
        candidates = ("utf-8", "cp932")
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "cp932" or not any(mark in text for mark in _NO_CP932):
            return text, encoding, []
    rule = "is neither UTF-8 nor Shift_JIS (cp932) text"
    return "", "", [Problem(file, None, None, None, rule, "Save it as 'CSV UTF-8' from the spreadsheet.")]


def read_csv(path: Path, file: str | None = None) -> RawTable:
    """Read a CSV file into text cells; blank rows are dropped, their numbers are not.

    Problems found here (encoding, quoting, size) are in the result; rows after a quoting error are not read.
    """
    file = path.name if file is None else file
    content, problems = read_bytes(path, file)
    raw = RawTable(file, sha256=hashlib.sha256(content).hexdigest(), problems=problems)
    if problems:
        return raw
    text, raw.encoding, problems = decode(content, file)
    raw.problems += problems
    if not problems:
        _split(text, raw)
    return raw


def _split(text: str, raw: RawTable) -> None:
    """Fill header and rows from the text of the file."""
    reader = csv.reader(_lines(text), strict=True)
    number = count = 0
    try:
        for number, cells in enumerate(reader, start=1):
            count += len(cells)
            if number > LARGEST_ROWS or count > LARGEST_CELLS:
                many = f"{LARGEST_CELLS:,} cells" if count > LARGEST_CELLS else f"{LARGEST_ROWS:,} rows"
                raise TooLargeError(f"has more than {many}", None)
            _keep(raw, number, cells)
    except csv.Error as error:
        rule = f"is not valid CSV ({error})"
        remedy = 'Close every quoted text with " and write a quote inside it as "".'
        raw.problems.append(Problem(raw.file, number + 1, None, None, rule, remedy))
    except TooLargeError as error:
        remedy = "Remove what is not part of the table."
        raw.problems.append(Problem(raw.file, error.row, None, None, error.rule, remedy))
    if not raw.header and not raw.problems:
        rule = "has no header row"
        raw.problems.append(Problem(raw.file, None, None, None, rule, "Write the column names in row 1."))


class TooLargeError(ValueError):
    """A file with more than a table can hold: the rule that it breaks and the row."""

    def __init__(self, rule: str, row: int | None) -> None:
        """Keep rule and row."""
        super().__init__(rule, row)
        self.rule = rule
        self.row = row


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends; a line longer than any row can be stops the reading."""
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > LONGEST_LINE:
            raise TooLargeError(f"has a line of more than {LONGEST_LINE:,} characters", number)
        yield line


def _keep(raw: RawTable, number: int, cells: Sequence[str]) -> None:
    """Keep one row of cells: the first row with text is the header."""
    if any("\0" in cell for cell in cells):
        remedy = "Save the file again as 'CSV UTF-8' from the spreadsheet."
        raw.problems.append(Problem(raw.file, number, None, None, "holds NUL characters", remedy))
        return
    if not any(cell.strip() for cell in cells):
        raw.left_out += bool(cells)
        return
    if raw.header:
        raw.rows.append((number, list(cells)))
        return
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    raw.left_out += len(cells) - len(header)
    raw.header = header
    if len(header) > LARGEST_COLUMNS:
        raise TooLargeError(f"has {len(header):,} columns, more than {LARGEST_COLUMNS}", number)
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            rule = f"is separated by {name}"
            raw.problems.append(
                Problem(raw.file, number, None, None, rule, "Save it as comma-separated CSV.")
            )
