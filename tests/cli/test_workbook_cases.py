"""Every command that takes a case takes a workbook too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.data.case_hash import case_hash
from dcplan.data.knowledge import FORESIGHT, as_known
from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.shipped import case_folder, case_path
from dcplan.errors import InputError

pytestmark = pytest.mark.usefixtures("figures_formed_once", "models_built_once")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial case as a workbook."""
    folder = tmp_path_factory.mktemp("book") / "my"
    done = CliRunner().invoke(cli, ["init", str(folder), "--case", "toy", "--excel"])
    assert done.exit_code == 0, done.output
    return folder / "toy.xlsx"


def run(*words: object) -> dict[str, object]:
    done = CliRunner().invoke(cli, [*map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_an_order_enquiry_of_a_workbook(book: Path, toy_plan_folder: Path) -> None:
    """The same answer as of the plan of the folder that the workbook was made from, and nothing is left."""
    order = ("--class", "cloud", "--racks", 5, "--from", "2023-10", "--quiet")
    found = run("place", book, *order)
    assert found["fits"] is True
    assert found["cost_mjpy"] == run("place", toy_plan_folder, *order)["cost_mjpy"]
    assert not list(book.parent.glob("*/"))


def test_a_workbook_as_it_was_known(book: Path) -> None:
    with as_known(book, FORESIGHT, None) as folder:
        assert load(folder).info.edition == FORESIGHT
        assert "Only what was public by 2022-03-31" in load(folder).info.notice
    with as_known(book, None, None) as same:
        assert same == book


def test_pins_and_dates_of_a_workbook(book: Path) -> None:
    assert run("pins", book)["pins"] == []


def test_a_case_is_a_folder_a_workbook_or_a_name(book: Path, tmp_path: Path) -> None:
    assert case_path(book) == book
    assert case_path(book.parent) == book.parent
    assert case_path("toy") == case_folder("toy")
    with pytest.raises(InputError, match="not a shipped case"):
        case_path("nothing")
    assert plain_folder(book.parent, tmp_path / "room") == book.parent
    written = plain_folder(book, tmp_path / "room")
    assert case_hash(load(written)) == case_hash(load(book))
