"""Each verb on a hand-worked example, and each of its refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.lp.labels import LabelError, ProgramError
from dcplan.lp.terms import Relation

XA = {("A", "t1"): 0, ("A", "t2"): 1, ("A", "t3"): 2, ("B", "t1"): 3, ("B", "t2"): 4, ("B", "t3"): 5}


def test_a_variable_is_one_term_per_label(p, terms):
    assert terms(p["x"]) == dict.fromkeys(XA.items(), 1.0)
    assert p["x"].dims == ("hall", "period")
    assert repr(p["x"]) == "Expr(hall, period: 6 terms)"


def test_times_a_number_from_both_sides(p, terms):
    for expr in (p["x"] * 2, 2 * p["x"], np.float64(2) * p["x"], p["x"] * np.int64(2), p["x"] / 0.5):
        assert set(terms(expr).values()) == {2.0}


def test_times_a_table_on_a_shared_dim(p, series, terms):
    found = terms(p["x"] * series(["hall"], {"B": 20, "A": 10, "C": 99}))
    assert found == {(labels, col): 10.0 if labels[0] == "A" else 20.0 for labels, col in XA.items()}


def test_a_table_may_stand_on_the_left(p, series, terms):
    table = series(["hall"], {"A": 10, "B": 20})
    assert terms(table * p["x"]) == terms(p["x"] * table)


def test_times_a_table_adds_its_other_dims(p, series, terms):
    power = series(["class", "hall"], {("web", "A"): 3, ("hpc", "A"): 5, ("web", "B"): 7})
    expr = p["x"] * power
    assert expr.dims == ("hall", "period", "class")
    expected = {
        (("A", t, k), XA["A", t]): c for t in ("t1", "t2", "t3") for k, c in (("web", 3.0), ("hpc", 5.0))
    }
    expected |= {(("B", t, "web"), XA["B", t]): 7.0 for t in ("t1", "t2", "t3")}
    assert terms(expr) == expected


def test_times_a_table_in_any_level_order(p, series, terms):
    one = series(["hall", "period"], {key: col + 1 for key, col in XA.items()})
    two = series(["period", "hall"], {(t, h): col + 1 for (h, t), col in reversed(XA.items())})
    assert terms(p["x"] * one) == terms(p["x"] * two)


def test_times_names_the_missing_labels(p, series):
    with pytest.raises(LabelError, match=r"no row for hall = B$"):
        p["x"] * series(["hall"], {"A": 1})
    with pytest.raises(
        LabelError, match=r"no row for hall, period = A,t1, A,t2, A,t3, B,t1, B,t2 and 1 more$"
    ):
        p["x"] * series(["hall", "period"], {("C", "t1"): 1})


def test_known_drops_the_terms_that_the_table_lacks(p, series, terms):
    found = terms(p["x"].known(series(["hall"], {"B": 20})))
    assert found == {(labels, col): 20.0 for labels, col in XA.items() if labels[0] == "B"}


def test_a_column_of_a_table_is_a_table(p, series, terms):
    rows = pd.DataFrame({"racks": [20, 10], "hall": ["B", "A"], "note": ["", ""]})
    numbers = p.labels.numbers(rows, ["hall"], "racks")
    table = series(["hall"], {"B": 20, "A": 10})
    assert terms(p["x"] * numbers) == terms(p["x"] * table)
    assert terms(p["x"].sum("period") - numbers) == terms(p["x"].sum("period") - table)


def test_a_column_of_a_table_names_what_is_wrong_with_it(p):
    for halls, racks, message in (
        (["A", "Z"], [1, 2], "no such hall: Z"),
        (["A", "A"], [1, 2], "repeated labels at hall = A"),
        (["A", "B"], [1, np.nan], "not a finite number at hall = B"),
        (["A", "B"], ["1", "2"], "holds text"),
    ):
        rows = pd.DataFrame({"hall": halls, "racks": racks})
        with pytest.raises(ProgramError, match=message):
            p.labels.numbers(rows, ["hall"], "racks")


def test_times_refuses_a_table_without_a_shared_dim(p, series):
    with pytest.raises(LabelError, match=r"share no dim; write expr\.outer"):
        p["x"] * series(["class"], {"web": 1})


def test_outer_takes_every_combination(p, series, terms):
    expr = p["x"].outer(series(["class"], {"web": 2, "hpc": 3}))
    assert expr.dims == ("hall", "period", "class")
    assert terms(expr) == {
        ((*labels, k), col): c for labels, col in XA.items() for k, c in (("web", 2.0), ("hpc", 3.0))
    }
    with pytest.raises(LabelError, match="hall is shared"):
        p["x"].outer(series(["hall"], {"A": 1, "B": 1}))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_times_refuses_what_is_not_finite(p, series, bad):
    with pytest.raises(ProgramError, match=r"not a finite number at hall = B"):
        p["x"] * series(["hall"], {"A": 1, "B": bad})
    with pytest.raises(ProgramError, match="not a finite number"):
        p["x"] * bad


def test_a_table_must_be_unique_named_known_and_numeric(p):
    with pytest.raises(LabelError, match=r"repeated labels at hall = A$"):
        p["x"] * pd.Series([1.0, 2.0, 3.0], index=pd.Index(["A", "A", "B"], name="hall"))
    with pytest.raises(LabelError, match="name the index levels"):
        p["x"] * pd.Series([1.0, 2.0], index=["A", "B"])
    with pytest.raises(LabelError, match=r"no such hall: Z"):
        p["x"] * pd.Series([1.0, 2.0], index=pd.Index(["A", "Z"], name="hall"))
    with pytest.raises(LabelError, match=r"no dimension 'rack': declared are class, hall"):
        p["x"] * pd.Series([1.0], index=pd.Index(["A"], name="rack"))
    for text in (["one", "two"], ["1", "2"], [1.0, "2"]):
        with pytest.raises(ProgramError, match="holds text, not numbers"):
            p["x"] * pd.Series(text, index=pd.Index(["A", "B"], name="hall"))
    with pytest.raises(LabelError, match="repeated level"):
        p["x"] * pd.Series([1.0], index=pd.MultiIndex.from_tuples([("A", "B")], names=["hall", "hall"]))
    index = pd.MultiIndex.from_tuples([("A", "t1"), (None, "t1")], names=["hall", "period"])
    with pytest.raises(LabelError, match="a label of hall is missing"):
        p["x"] * pd.Series([1.0, 2.0], index=index)
    with pytest.raises(LabelError, match="no such hall: nan"):
        p["x"] * pd.Series([1.0, 2.0], index=pd.Index(["A", None], name="hall"))


def test_unused_levels_of_an_index_do_not_count(p, terms):
    index = pd.MultiIndex.from_tuples([("A", "web"), ("B", "web"), ("Z", "web")], names=["hall", "class"])
    table = pd.Series([1.0, 2.0, 3.0], index=index).iloc[:2]
    assert len(terms(p["x"] * table)) == 6


def test_a_categorical_index_is_read_by_its_labels(p, terms):
    table = pd.Series(
        [1.0, 2.0], index=pd.CategoricalIndex(["B", "A"], categories=["B", "A", "Z"], name="hall")
    )
    assert terms(p["x"] * table)[("A", "t1"), 0] == 2.0


def test_products_of_expressions_and_of_text_are_refused(p):
    with pytest.raises(ProgramError, match="not linear"):
        p["x"] * p["x"]
    for operation in (
        lambda: p["x"] * "2",
        lambda: p["x"] * True,
        lambda: p["x"] / p["x"],
        lambda: p["x"] + "1",
    ):
        with pytest.raises(TypeError):
            operation()
    with pytest.raises(TypeError):
        "1" - p["x"]
    with pytest.raises(TypeError):
        np.ones(6) * p["x"]


def test_sum_drops_dims(p, terms):
    assert p["x"].sum("period").dims == ("hall",)
    assert terms(p["x"].sum("period"))[("A",), 1] == 1.0
    assert terms(p["x"].sum()) == {((), col): 1.0 for col in range(6)}
    with pytest.raises(LabelError, match=r"sum: no dim site in \(hall, period\)"):
        p["x"].sum("site")


def test_join_follows_a_relation(p, terms):
    pairs = pd.DataFrame({"site": ["North", "South", "South"], "hall": ["A", "B", "C"]})
    expr = p["x"].join(pairs)
    assert expr.dims == ("hall", "period", "site")
    assert terms(expr.sum("hall"))[("t2", "South"), 4] == 1.0


def test_join_to_many_makes_a_term_for_each(p, terms):
    pairs = pd.DataFrame({"hall": ["A", "A", "B"], "site": ["North", "South", "South"]})
    assert {labels for labels, col in terms(p["x"].join(pairs)) if col == 0} == {
        ("A", "t1", "North"),
        ("A", "t1", "South"),
    }


def test_join_on_two_shared_dims(p, terms):
    pairs = pd.DataFrame({"hall": ["A"], "period": ["t3"], "year": [2023]})
    assert terms(p["x"].join(pairs, partial=True)) == {(("A", "t3", 2023), 2): 1.0}


def test_join_refuses_gaps_unless_partial(p, terms):
    pairs = pd.DataFrame({"hall": ["A"], "site": ["North"]})
    with pytest.raises(LabelError, match="no row for hall = B"):
        p["x"].join(pairs)
    assert len(terms(p["x"].join(pairs, partial=True))) == 3


@pytest.mark.parametrize(
    "pairs,message",
    [
        ({"hall": ["A"]}, "hall needs a shared and a new dim"),
        ({"site": ["North"]}, "site needs a shared and a new dim"),
        ({"hall": ["A", "A"], "site": ["North", "North"]}, "repeated labels at hall, site = A,North"),
        ({}, "at least one column"),
    ],
)
def test_join_refuses_what_is_no_relation(p, pairs, message):
    with pytest.raises(LabelError, match=message):
        p["x"].join(pd.DataFrame(pairs))
    with pytest.raises(TypeError, match="table of labels"):
        p["x"].join(["hall"])


def test_rename(p, terms):
    renamed = p["x"].rename(hall="from_hall")
    assert renamed.dims == ("from_hall", "period")
    assert terms(renamed) == terms(p["x"])
    with pytest.raises(LabelError, match="no such site: A, B"):
        p["x"].rename(hall="site")
    with pytest.raises(LabelError, match="repeated dim"):
        p["x"].rename(hall="period")
    with pytest.raises(LabelError, match="no dim site"):
        p["x"].rename(site="hall")


def test_rename_checks_only_labels_in_use(p):
    p.variable("y", pd.DataFrame({"hall": ["A", "C"]}))
    with pytest.raises(LabelError, match="no such from_hall: C"):
        p["y"].rename(hall="from_hall")
    kept = p["y"].where(pd.DataFrame({"hall": ["A"]})).rename(hall="from_hall")
    assert kept.size == 1


def test_where_keeps_listed_labels(p, terms):
    assert set(terms(p["x"].where(pd.DataFrame({"hall": ["B", "C"]})))) == {
        (("B", t), XA["B", t]) for t in ("t1", "t2", "t3")
    }
    assert terms(p["x"].where(pd.DataFrame({"period": ["t1"], "hall": ["A"]}))) == {(("A", "t1"), 0): 1.0}
    assert p["x"].where(pd.DataFrame({"hall": []})).size == 0
    with pytest.raises(LabelError, match="no dim site"):
        p["x"].where(pd.DataFrame({"site": ["North"]}))


def test_drop_zero(p, series):
    assert (p["x"] * series(["hall"], {"A": 0, "B": 1})).drop_zero().size == 3


def test_shift_moves_values_to_later_labels(p, terms):
    assert terms(p["x"].shift("period")) == {
        (("A", "t2"), 0): 1.0, (("A", "t3"), 1): 1.0, (("B", "t2"), 3): 1.0, (("B", "t3"), 4): 1.0
    }  # fmt: skip
    assert terms(p["x"].shift("period", by=2)) == {(("A", "t3"), 0): 1.0, (("B", "t3"), 3): 1.0}
    assert p["x"].shift("period", by=3).size == 0


def test_shift_opens_with_a_table(p, series, terms):
    opening = series(["hall"], {"B": 8, "A": 9})
    found = terms(p["x"].shift("period", by=2, opening=opening))
    assert found == {
        (("A", "t3"), 0): 1.0, (("B", "t3"), 3): 1.0,
        (("A", "t1"), -1): 9.0, (("A", "t2"), -1): 9.0, (("B", "t1"), -1): 8.0, (("B", "t2"), -1): 8.0,
    }  # fmt: skip
    assert terms(p["x"].shift("period", by=5, opening=opening)) == {
        ((h, t), -1): 9.0 if h == "A" else 8.0 for h, t in XA
    }


def test_shift_opens_with_a_number(p, terms):
    found = terms(p["x"].shift("period", opening=1))
    assert {key: coef for key, coef in found.items() if key[1] < 0} == {
        (("A", "t1"), -1): 1.0,
        (("B", "t1"), -1): 1.0,
    }
    total = terms(p["x"].sum("hall").shift("period", opening=4))
    assert total[("t1",), -1] == 4.0


def test_shift_refusals(p, series):
    with pytest.raises(LabelError, match="no dim site"):
        p["x"].shift("site")
    with pytest.raises(ProgramError, match="by = 0"):
        p["x"].shift("period", by=0)
    with pytest.raises(LabelError, match="opening: the table has no row for hall = B"):
        p["x"].shift("period", opening=series(["hall"], {"A": 1}))
    with pytest.raises(LabelError, match=r"opening is over \(class\), not over \(hall\)"):
        p["x"].shift("period", opening=series(["class"], {"web": 1}))
    with pytest.raises(TypeError, match="opening is a Series or a number"):
        p["x"].shift("period", opening="0")
    with pytest.raises(ProgramError, match="not a finite number"):
        p["x"].shift("period", opening=np.nan)


def test_plus_and_minus(p, series, terms):
    table = series(["period", "hall"], {(t, h): 1.0 for h, t in XA})
    assert terms(p["x"] + table - p["x"] * 3)[("A", "t1"), 0] == -2.0
    assert terms(p["x"] + table)[("B", "t3"), -1] == 1.0
    assert terms(table - p["x"])[("B", "t3"), 5] == -1.0
    assert terms(1 - p["x"]) == {
        **dict.fromkeys(XA.items(), -1.0),
        **{(key, -1): 1.0 for key in XA},
    }
    assert terms(p["x"].sum("period") + 2)[("A",), -1] == 2.0
    assert terms(p["x"].sum() - 2)[(), -1] == -2.0
    assert terms(-p["x"])[("A", "t1"), 0] == -1.0


def test_plus_reorders_dims_by_name(p, terms):
    p.variable("z", pd.DataFrame({"period": ["t1", "t2"], "hall": ["B", "A"]}))
    both = p["x"] + p["z"]
    assert both.dims == ("hall", "period")
    assert terms(both)[("B", "t1"), 6] == 1.0
    assert terms(both)[("A", "t2"), 7] == 1.0


def test_plus_refuses_other_dims(p, series):
    with pytest.raises(LabelError, match=r"plus: dims \(hall, period\) and \(hall\) differ"):
        p["x"] + p["x"].sum("period")
    with pytest.raises(LabelError, match="differ"):
        p["x"] + series(["hall"], {"A": 1})


def test_value_adds_up_by_label_in_label_order(p, series):
    values = np.arange(6.0)
    found = (p["x"] * 2 + p["x"] + 1).sum("period").value(values)
    pd.testing.assert_series_equal(found, series(["hall"], {"A": 12, "B": 39}), check_index_type=False)
    both = p["x"].shift("period").value(values)
    assert both.index.names == ["hall", "period"]
    assert both.to_dict() == {("A", "t2"): 0.0, ("A", "t3"): 1.0, ("B", "t2"): 3.0, ("B", "t3"): 4.0}
    assert (p["x"].sum() + 10).value(values) == 25.0


def test_value_follows_the_declared_order_not_the_alphabet(p):
    p.variable("y", pd.DataFrame({"class": ["hpc", "web"]}))
    assert list(p["y"].value(np.arange(8.0)).index) == ["web", "hpc"]


def test_a_frame_is_the_value_as_a_table(p, series):
    values = np.arange(8.0)
    expr = p["x"] * 2 + 1
    table = expr.frame(values, "racks", ["period", "hall"])
    assert list(table.columns) == ["period", "hall", "racks"]
    told = table.set_index(["hall", "period"])["racks"]
    assert told.to_dict() == expr.value(values).to_dict()
    for dims in (["hall"], ["hall", "class"]):
        with pytest.raises(LabelError, match="racks: dims"):
            expr.frame(values, "racks", dims)


def test_a_relation_is_not_a_test(p, series):
    for relation in (
        p["x"] <= 1,
        p["x"] >= p["x"],
        p["x"] == 0.0,
        p["x"] <= series(["hall", "period"], {("A", "t1"): 1}),
    ):
        assert isinstance(relation, Relation)
        with pytest.raises(TypeError, match="not true or false"):
            bool(relation)
    with pytest.raises(TypeError, match="not true or false"):
        0 <= p["x"] <= 1  # noqa: B015


def test_a_table_on_the_left_of_a_relation(p, series):
    relation = series(["hall"], {"A": 1, "B": 2}) <= p["x"].sum("period")
    assert (relation.sense, relation.lhs.dims) == (">=", ("hall",))


def test_relations_refuse_other_dims_and_other_things(p, series):
    with pytest.raises(LabelError, match=r"<=: dims \(hall, period\) and \(hall\) differ"):
        p["x"] <= series(["hall"], {"A": 1})  # noqa: B015
    with pytest.raises(TypeError, match="wanted, not NoneType"):
        p["x"] == None  # noqa: B015, E711
    with pytest.raises(ProgramError, match="not a finite number"):
        p["x"] <= np.inf  # noqa: B015


def test_expressions_are_not_hashable(p):
    with pytest.raises(TypeError, match="unhashable"):
        {p["x"]}
