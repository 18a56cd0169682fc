"""Variables, rows, costs and bounds: what is stated is what the matrix holds, or an error names the place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dcplan.lp.labels import InfeasibleRowError, LabelError, ProgramError
from dcplan.lp.program import Program

INF = np.inf
HALLS = pd.DataFrame({"hall": ["A", "B"]})
PERIODS = pd.DataFrame({"period": ["t1", "t2", "t3"]})


def dense(matrix):
    full = np.zeros((matrix.rows, matrix.columns))
    full[matrix.indices, matrix.column_of] = matrix.data
    return full


# -- dimensions and variables ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels,message",
    [(["A", "B", "A"], "repeated labels A"), (["A", None], "a label is missing"), ([1.0, np.nan], "missing")],
)
def test_dimension_refuses_bad_labels(labels, message):
    with pytest.raises(LabelError, match=message):
        Program("p").dimension("hall", labels)


def test_a_dimension_is_declared_once(p):
    with pytest.raises(LabelError, match="dimension hall is declared already"):
        p.dimension("hall", ["A", "B", "C"])


def test_variable_bounds_follow_labels(p, series):
    frame = pd.DataFrame({"hall": ["B", "A", "B"], "class": ["web", "web", "hpc"]})
    p.variable(
        "y", frame, lower=-1, upper=series(["hall"], {"A": 5, "B": 7, "C": 9}), integer=True, unit="racks"
    )
    matrix = p.matrix()
    assert matrix.col_lower[6:].tolist() == [-1, -1, -1]
    assert matrix.col_upper.tolist() == [INF] * 6 + [7, 5, 7]
    assert matrix.integrality.tolist() == [False] * 6 + [True] * 3
    assert [matrix.col_name(column) for column in (5, 6, 8)] == ["x[B,t3]", "y[B,web]", "y[B,hpc]"]
    block = p.blocks.variables["y"]
    assert (block.start, block.stop, block.dims, block.unit, len(block)) == (
        6,
        9,
        ("hall", "class"),
        "racks",
        3,
    )
    assert p.has("y")
    assert not p.has("z")


def test_variable_refusals_leave_no_trace(p, series):
    with pytest.raises(ProgramError, match="variable x exists already"):
        p.variable("x", HALLS)
    with pytest.raises(LabelError, match="y: repeated labels at hall = A"):
        p.variable("y", pd.DataFrame({"hall": ["A", "A"]}))
    with pytest.raises(LabelError, match="y: no such hall: Z"):
        p.variable("y", pd.DataFrame({"hall": ["Z"]}))
    with pytest.raises(LabelError, match="repeated column"):
        p.variable("y", pd.DataFrame([["A", "B"]], columns=["hall", "hall"]))
    with pytest.raises(LabelError, match="y, upper: the table has no row for hall = B"):
        p.variable("y", HALLS, upper=series(["hall"], {"A": 1}))
    with pytest.raises(LabelError, match="y, lower: y has no dim class"):
        p.variable("y", HALLS, lower=series(["class"], {"web": 1}))
    with pytest.raises(ProgramError, match="y, upper: not a finite number at hall = B"):
        p.variable("y", HALLS, upper=series(["hall"], {"A": 1, "B": np.nan}))
    with pytest.raises(ProgramError, match="y, lower: not a number"):
        p.variable("y", HALLS, lower=np.nan)
    assert not p.has("y")
    assert p.size == 6
    with pytest.raises(ProgramError, match="no variable 'y': there are x"):
        p["y"]


def test_a_variable_without_dims(p):
    total = p.variable("total", lower=-INF)
    p.limit("sum", total == p["x"].sum())
    matrix = p.matrix()
    assert matrix.col_name(6) == "total"
    assert matrix.row_name(0) == "sum"
    assert dense(matrix).tolist() == [[-1, -1, -1, -1, -1, -1, 1]]
    assert p.table("total", np.arange(7.0))["total"].tolist() == [6.0]


def test_an_empty_variable_is_allowed(p):
    p.variable("none", HALLS.iloc[:0])
    p.variable("y", HALLS)
    p.limit("nothing", p["none"] <= 1, over=HALLS.iloc[:0])
    matrix = p.matrix()
    assert (matrix.columns, matrix.rows) == (8, 0)
    assert matrix.col_name(6) == "y[A]"
    assert p.table("none", np.zeros(8)).columns.tolist() == ["hall", "none"]


# -- rows ------------------------------------------------------------------------------------------


def test_limit_adds_up_terms_and_moves_constants(p, series, halls_periods):
    twice = p["x"] + p["x"] + series(["hall", "period"], {("A", "t1"): 5})
    p.limit("cap", twice <= 9, over=halls_periods, unit="racks", doc="At most.")
    p.limit("least", p["x"].sum("hall") >= series(["period"], {"t3": 3, "t1": 1, "t2": 2}), over=PERIODS)
    p.limit("equal", p["x"].sum("period") - 1 == p["x"].sum("period") * 3, over=HALLS)
    matrix = p.matrix()
    assert dense(matrix)[:6].tolist() == (2 * np.eye(6)).tolist()
    assert matrix.row_upper.tolist() == [4, 9, 9, 9, 9, 9, INF, INF, INF, 1, 1]
    assert matrix.row_lower.tolist() == [-INF] * 6 + [1, 2, 3, 1, 1]
    assert dense(matrix)[9].tolist() == [-2, -2, -2, 0, 0, 0]
    assert [matrix.row_name(row) for row in (1, 6, 10)] == ["cap[A,t2]", "least[t1]", "equal[B]"]
    assert p.blocks.rows["cap"].doc == "At most."


def test_rows_come_in_the_order_of_over(p):
    over = pd.DataFrame({"period": ["t3", "t1"], "hall": ["A", "B"]})
    p.limit("cap", p["x"].where(over) <= 1, over=over)
    matrix = p.matrix()
    assert [matrix.row_name(row) for row in range(2)] == ["cap[t3,A]", "cap[t1,B]"]
    assert matrix.csr().indices.tolist() == [2, 3]


def test_limit_refuses_terms_without_a_row(p):
    with pytest.raises(LabelError, match=r"cap: no row for the terms at period = t3$"):
        p.limit("cap", p["x"].sum("hall") <= 1, over=PERIODS.iloc[:2])


def test_limit_refuses_rows_without_a_variable(p, series):
    over = pd.DataFrame({"hall": ["A", "B", "C"]})
    with pytest.raises(LabelError, match=r"cap: no variable at hall = C; say \.or_zero\(\)"):
        p.limit("cap", p["x"].sum("period") <= 1, over=over)
    constant = p["x"].sum("period") + series(["hall"], {"C": 1})
    with pytest.raises(LabelError, match="no variable at hall = C"):
        p.limit("cap", constant <= 1, over=over)
    with pytest.raises(LabelError, match="no variable at its only row"):
        p.limit("cap", p["x"].where(pd.DataFrame({"hall": ["C"]})).sum() <= 1)


def test_limit_refuses_a_gap_on_the_right(p, series):
    with pytest.raises(LabelError, match="cap: the right side says nothing at hall = B"):
        p.limit("cap", p["x"].sum("period") <= series(["hall"], {"A": 1}), over=HALLS)


def test_or_zero_lets_labels_go_and_drops_what_holds(p, series):
    over = pd.DataFrame({"hall": ["A", "C", "B"]})
    p.limit("cap", p["x"].sum("period").or_zero() <= series(["hall"], {"A": 1, "B": 2, "C": 3}), over=over)
    matrix = p.matrix()
    assert [matrix.row_name(row) for row in range(matrix.rows)] == ["cap[A]", "cap[B]"]
    assert matrix.row_upper.tolist() == [1, 2]
    p.limit("lacking", p["x"].sum("period").or_zero() <= series(["hall"], {"A": 4}), over=over)
    assert p.matrix().row_upper.tolist() == [1, 2, 4, 0]


@pytest.mark.parametrize("sense,right", [("<=", -1.0), (">=", 1.0), ("==", 2.0), ("==", -2.0)])
def test_a_row_broken_by_data_is_named(p, sense, right):
    expr = p["x"].sum("period").or_zero()
    relation = {"<=": expr <= right, ">=": expr >= right, "==": expr == right}[sense]
    with pytest.raises(InfeasibleRowError, match=r"cap: no variable can keep this promise at hall = C$"):
        p.limit("cap", relation, over=pd.DataFrame({"hall": ["A", "B", "C"]}))


def test_variables_that_cancel_leave_their_constants(p):
    x = p["x"].sum("period")
    p.limit("holds", x - x <= 1, over=HALLS)
    assert p.matrix().rows == 0
    with pytest.raises(InfeasibleRowError, match="at hall = A, B"):
        p.limit("broken", x - x >= 1, over=HALLS)
    with pytest.raises(InfeasibleRowError, match="at its only row"):
        p.limit("broken", x.sum() * 0 == 5)


def test_rounding_does_not_break_a_row_of_constants(p):
    x = p["x"].sum("period") * 0
    p.limit("close", x + 0.1 + 0.2 == 0.3, over=HALLS)
    p.limit("large", x + 1e9 <= 1e9 - 1e-3, over=HALLS)
    assert p.matrix().rows == 0


def test_limit_refusals(p):
    p.limit("cap", p["x"].sum() <= 1)
    with pytest.raises(ProgramError, match="rows cap exist already"):
        p.limit("cap", p["x"].sum() <= 1)
    with pytest.raises(TypeError, match="takes a relation"):
        p.limit("other", p["x"])
    with pytest.raises(LabelError, match=r"the relation is over \(hall, period\), the rows over \(hall\)"):
        p.limit("other", p["x"] <= 1, over=HALLS)
    with pytest.raises(LabelError, match=r"over \(hall, period\), the rows over \(\)"):
        p.limit("other", p["x"] <= 1)
    with np.errstate(over="ignore"), pytest.raises(ProgramError, match="not finite"):
        p.limit("other", p["x"].sum() * 1e200 * 1e200 <= 1)


# -- costs -----------------------------------------------------------------------------------------


def test_costs_keep_their_labels_and_add_up(p, series):
    p.minimize(energy=p["x"].sum("period") * series(["hall"], {"A": 2, "B": 3}), staff=7)
    p.minimize(rent=(p["x"] + 1).sum("hall") * 0.5)
    assert p.cost_names == ("energy", "staff", "rent")
    values = np.arange(6.0)
    assert p.cost("energy").value(values).to_dict() == {"A": 6.0, "B": 36.0}
    assert p.cost("staff").value(values) == 7.0
    assert p.cost("rent").dims == ("period",)
    matrix = p.matrix()
    assert matrix.cost.tolist() == [2.5, 2.5, 2.5, 3.5, 3.5, 3.5]
    assert matrix.offset == 7 + 3
    total = sum(np.sum(p.cost(name).value(values)) for name in p.cost_names)
    assert matrix.objective(values) == pytest.approx(total)


def test_cost_refusals(p, series):
    p.minimize(energy=p["x"])
    with pytest.raises(ProgramError, match="cost energy exists already"):
        p.minimize(energy=1)
    with (
        np.errstate(over="ignore"),
        pytest.raises(ProgramError, match="cost huge: a coefficient is not finite"),
    ):
        p.minimize(huge=p["x"] * 1e200 * 1e200)
    with pytest.raises(ProgramError, match="not a finite number"):
        p.minimize(other=np.nan)
    with pytest.raises(ProgramError, match="no cost 'rent': there are energy"):
        p.cost("rent")


def test_constants_as_expressions(p, series):
    table = p.constant(series(["hall"], {"A": 2, "B": 3}))
    p.minimize(sunk=table)
    assert p.cost("sunk").value(np.zeros(6)).to_dict() == {"A": 2.0, "B": 3.0}
    assert p.constant(4).value(np.zeros(6)) == 4.0
    assert p.matrix().offset == 5.0


# -- bounds ----------------------------------------------------------------------------------------


def test_fix_and_bound_change_only_what_they_name(p, series):
    p.bound("x", upper=9)
    p.bound("x", lower=series(["hall"], {"B": 1}), upper=series(["period", "hall"], {("t2", "A"): 4}))
    p.fix("x", series(["hall", "period"], {("A", "t3"): 2}))
    matrix = p.matrix()
    assert matrix.col_lower.tolist() == [0, 0, 2, 1, 1, 1]
    assert matrix.col_upper.tolist() == [9, 4, 2, 9, 9, 9]
    p.fix("x", 3)
    assert p.matrix().col_lower.tolist() == [3] * 6


def test_a_copy_is_fixed_and_charged_without_the_original(p):
    before = p.matrix()
    copy = p.copy()
    copy.fix("x", 3.0)
    copy.minimize(more=copy["x"].sum())
    assert (copy.matrix().col_lower != before.col_lower).any()
    assert (p.matrix().col_lower == before.col_lower).all()
    assert (p.matrix().cost == before.cost).all()
    assert copy.variables_of is p.variables_of


def test_integer_everywhere_or_somewhere(p):
    p.integer("x", True)
    p.integer("x", False, pd.DataFrame({"period": ["t3"]}))
    assert p.matrix().integrality.tolist() == [True, True, False] * 2


def test_bounds_must_find_their_entries(p, series):
    with pytest.raises(LabelError, match="x, fix: x has no hall = C"):
        p.fix("x", series(["hall"], {"C": 1}))
    with pytest.raises(LabelError, match="x, upper: x has no dim class"):
        p.bound("x", upper=series(["class"], {"web": 1}))
    with pytest.raises(LabelError, match="x has no hall = C"):
        p.integer("x", True, pd.DataFrame({"hall": ["C"]}))
    with pytest.raises(ProgramError, match="no variable 'y'"):
        p.bound("y", lower=1)


# -- the matrix ------------------------------------------------------------------------------------


def test_crossed_and_impossible_bounds_are_named(p, series):
    p.bound("x", upper=series(["hall", "period"], {("B", "t2"): -1}))
    with pytest.raises(
        ProgramError, match=r"upper bound below the lower bound of column refused at x\[B,t2\]"
    ):
        p.matrix()
    p.bound("x", upper=INF, lower=series(["hall", "period"], {("A", "t1"): INF}))
    with pytest.raises(ProgramError, match=r"lower bound of column refused at x\[A,t1\] \(inf\); 1 in all"):
        p.matrix()


@pytest.mark.parametrize(
    "field,message",
    [
        ("cost", r"small: cost refused at x\[A,t2\] \(nan\)"),
        ("data", r"coefficient refused at cap\[A,t2\] on x\[A,t2\]"),
        ("col_upper", r"upper bound of column refused at x\[A,t2\]"),
        ("row_lower", r"lower bound of row refused at cap\[A,t2\]"),
        ("offset", "constant part of the cost is nan"),
    ],
)
def test_the_matrix_refuses_nan_by_name(p, halls_periods, field, message):
    p.limit("cap", p["x"] <= 1, over=halls_periods)
    matrix = p.matrix()
    changed = np.nan if field == "offset" else getattr(matrix, field).copy()
    if field != "offset":
        changed[1] = np.nan
    with pytest.raises(ProgramError, match=message):
        replace(matrix, **{field: changed})


def test_columns_and_rows_agree(p, series, halls_periods):
    p.limit("flow", p["x"] * 2 - p["x"].shift("period", opening=1) <= 4, over=halls_periods)
    p.limit("sum", p["x"].sum() >= 2)
    matrix = p.matrix()
    indptr, indices, data = matrix.csr()
    by_rows = np.zeros((matrix.rows, matrix.columns))
    for row in range(matrix.rows):
        by_rows[row, indices[indptr[row] : indptr[row + 1]]] = data[indptr[row] : indptr[row + 1]]
    assert by_rows.tolist() == dense(matrix).tolist()
    values = np.arange(6.0)
    np.testing.assert_allclose(matrix.activity(values), dense(matrix) @ values)
    assert matrix.coefficient_range() == (1.0, 2.0)
    assert np.isnan(Program("empty").matrix().coefficient_range()).all()


def test_residuals_and_check_find_what_is_broken(p, halls_periods):
    p.integer("x", True, pd.DataFrame({"hall": ["A"]}))
    p.bound("x", upper=10)
    p.limit("cap", p["x"] * 1e6 <= 5e6, over=halls_periods)
    p.limit("sum", p["x"].sum() >= 6)
    matrix = p.matrix()
    good = np.array([1.0, 1, 1, 1, 1, 1])
    assert matrix.check(good) == []
    assert matrix.residuals(good).tolist() == [0.0] * 7
    bad = np.array([-0.1, 1.5, 11.0, 1, 5.1, 1])
    assert matrix.residuals(bad)[2] == 6e6
    found = matrix.check(bad)
    assert [text.split(" by ")[0] for text in found] == [
        "x[A,t1] breaks its lower bound",
        "x[A,t3] breaks its upper bound",
        "x[A,t2] is not a whole number",
        "x[A,t1] is not a whole number",
        "cap[A,t3] is broken",
        "cap[B,t2] is broken",
    ]
    assert matrix.check(good * np.nan)[0] == "x[A,t1] = nan is not finite"
    assert matrix.check(np.zeros(5)) == ["(5,) values for 6 columns"]
    assert matrix.check(good * (1 + 1e-8)) == []


def test_check_measures_rows_by_their_largest_term():
    """A site that is closed serves nothing, however large the big number in its row."""
    p = Program("trickle")
    open_, served = p.variable("open", upper=1, integer=True), p.variable("served")
    p.limit("link", served - open_ * 1e7 <= 0)
    matrix = p.matrix()
    assert matrix.check(np.array([0.0, 10.0])) != []
    assert matrix.check(np.array([0.0, 1e-3])) != []
    assert matrix.check(np.array([1.0, 1e7 + 1.0])) == []


# -- tables, families, hints -----------------------------------------------------------------------


def test_table_reads_back_by_position(p, halls_periods):
    table = p.table("x", np.arange(6.0))
    assert table.columns.tolist() == ["hall", "period", "x"]
    pd.testing.assert_frame_equal(table[["hall", "period"]], halls_periods, check_dtype=False)
    assert table["x"].tolist() == list(range(6))
    assert p.blocks.variables["x"].names()[5] == p.blocks.variables["x"][5] == "x[B,t3]"


def test_families_tag_what_is_stated_inside(p):
    with p.family("places"):
        p.variable("y", HALLS)
        p.limit("cap", p["y"] <= 1, over=HALLS)
        with p.family("inner"):
            p.minimize(rent=p["y"])
        p.minimize(staff=1)
    p.limit("free", p["y"] >= 0, over=HALLS)
    blocks = p.blocks
    assert [block.family for block in blocks.variables.values()] == ["", "places"]
    assert [block.family for block in blocks.rows.values()] == ["places", ""]
    assert (p.cost_family("rent"), p.cost_family("staff")) == ("inner", "places")

    def fails():
        with p.family("broken"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    p.limit("after", p["y"] >= 0, over=HALLS)
    assert p.blocks.rows["after"].family == ""


def test_hints_are_kept_in_order(p):
    p.hint("steps", {"group": [0, 1]})
    p.hint("priority", 3)
    assert [hint.kind for hint in p.hints] == ["steps", "priority"]
    assert p.hints[0].payload == {"group": [0, 1]}
