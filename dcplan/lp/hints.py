"""Advice of a program for a search: steps, whole-number columns that only rise along one decision.

A hint is plain data; who reads it needs to know nothing of what the columns mean, and who does not read it
solves the same program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from dcplan.lp.labels import Ints
    from dcplan.lp.program import Program

STEPS = "steps"


class Steps(NamedTuple):
    """Columns whose values do not fall along them.

    Attributes:
        columns: positions in the matrix, in the order in which values rise.
        priority: steps of a smaller number are decided first.
    """

    columns: Ints
    priority: int


def hint_steps(program: Program, variable: str, over: str, priority: int, *, falls: bool = False) -> None:
    """Say that a variable only rises along its index for every label of one dim.

    Args:
        program: the program.
        variable: name of the variable, its index in the order of time.
        over: the dim that tells decisions apart.
        priority: steps of a smaller number are decided first.
        falls: it only falls instead.
    """
    program.hint(STEPS, {"variable": variable, "over": over, "priority": priority, "falls": falls})


def steps_of(program: Program) -> list[Steps]:
    """Return the steps that the hints of a program speak of."""
    found: list[Steps] = []
    for hint in program.hints:
        if hint.kind != STEPS:
            continue
        block = program.blocks.variables[hint.payload["variable"]]
        codes = block.codes[block.dims.index(hint.payload["over"])]
        order = np.argsort(codes, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
            if part.size:
                rising = part[::-1] if hint.payload["falls"] else part
                found.append(Steps(block.start + rising, hint.payload["priority"]))
    return found
