"""What plans are traded off by: cost, emissions, CAPEX; read from a plan, and minimised in its model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dcplan.errors import InfeasibleError, SolverError
from dcplan.lp.solution import Status
from dcplan.model.caps import measure
from dcplan.plans.publish import publish
from dcplan.solvers import highs
from dcplan.studies.resolve_case import PLANNED, Opened, decided
from dcplan.studies.resolve_rows import cost_row, minimising, with_rows

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Blocks, Matrix
    from dcplan.lp.terms import Expr
    from dcplan.model import PlanningModel
    from dcplan.plans.plan import Plan
    from dcplan.solvers.options import SolveOptions

COST = "cost"
OBJECTIVES = {
    COST: "",
    "carbon": "location_tco2e",
    "market": "market_tco2e",
    "capex": "capex_mjpy",
    "moves": "moved_racks",
}
"""Objectives by the name that a planner types, and the measures that caps know them by."""
UNITS = {COST: "M JPY", "carbon": "tCO2e", "market": "tCO2e", "capex": "M JPY", "moves": "racks"}
WORDS = {
    COST: "cost, present value",
    "carbon": "location-based emissions, facility boundary",
    "market": "market-based emissions, facility boundary",
    "capex": "CAPEX, cash",
    "moves": "racks moved",
}
_TIE = 1e-8


def measured(plan: Plan, opened: Opened) -> dict[str, float]:
    """Return every objective of a published plan, summed over its horizon (cost: with its tail)."""
    tables, m = plan.tables, opened.model.context.tables
    periods = tables["periods"]
    inside = periods[~periods["tail"].astype(bool)]
    years = set(inside["fiscal_year"])
    emissions = tables["emissions"][tables["emissions"]["fiscal_year"].isin(years)]
    located = float(emissions["location_tco2e"].sum())
    claims = tables["claims"]
    kinds = m.case["instruments"]
    green = set(kinds.loc[kinds["renewable"], "instrument"])
    claims = claims[claims["fiscal_year"].isin(years) & claims["instrument"].isin(green)]
    factor = m.kg_per_kwh.rename("kg").reset_index().merge(m.fiscal_year_of, on="period")
    by_year = factor.groupby(["site", "fiscal_year"])["kg"].first()
    saved = sum(
        mwh * by_year[site, year]
        for site, year, mwh in claims[["site", "fiscal_year", "claimed_mwh"]].itertuples(index=False)
    )
    capex, racks = tables["capex"], tables["racks"]
    return {
        COST: float(plan.manifest["published_cost_mjpy"]),
        "carbon": located,
        "market": located - float(saved),
        "capex": float(capex.loc[capex["fiscal_year"].isin(years), "mjpy"].sum()),
        "moves": float(racks.loc[racks["period"].isin(set(inside["period"])), "moved_out"].sum()),
    }


class _Asked:
    """A program whose matrix is another one: what publishing reads of a program."""

    def __init__(self, model: PlanningModel, matrix: Matrix) -> None:
        self._program, self._matrix = model.program, matrix

    @property
    def blocks(self) -> Blocks:
        return self._program.blocks

    @property
    def variables_of(self) -> object:
        return self._program.variables_of

    def matrix(self) -> Matrix:
        return self._matrix


def as_model(model: PlanningModel, matrix: Matrix) -> PlanningModel:
    """Return a model that publishes another matrix of the same columns."""
    return replace(model, program=cast("Any", _Asked(model, matrix)))


@dataclass(frozen=True)
class Least:
    """The least that a measure can be.

    Attributes:
        bound: no plan has less.
        whole: a plan in whole racks has this.
        values: (columns) that plan.
    """

    bound: float
    whole: float
    values: Floats


def least(opened: Opened, objective: str, options: SolveOptions, matrix: Matrix | None = None) -> Least:
    """Return the least of an objective over all plans of a program, and a plan in whole racks near it.

    Raises:
        InfeasibleError: there is no plan.
        SolverError: the solver found none, or none in whole racks.
    """
    program, context = opened.model.program, opened.model.context
    asked = matrix if matrix is not None else opened.matrix
    if objective != COST:
        asked = minimising(asked, measure(program, context, OBJECTIVES[objective]))
    found = opened.solver(asked, options)
    if found.status is Status.INFEASIBLE:
        raise InfeasibleError("No plan keeps every promise of this case.")
    if found.values is None:
        raise SolverError(f"no plan with the least {objective} was found ({found.status.value})")
    whole = publish(as_model(opened.model, asked), found.values, options)
    return Least(found.bound, asked.objective(whole.found), whole.found)


def with_decisions(opened: Opened, plan: Plan, *, racks: bool = False) -> Matrix:
    """Return the program with the starts and exits of a plan fixed, and its racks too where asked."""
    hint = decided(opened, plan)
    known = np.isfinite(hint)
    lower, upper = opened.matrix.col_lower.copy(), opened.matrix.col_upper.copy()
    lower[known] = upper[known] = np.round(hint[known])
    if racks:
        block = opened.matrix.blocks.variables["racks"]
        keys = block.frame()
        rows = keys.merge(plan.tables["racks"], how="left", on=list(keys.columns))
        lower[block.start : block.stop] = upper[block.start : block.stop] = rows["racks"].to_numpy()
    whole = opened.matrix.integrality.copy()
    for name, _, _ in PLANNED:
        fixed = opened.matrix.blocks.variables[name]
        whole[fixed.start : fixed.stop] = False
    return replace(opened.matrix, col_lower=lower, col_upper=upper, integrality=whole)


def least_tied(matrix: Matrix, expr: Expr, options: SolveOptions) -> float:
    """Return the least of an expression at the least cost of a program, whole numbers divisible.

    Raises:
        SolverError: the solver failed.
    """
    free = replace(matrix, integrality=np.zeros_like(matrix.integrality))
    cheapest = highs.solve(free, options)
    if cheapest.values is None:
        raise SolverError(f"the starts and exits of a plan found no optimum ({cheapest.status.value})")
    held = with_rows(free, [cost_row(free, cheapest.objective * (1.0 + _TIE))])
    found = highs.solve(minimising(held, expr), options)
    if found.values is None:
        raise SolverError(f"the end of least cost was not tied ({found.status.value})")
    return found.objective


def by_instruments(opened: Opened, plan: Plan, options: SolveOptions) -> float:
    """Return the least market-based emissions with the starts, exits and racks of a plan [tCO2e].

    Raises:
        SolverError: the solver failed.
    """
    matrix = with_decisions(opened, plan, racks=True)
    asked = minimising(matrix, measure(opened.model.program, opened.model.context, "market_tco2e"))
    free = replace(asked, integrality=np.zeros_like(asked.integrality))
    found = highs.solve(free, options)
    if found.values is None:
        raise SolverError(f"the claims of a published plan found no optimum ({found.status.value})")
    return found.objective
