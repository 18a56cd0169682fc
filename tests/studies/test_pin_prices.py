"""What a pin costs, against the optimum without it."""

import shutil
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.errors import InfeasibleError
from dcplan.studies.pin_prices import pin_prices
from dcplan.studies.resolve import Limits
from tests.model.toys import best

HERE = Limits(workers=0)
HEAD = "pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason\n"
NO_B = "no-B,in_service,,B,,2024-04-01,,<=,0,tutorial,derived,,,Not yet approved.\n"
STAY = "stay,kept,,,City,2022-04-01,,>=,1,tutorial,derived,,,The landlord is a customer.\n"
LEAVE = "leave,kept,,,City,2024-04-01,,<=,0,tutorial,derived,,,The building is sold.\n"


def pinned(tmp_path: Path, *pins: str) -> Path:
    folder = Path(shutil.copytree(case_folder("toy"), tmp_path / "toy"))
    (folder / "pins.csv").write_text(HEAD + "".join(pins), "utf-8")
    return folder


def test_the_price_of_a_pin_is_what_the_plan_without_it_saves(toy_case: Case, tmp_path: Path) -> None:
    folder = pinned(tmp_path, NO_B)
    (row,) = pin_prices(folder, limits=HERE).to_dict("records")
    price = best(load(folder)).cost - best(toy_case).cost
    assert row["reason"] == "Not yet approved."
    assert row["decision"] == "in_service B <= 0 from 2024-04-01"
    assert row["verdict"] == "resolved"
    assert row["low_mjpy"] - 1e-6 <= price <= row["high_mjpy"] + 1e-6


def test_two_pins_may_cost_something_together_and_nothing_alone(toy_case: Case, tmp_path: Path) -> None:
    """Without B City stays, and with City kept B is not built: either pin alone changes nothing more."""
    folder = pinned(tmp_path, NO_B, STAY)
    table = pin_prices(folder, limits=HERE)
    assert best(load(folder)).cost > best(toy_case).cost + 1.0
    assert list(table["verdict"]) == ["not distinguishable", "not distinguishable"]
    assert (table["low_mjpy"] == 0.0).all()
    assert (table["high_mjpy"] < 1e-3).all()


def test_pins_that_no_plan_keeps_have_no_price(tmp_path: Path) -> None:
    with pytest.raises(InfeasibleError):
        pin_prices(pinned(tmp_path, NO_B, LEAVE), limits=HERE)
