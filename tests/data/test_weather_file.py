from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.weather_file import read_irradiance, read_weather
from dcplan.data.write import write_case

HOURS = 8760


def lines() -> list[str]:
    return ["hour_of_year,temp_c,other", *(f"{h},{10 + h % 24 / 10},x" for h in range(HOURS))]


def write(tmp_path: Path, rows: list[str]) -> Path:
    path = tmp_path / "w.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def replaced(row: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda rows: [*rows[: row - 1], text, *rows[row:]]


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    temperatures, problems, encoding = read_weather(write(tmp_path, lines()), "w.csv")
    assert problems == []
    assert encoding == "utf-8"
    assert temperatures is not None
    np.testing.assert_allclose(temperatures, 10 + np.arange(HOURS) % 24 / 10)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [row.replace(",", '","').join('""') for row in rows],
        replaced(3, "1,１０．１,x"),
        lambda rows: ["\ufeff" + rows[0], *rows[1:]],
        lambda rows: [*rows, "", ",,"],
    ],
)
def test_ugly_files_are_read(change: Callable[[list[str]], list[str]], tmp_path: Path) -> None:
    temperatures, problems, _ = read_weather(write(tmp_path, change(lines())), "w.csv")
    assert problems == []
    assert temperatures is not None
    np.testing.assert_allclose(temperatures, 10 + np.arange(HOURS) % 24 / 10)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda rows: rows[:-1], "w.csv: has 8,759 hours instead of 8,760. A typical year"),
        (lambda rows: [*rows, "8760,1,x"], "w.csv: has 8,761 hours instead of 8,760"),
        (replaced(5, "2,1,x"), "w.csv row 5, hour_of_year = 2: must be 3: the hours count from 0"),
        (replaced(5, "three,1,x"), "w.csv row 5, hour_of_year = three: must be 3"),
        (replaced(5, "3,86,x"), "w.csv row 5, temp_c = 86: must be from -40 to 50 degC. Is it"),
        (replaced(5, "3,nan,x"), "w.csv row 5, temp_c = nan: must be a finite number"),
        (replaced(5, "3,,x"), "w.csv row 5, temp_c = (empty): must be a number"),
        (replaced(5, "3"), "w.csv row 5: has 1 cells where the header has 3"),
        (replaced(1, "hour,temp_c"), "w.csv row 1, hour_of_year: is a missing column"),
        (replaced(1, "hour_of_year,temp_c,temp_c"), "w.csv row 1, temp_c: stands 2 times in the header"),
        (lambda rows: [], "w.csv: has no header row"),
    ],
)  # fmt: skip
def test_faults_are_named(change: Callable[[list[str]], list[str]], message: str, tmp_path: Path) -> None:
    temperatures, problems, _ = read_weather(write(tmp_path, change(lines())), "w.csv")
    assert temperatures is None
    assert any(str(problem).startswith(message) for problem in problems), [str(p) for p in problems]


def test_every_wrong_temperature_is_listed(tmp_path: Path) -> None:
    rows = lines()
    for number in (10, 20, 30):
        rows[number] = f"{number - 1},99,x"
    _, problems, _ = read_weather(write(tmp_path, rows), "w.csv")
    assert [problem.row for problem in problems] == [11, 21, 31]


@pytest.mark.parametrize("content", [b"\x81\xff\xfe\x00", b"x" * (21 * 2**20)])
def test_unreadable_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_bytes(content)
    assert read_weather(path, "w.csv")[0] is None


@pytest.mark.parametrize(
    "name, message",
    [
        ("two_temperature.csv", "is not in weather/. Did you mean two_temperatures.csv?"),
        ("../halls.csv", "must be a plain file name"),
        ("/etc/passwd", "must be a plain file name"),
        (".hidden.csv", "must be a plain file name"),
    ],
)
def test_file_names_of_stations(name: str, message: str, toy_copy: Path) -> None:
    from dcplan.data.load import read_case

    path = toy_copy / "stations.csv"
    text = path.read_text(encoding="utf-8").replace(",two_temperatures.csv,", f",{name},")
    path.write_text(text, encoding="utf-8")
    assert any(message in str(problem) for problem in read_case(toy_copy)[1])


def test_a_written_case_keeps_temperatures_and_irradiance(iij_case: Case, tmp_path: Path) -> None:
    write_case(iij_case, tmp_path / "again")
    again = load(tmp_path / "again")
    assert again.fingerprint == iij_case.fingerprint
    for file in iij_case["stations"]["file"].unique():
        old, new = (read_irradiance(folder / "weather" / file) for folder in (iij_case.folder, again.folder))
        assert (old is None) == (new is None)
        if old is not None:
            np.testing.assert_array_equal(old, new)
