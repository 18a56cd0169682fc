"""What an analyst added to a Pyomo model, read as rows, bounds and named costs of the program.

`dcplan.solvers.with_pyomo.to_pyomo` makes the model; whatever constraints, fixed variables, tighter bounds
and named costs (`add_cost`) it has since gained are read back as linear terms over the program's own columns,
so that the extended program is solved, published in whole racks and verified like any other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dcplan.lp.labels import ProgramError, some
from dcplan.lp.matrix import Matrix
from dcplan.lp.program import Program
from dcplan.lp.terms import Expr

PREFIX = "analyst:"
COSTS = "analyst_cost"
ROWS = ["rule", "row", "sense", "right_side"]
TERMS = ["rule", "row", "column", "variable", "coefficient"]
BOUNDS = ["column", "variable", "lower", "upper"]
COST_TERMS = ["cost", "column", "variable", "coefficient"]
CONSTANT = -1
_NEAR = 1e-9


def add_cost(model: Any, name: str, expression: Any) -> None:
    """Add a named cost to the model's objective; it stands in the cost table as ``analyst:<name>``.

    Args:
        model: a model of `dcplan.solvers.with_pyomo.to_pyomo`.
        name: name of the cost.
        expression: a linear expression over the model's variables, in the unit of the objective (for a plan:
            M JPY of present value).

    Raises:
        ProgramError: the name is taken, or is no plain word.
    """
    import pyomo.environ as pyo

    if not name.replace("_", "").isalnum():
        raise ProgramError(f"cost {name!r}: name it with letters, digits and _")
    if model.component(COSTS) is None:
        model.add_component(COSTS, pyo.Expression(pyo.Any))
    costs = model.component(COSTS)
    if name in costs:
        raise ProgramError(f"cost {name} exists already")
    costs[name] = expression
    objective = _objective(model)
    objective.expr = objective.expr + costs[name]


@dataclass(frozen=True)
class Additions:
    """What was added, as tables.

    Attributes:
        rows: `ROWS`; ``sense`` is at_most, at_least or equal, which no spreadsheet takes for a formula.
        terms: `TERMS` of the rows; ``column`` is the position in the matrix, ``variable`` its name.
        bounds: `BOUNDS` that differ from the program's own.
        costs: `COST_TERMS`; column -1 is the constant part.
    """

    rows: pd.DataFrame
    terms: pd.DataFrame
    bounds: pd.DataFrame
    costs: pd.DataFrame

    @property
    def rules(self) -> list[str]:
        """Names of the added constraints."""
        return list(dict.fromkeys(self.rows["rule"]))

    @property
    def cost_names(self) -> list[str]:
        """Names of the added costs."""
        return list(dict.fromkeys(self.costs["cost"]))

    def state(self, program: Program, costs: Mapping[str, Expr] | None = None) -> None:
        """State the additions in the program: rows and costs named ``analyst:<name>``, and the bounds.

        Args:
            program: the program that the model was made of, or one with the same columns.
            costs: the added costs by name with dimensions of the caller's choice; None for none.
        """
        with program.family("analyst"):
            for rule in self.rules:
                self._state_rule(program, rule)
            own = {name: self.cost(program, name) for name in self.cost_names} if costs is None else costs
            program.minimize(**{f"{PREFIX}{name}": expr for name, expr in own.items()})
        for name, block in program.blocks.variables.items():
            inside = self.bounds[self.bounds["column"].between(block.start, block.stop - 1)]
            if inside.empty:
                continue
            places = inside["column"].to_numpy() - block.start
            index = block.labels.index(block.dims, block.codes[:, places]) if block.dims else None
            for side in ("lower", "upper"):
                numbers = inside[side].to_numpy(dtype=np.float64)
                amount = float(numbers[0]) if index is None else pd.Series(numbers, index=index)
                program.bound(name, **{side: amount})

    def cost(self, program: Program, name: str) -> Expr:
        """An added cost as an expression without dimensions."""
        terms = self.costs[self.costs["cost"] == name]
        none = np.empty((0, len(terms)), dtype=np.int64)
        return Expr(program.labels, (), none, *_numbers(terms))

    def _state_rule(self, program: Program, rule: str) -> None:
        name = f"{PREFIX}{rule}"
        rows, terms = self.rows[self.rows["rule"] == rule], self.terms[self.terms["rule"] == rule]
        program.dimension(name, rows["row"].drop_duplicates())
        senses = list(dict.fromkeys(rows["sense"]))
        for sense in senses:
            part = rows[rows["sense"] == sense]
            mine = terms[terms["row"].isin(part["row"])]
            codes = program.labels[name].encode(mine["row"], name)[None, :]
            left = Expr(program.labels, (name,), codes, *_numbers(mine))
            right = pd.Series(part["right_side"].to_numpy(), index=pd.Index(part["row"], name=name))
            relation = {"at_most": left <= right, "at_least": left >= right, "equal": left == right}[sense]
            over = pd.DataFrame({name: part["row"].to_numpy()})
            full = name if len(senses) == 1 else f"{name} {sense}"
            program.limit(full, relation, over=over, doc="a rule that an analyst added; not audited")


def read_additions(model: Any, program: Program) -> Additions:
    """What the model has that the program has not.

    Raises:
        ProgramError: something was added that cannot be a row, a bound or a named cost of the program (a new
            variable, a nonlinear or logical constraint), or something of the program was taken away.
    """
    matrix = program.matrix()
    variables = _variables(model, program)
    _refuse_foreign(model, program, len(program.blocks.variables))
    bounds = _bounds(variables, matrix)
    with _unfixed(variables):
        columns = {id(variable): column for column, variable in enumerate(variables)}
        rows, terms = _rows(model, matrix, columns)
        costs = _costs(model, matrix, columns)
    return Additions(rows, terms, bounds, costs)


def _variables(model: Any, program: Program) -> list[Any]:
    """The model's variables by column."""
    import pyomo.environ as pyo

    from dcplan.solvers.with_pyomo import block_keys

    own = list(model.component_objects(pyo.Var, descend_into=False))
    found: list[Any] = []
    for component, block in zip(own, program.blocks.variables.values(), strict=False):
        found += [component[key] for key in block_keys(block)]
    return found


def _refuse_foreign(model: Any, program: Program, variables: int) -> None:
    """Refuse what has no place in the program, and rows of the program that were taken away."""
    import pyomo.environ as pyo

    new = [component.name for component in model.component_objects(pyo.Var)][variables:]
    if new:
        raise ProgramError(
            f"new variables cannot be read back: {some(new)}; say the rule with the model's own variables"
        )
    known = (pyo.Var, pyo.Constraint, pyo.Objective, pyo.Expression, pyo.Param, pyo.Set, pyo.RangeSet)
    for component in model.component_objects(active=True):
        data = component.ctype in known or component.ctype is pyo.Block
        if not data and component.ctype not in {pyo.BuildAction, pyo.BuildCheck, pyo.Suffix}:
            kind = component.ctype.__name__
            raise ProgramError(f"{component.name}: a {kind} cannot be read back; write it as linear rows")
    own = list(model.component_objects(pyo.Constraint, descend_into=False))[: len(program.blocks.rows)]
    gone = [each.name for each in own if not (each.active and all(row.active for row in each.values()))]
    if gone or len(own) < len(program.blocks.rows):
        lost = some(gone) if gone else "rows that are no longer there"
        raise ProgramError(f"a promise of the model cannot be switched off: {lost}")


def _bounds(variables: list[Any], matrix: Matrix) -> pd.DataFrame:
    """Bounds that were changed, and fixed values as both bounds."""
    found: list[tuple[int, str, float, float]] = []
    for column, variable in enumerate(variables):
        whole = bool(matrix.integrality[column])
        if variable.is_integer() != whole and not (whole and variable.is_binary()):
            raise ProgramError(f"{matrix.col_name(column)}: what is whole cannot be changed")
        lower, upper = variable.lb, variable.ub
        if variable.fixed:
            lower = upper = variable.value
        low = -math.inf if lower is None else float(lower)
        high = math.inf if upper is None else float(upper)
        if low != matrix.col_lower[column] or high != matrix.col_upper[column]:
            found.append((column, matrix.col_name(column), low, high))
    return pd.DataFrame(found, columns=BOUNDS)


def _rows(model: Any, matrix: Matrix, columns: dict[int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Added constraints, active ones only, those in blocks included."""
    import pyomo.environ as pyo

    own = set(
        map(id, list(model.component_objects(pyo.Constraint, descend_into=False))[: len(matrix.blocks.rows)])
    )
    rows: list[tuple[str, str, str, float]] = []
    terms: list[tuple[str, str, int, str, float]] = []
    added = [each for each in model.component_objects(pyo.Constraint, active=True) if id(each) not in own]
    for component in added:
        for key in component:
            data, label = component[key], str(key) if component.is_indexed() else component.name
            if not data.active:
                continue
            constant, linear = _linear(data.body, columns, data.name)
            if not linear:
                raise ProgramError(f"{data.name}: there is no variable of the model in it")
            for sense, side in _sides(data):
                rows.append((component.name, label, sense, side - constant))
            named = ((column, matrix.col_name(column), number) for column, number in linear.items())
            terms += [(component.name, label, *term) for term in named]
    return pd.DataFrame(rows, columns=ROWS), pd.DataFrame(terms, columns=TERMS)


def _sides(data: Any) -> Iterator[tuple[str, float]]:
    import pyomo.environ as pyo

    if data.equality:
        yield "equal", float(pyo.value(data.upper))
        return
    if data.lower is not None and math.isfinite(pyo.value(data.lower)):
        yield "at_least", float(pyo.value(data.lower))
    if data.upper is not None and math.isfinite(pyo.value(data.upper)):
        yield "at_most", float(pyo.value(data.upper))


def _costs(model: Any, matrix: Matrix, columns: dict[int, int]) -> pd.DataFrame:
    """Named costs; what else was done to the objective is refused."""
    objective = _objective(model)
    constant, linear = _linear(objective.expr, columns, objective.name)
    rest = np.zeros(matrix.columns + 1)
    rest[list(linear)] = list(linear.values())
    rest[CONSTANT] = constant
    rest -= np.append(matrix.cost, matrix.offset)
    found: list[tuple[str, int, str, float]] = []
    named = model.component(COSTS)
    for name in [] if named is None else list(named):
        constant, linear = _linear(named[name].expr, columns, f"cost {name}")
        terms = [(column, matrix.col_name(column), number) for column, number in linear.items()]
        terms += [(CONSTANT, "", constant)] if constant or not terms else []
        found += [(str(name), *term) for term in terms]
        np.subtract.at(rest, [term[0] for term in terms], [term[2] for term in terms])
    scale = np.append(np.maximum(1.0, np.abs(matrix.cost)), max(1.0, abs(matrix.offset)))
    if (np.abs(rest) > _NEAR * scale).any():
        raise ProgramError(
            f"{objective.name} was changed without a name: use add_cost(model, name, expression)"
        )
    return pd.DataFrame(found, columns=COST_TERMS)


def _objective(model: Any) -> Any:
    import pyomo.environ as pyo

    found = list(model.component_data_objects(pyo.Objective, active=True))
    if len(found) != 1 or found[0].sense != pyo.minimize:
        names = some(each.name for each in found) or "none"
        raise ProgramError(f"one objective is wanted, to be minimised; active are {names}: use add_cost")
    return found[0]


def _linear(expression: Any, columns: dict[int, int], where: str) -> tuple[float, dict[int, float]]:
    """An expression as a constant and coefficients by column."""
    from pyomo.repn import generate_standard_repn

    form = generate_standard_repn(expression, compute_values=True, quadratic=False)
    if form.nonlinear_expr is not None:
        raise ProgramError(f"{where} is not linear: only linear rules and costs can be read back")
    linear: dict[int, float] = {}
    for variable, coefficient in zip(form.linear_vars, form.linear_coefs, strict=True):
        if id(variable) not in columns:
            raise ProgramError(f"{where}: {variable.name} is no variable of the model")
        linear[columns[id(variable)]] = float(coefficient)
    constant = float(form.constant)
    if not all(map(math.isfinite, (constant, *linear.values()))):
        raise ProgramError(f"{where}: a coefficient is not finite")
    return constant, linear


@contextmanager
def _unfixed(variables: list[Any]) -> Iterator[None]:
    """Look at fixed variables as variables: what they are fixed to is told by their bounds."""
    fixed = [variable for variable in variables if variable.fixed]
    for variable in fixed:
        variable.unfix()
    try:
        yield
    finally:
        for variable in fixed:
            variable.fix()


def _numbers(terms: pd.DataFrame) -> tuple[Any, Any]:
    return terms["column"].to_numpy(dtype=np.int64), terms["coefficient"].to_numpy(dtype=np.float64)
