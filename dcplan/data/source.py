"""What a case is read from: a folder of files here, a workbook in `workbook`; `load` knows only this form."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from dcplan.data.cells import did_you_mean
from dcplan.data.places import CASE_FILE, WEATHER, Places
from dcplan.data.reader import RawTable, decode, read_bytes, read_csv
from dcplan.data.schema import Table
from dcplan.data.tables import TABLES
from dcplan.data.weather_file import Hourly, Irradiance, read_weather
from dcplan.errors import Problem

LARGEST_CASE_FILE: Final = 2**18


class Source(Protocol):
    """Where the parts of a case come from. `noun` is what a table lies in; `hashes` and `encodings` grow."""

    noun: str
    folder: Path
    hashes: dict[str, str]
    encodings: dict[str, str]
    places: Places | None
    notes: list[Problem]

    def document(self) -> tuple[Mapping[str, object] | None, list[Problem]]:
        """Return what case.toml says by key, or None, and its problems."""

    def table(self, table: Table) -> RawTable | None:
        """Return the text cells of a table, or None when there is none."""

    def weather_files(self) -> list[str]:
        """Return the names of the weather files."""

    def weather(self, name: str) -> tuple[Hourly | None, list[Problem]]:
        """Return the hourly temperatures [degC] of a weather file and its problems."""

    def irradiance(self) -> tuple[dict[str, Irradiance], list[Problem]]:
        """Return the irradiance that is kept outside of weather files, by file, and its problems."""

    def strangers(self) -> list[Problem]:
        """Report what no table is read from: a misspelt optional table must not be lost."""


class FolderSource:
    """A case folder: case.toml, one CSV a table, weather/*.csv."""

    noun = "file"

    def __init__(self, folder: Path) -> None:
        """Remember the folder; nothing is read yet."""
        self.folder = folder
        self.hashes: dict[str, str] = {}
        self.encodings: dict[str, str] = {}
        self.places: Places | None = None
        self.notes: list[Problem] = []

    def document(self) -> tuple[Mapping[str, object] | None, list[Problem]]:
        """Return case.toml by key, or None, and its problems."""
        content, problems = read_bytes(self.folder / CASE_FILE, CASE_FILE)
        self.hashes[CASE_FILE] = hashlib.sha256(content).hexdigest()
        text, _, more = decode(content, CASE_FILE)
        if problems or more:
            return None, problems + more
        if len(text) > LARGEST_CASE_FILE:
            rule = f"has {len(text):,} characters, more than {LARGEST_CASE_FILE:,}"
            remedy = "Keep the keys of a case and nothing else."
            return None, [Problem(CASE_FILE, None, None, None, rule, remedy)]
        try:
            return tomllib.loads(text.replace("\r\n", "\n")), []
        except (ValueError, RecursionError) as error:
            what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            rule = f"is not valid TOML ({what})"
            return None, [Problem(CASE_FILE, None, None, None, rule, "Texts stand in quotes.")]

    def table(self, table: Table) -> RawTable | None:
        """Return the text cells of a CSV file, or None when it is absent."""
        path = self.folder / table.file
        if not path.exists():
            return None
        raw = read_csv(path)
        self.hashes[table.file] = raw.sha256
        self.encodings[table.file] = raw.encoding
        return raw

    def weather_files(self) -> list[str]:
        """Return the names of the CSV files in weather/."""
        return sorted(path.name for path in (self.folder / WEATHER).glob("*.csv") if path.is_file())

    def weather(self, name: str) -> tuple[Hourly | None, list[Problem]]:
        """Return the hourly temperatures [degC] of a file and its problems."""
        path, file = self.folder / WEATHER / name, f"{WEATHER}/{name}"
        hourly, problems, self.encodings[file] = read_weather(path, file)
        content, _ = read_bytes(path, file)
        self.hashes[file] = hashlib.sha256(content).hexdigest()
        return hourly, problems

    def irradiance(self) -> tuple[dict[str, Irradiance], list[Problem]]:
        """Return nothing: the weather files of a folder hold it."""
        return {}, []

    def strangers(self) -> list[Problem]:
        """Report CSV files that no table is read from."""
        known = [table.file for table in TABLES.values()]
        problems = []
        for path in sorted(self.folder.glob("*.csv")):
            if path.name not in known:
                absent_files = [file for file in known if not (self.folder / file).exists()]
                remedy = did_you_mean(path.name, absent_files) or "Move it out of the folder."
                problems.append(Problem(path.name, None, None, None, "is not a table of a case", remedy))
        return problems
