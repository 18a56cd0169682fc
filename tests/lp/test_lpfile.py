"""The readable .lp text: stable, complete for a family, and read by HiGHS as the same program."""

from __future__ import annotations

import highspy
import numpy as np
import pandas as pd
import pytest

from dcplan.lp.labels import ProgramError
from dcplan.lp.lpfile import write_lp
from dcplan.lp.program import Program


@pytest.fixture(name="program")
def _program():
    p = Program("fleet")
    p.dimension("hall", ["Shiroi-1", "Shiroi 1", "Tokyo"])
    halls = pd.DataFrame({"hall": ["Shiroi-1", "Tokyo"]})
    x = p.variable("racks", halls, upper=12.5, integer=True, unit="racks")
    with p.family("start"):
        y = p.variable("open", halls, upper=1, integer=True)
        p.variable("net", lower=-np.inf)
        p.variable("fixed", lower=2, upper=2)
        p.variable("least", lower=-3)
        p.limit("places", x - y * (10 / 3) <= 0, over=halls, unit="racks", doc="No racks in a closed hall.")
        p.minimize(opening=y * 4, sunk=1.5)
    with p.family("demand"):
        p.limit("demand", x.sum() >= 0.1)
        p.limit("balance", p["net"] == x.sum())
    p.minimize(rent=x * -1)
    return p


EXPECTED = r"""\ fleet: start
\ cost opening
\ cost sunk
minimize
 cost: + 4 open(Shiroi_1) + 4 open(Tokyo) + 1.5
subject to
\ places [racks]: No racks in a closed hall.
 places(Shiroi_1): + racks(Shiroi_1) - 3.33333333333 open(Shiroi_1) <= 0
 places(Tokyo): + racks(Tokyo) - 3.33333333333 open(Tokyo) <= 0
bounds
 0 <= racks(Shiroi_1) <= 12.5
 0 <= racks(Tokyo) <= 12.5
 0 <= open(Shiroi_1) <= 1
 0 <= open(Tokyo) <= 1
 net free
 fixed = 2
 least >= -3
binaries
 open(Shiroi_1)
 open(Tokyo)
generals
 racks(Shiroi_1)
 racks(Tokyo)
end
"""


def test_a_family_with_its_rows_costs_and_variables(program):
    assert write_lp(program, "start") == EXPECTED


def test_a_family_shows_nothing_of_others(program):
    text = write_lp(program, "demand")
    assert "open" not in text
    assert "cost:" in text
    assert "rent" not in text


def test_an_unknown_family_is_refused(program):
    with pytest.raises(ProgramError, match="no family 'move': there are demand, start"):
        write_lp(program, "move")
    with pytest.raises(ProgramError, match="there are none"):
        write_lp(Program("empty"), "move")


def test_names_that_would_meet_keep_apart():
    p = Program("p")
    p.dimension("hall", ["A-1", "A 1"])
    p.variable("x", pd.DataFrame({"hall": ["A-1", "A 1"]}))
    p.minimize(all=p["x"])
    assert "+ x(A_1)#0 + x(A_1)#1" in write_lp(p)


def test_highs_reads_the_same_program(program, tmp_path):
    program.dimension("many", range(40))
    many = program.variable("many", pd.DataFrame({"many": range(40)}), lower=-1, upper=1)
    program.limit("long", many.sum() * 0.5 >= -3)
    program.minimize(wide=many)
    path = tmp_path / "fleet.lp"
    text = write_lp(program)
    assert max(len(line) for line in text.splitlines()) <= 110
    path.write_text(text)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    from dcplan.solvers.highs import solve
    from dcplan.solvers.options import SolveOptions

    answer = solve(program.matrix(), SolveOptions(gap=0.0))
    assert highs.getInfo().objective_function_value == pytest.approx(answer.objective)
    assert highs.getNumRow() == program.matrix().rows
