"""A program, or one family of it, as readable text in the CPLEX .lp format."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

import numpy as np

from dcplan.lp.labels import Bools, Floats, Ints, ProgramError, some
from dcplan.lp.matrix import Block, Matrix
from dcplan.lp.program import Program

_WIDTH = 100
_GLUE = "\xa0"  # keeps a sign, a number and a name on one line
_RESERVED = re.compile(r"[^A-Za-z0-9_!#$%&(),.;?@'`{}~]")


def write_lp(program: Program, family: str | None = None) -> str:
    """The program as .lp text; with ``family`` only its rows, its costs, and the variables in them.

    The text is the same for the same program, numbers have 12 digits, and characters that the format keeps
    for itself become ``_``: ``racks[cloud,Shiroi-1]`` reads ``racks(cloud,Shiroi_1)``.

    Raises:
        ProgramError: no such family.
    """
    matrix = program.matrix()
    rows, columns, costs = _parts(program, matrix, family)
    names = _file_names(matrix.blocks.variables.values(), columns)
    blocks = [block for block in matrix.blocks.rows.values() if _shown(block, family)]
    lines = [f"\\ {program.name}" + ("" if family is None else f": {family}")]
    lines += [f"\\ cost {name}" for name in costs]
    lines += ["minimize", *_expression("cost:", *_objective(program, costs), names)]
    lines += ["subject to", *_rows(matrix, blocks, rows, names)]
    lines += ["bounds", *_bounds(matrix, columns, names)]
    binary = matrix.integrality & (matrix.col_lower == 0.0) & (matrix.col_upper == 1.0)
    for section, members in (("binaries", binary), ("generals", matrix.integrality & ~binary)):
        inside = [f" {names[column]}" for column in columns.tolist() if members[column]]
        lines += [section, *inside] if inside else []
    return "\n".join([*lines, "end", ""])


def _shown(block: Block, family: str | None) -> bool:
    return family is None or block.family == family


def _parts(program: Program, matrix: Matrix, family: str | None) -> tuple[Ints, Ints, list[str]]:
    """Rows, columns and costs to show."""
    blocks = matrix.blocks
    costs = [name for name in program.cost_names if family in {None, program.cost_family(name)}]
    every = {block.family for block in (*blocks.variables.values(), *blocks.rows.values())}
    every |= {program.cost_family(name) for name in program.cost_names}
    if family is not None and family not in every:
        raise ProgramError(f"no family {family!r}: there are {some(sorted(every - {''})) or 'none'}")
    row_shown = _members(blocks.rows.values(), family, matrix.rows)
    column_shown = _members(blocks.variables.values(), family, matrix.columns)
    column_shown[matrix.column_of[row_shown[matrix.indices]]] = True
    for name in costs:
        column = program.cost(name).col
        column_shown[column[column >= 0]] = True
    return np.flatnonzero(row_shown), np.flatnonzero(column_shown), costs


def _members(blocks: Iterable[Block], family: str | None, size: int) -> Bools:
    shown = np.zeros(size, dtype=np.bool_)
    for block in blocks:
        shown[block.start : block.stop] = _shown(block, family)
    return shown


def _objective(program: Program, costs: list[str]) -> tuple[Ints, Floats, float]:
    """Columns, coefficients and constant of the named costs together."""
    total, constant = np.zeros(program.size), 0.0
    for name in costs:
        cost = program.cost(name)
        variable = cost.col >= 0
        total += np.bincount(cost.col[variable], weights=cost.coef[variable], minlength=program.size)
        constant += float(cost.coef[~variable].sum())
    column = np.flatnonzero(total)
    return column, total[column], constant


def _file_names(blocks: Iterable[Block], columns: Ints | None = None) -> dict[int, str]:
    """Names that the format allows, by position; two that would read alike get their position added."""
    named: dict[int, str] = {}
    wanted = None if columns is None else set(columns.tolist())
    for block in blocks:
        for position, name in enumerate(block.names(), start=block.start):
            if wanted is None or position in wanted:
                named[position] = _RESERVED.sub("_", name.replace("[", "(").replace("]", ")"))
    seen: dict[str, int] = {}
    for name in named.values():
        seen[name] = seen.get(name, 0) + 1
    return {position: name if seen[name] == 1 else f"{name}#{position}" for position, name in named.items()}


def _rows(matrix: Matrix, blocks: list[Block], rows: Ints, names: dict[int, str]) -> Iterator[str]:
    indptr, indices, data = matrix.csr()
    shown = _file_names(blocks, rows)
    for block in blocks:
        unit = f" [{block.unit}]" if block.unit else ""
        doc = f": {block.doc}" if block.doc else ""
        yield f"\\ {block.name}{unit}{doc}"
        for row in range(block.start, block.stop):
            lower, upper = float(matrix.row_lower[row]), float(matrix.row_upper[row])
            inside = slice(indptr[row], indptr[row + 1])
            sense = "=" if lower == upper else "<=" if np.isfinite(upper) else ">="
            right = upper if np.isfinite(upper) else lower
            tail = f" {sense}{_GLUE}{_number(right)}"
            yield from _expression(f"{shown[row]}:", indices[inside], data[inside], 0.0, names, tail)


def _expression(
    head: str, columns: Ints, coefs: Floats, constant: float, names: dict[int, str], tail: str = ""
) -> list[str]:
    """A row over several lines where it is long."""
    terms = []
    for column, coef in zip(columns.tolist(), coefs.tolist(), strict=True):
        number = "" if abs(coef) == 1.0 else _number(abs(coef)) + _GLUE
        terms.append(f"{'-' if coef < 0 else '+'}{_GLUE}{number}{names[column]}")
    if constant:
        terms.append(f"{'-' if constant < 0 else '+'}{_GLUE}{_number(abs(constant))}")
    text = f"{head} {' '.join(terms)}{tail}"
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f" {'  ' if place else ''}{line.replace(_GLUE, ' ')}" for place, line in enumerate(lines)]


def _bounds(matrix: Matrix, columns: Ints, names: dict[int, str]) -> Iterator[str]:
    for column in columns.tolist():
        lower, upper = float(matrix.col_lower[column]), float(matrix.col_upper[column])
        if lower == upper:
            yield f" {names[column]} = {_number(lower)}"
        elif np.isinf(lower) and np.isinf(upper):
            yield f" {names[column]} free"
        elif np.isinf(upper):
            if lower != 0.0:  # 0 is what the format takes for granted
                yield f" {names[column]} >= {_number(lower)}"
        else:
            yield f" {'-inf' if np.isinf(lower) else _number(lower)} <= {names[column]} <= {_number(upper)}"


def _number(value: float) -> str:
    return f"{value:.12g}"
