"""Percentages and durations as planners type them; what is ambiguous is refused with the way to write it."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.cli.parameters import DURATION, PERCENT, SOLVER


@pytest.mark.parametrize(
    "typed,share",
    [
        ("0.1%", 0.001),
        ("0.1 %", 0.001),
        ("5%", 0.05),
        ("0%", 0.0),
        (".5%", 0.005),
        ("0.1％", 0.001),
        (0.001, 0.001),
    ],
)
def test_percent(typed: str | float, share: float):
    assert PERCENT.convert(typed, None, None) == pytest.approx(share)


@pytest.mark.parametrize(
    "typed,says",
    [
        ("0.1", "has no % sign: write 0.1% (a share of 0.001) or 10% (a share of 0.1)"),
        ("100%", "not below 100 %"),
        ("-1%", "not a percentage"),
        ("nan%", "not a percentage"),
        ("", "not a percentage"),
        ("1,5%", "not a percentage"),
    ],
)
def test_percent_refused(typed: str, says: str):
    with pytest.raises(click.BadParameter) as refused:
        PERCENT.convert(typed, None, None)
    assert says in refused.value.message


@given(st.floats(0, 99.9, allow_nan=False))
def test_percent_reads_back_what_is_printed(percent: float):
    text = f"{percent:.6f}%"
    assert PERCENT.convert(text, None, None) == pytest.approx(percent / 100, abs=1e-8)


@pytest.mark.parametrize(
    "typed,seconds",
    [
        ("90s", 90),
        ("5m", 300),
        ("5min", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1h 2m 3s", 3723),
        ("0.5m", 30),
        ("５m", 300),
    ],
)
def test_duration(typed: str, seconds: float):
    assert DURATION.convert(typed, None, None) == seconds


@pytest.mark.parametrize(
    "typed,says",
    [
        ("300", "has no unit: write 300s or 300m"),
        ("0s", "leaves no time"),
        ("soon", "not a time span"),
        ("", "not a time span"),
        ("5m1h", "not a time span"),
        ("-5m", "not a time span"),
    ],
)
def test_duration_refused(typed: str, says: str):
    with pytest.raises(click.BadParameter) as refused:
        DURATION.convert(typed, None, None)
    assert says in refused.value.message


@pytest.mark.parametrize("typed", ["highs", "pulp:PULP_CBC_CMD", "pyomo:gurobi"])
def test_solver(typed: str):
    assert SOLVER.convert(typed, None, None) == typed


@pytest.mark.parametrize("typed", ["", "cbc", "pulp:", "pulp:a b", "HIGHS; rm"])
def test_solver_refused(typed: str):
    with pytest.raises(click.BadParameter):
        SOLVER.convert(typed, None, None)
