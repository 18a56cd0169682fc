"""Advice of a program for a search: steps, whole-number columns that only rise along one decision.

A hint is plain data; who reads it needs to know nothing of what the columns mean, and who does not read it
solves the same program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.labels import Ints
    from dcplan.lp.program import Program

STEPS = "steps"


class Steps(NamedTuple):
    """Columns whose values do not fall along them.

    Attributes:
        columns: positions in the matrix, in the order in which values rise.
        priority: steps of a smaller number are decided first.
        order: of the same priority, steps of a smaller number are decided first.
    """

    columns: Ints
    priority: int
    order: int = 0


def hint_steps(
    program: Program,
    variable: str,
    over: str,
    priority: int,
    *,
    falls: bool = False,
    order: Sequence[str] = (),
) -> None:
    """Say that a variable only rises along its index for every label of one dim.

    Args:
        program: the program.
        variable: name of the variable, its index in the order of time.
        over: the dim that tells decisions apart.
        priority: steps of a smaller number are decided first.
        falls: it only falls instead.
        order: labels of that dim in the order in which they are decided; others come last, all at once.
    """
    payload = {"variable": variable, "over": over, "priority": priority, "falls": falls}
    program.hint(STEPS, {**payload, "order": tuple(order)})


def steps_of(program: Program) -> list[Steps]:
    """Return the steps that the hints of a program speak of."""
    found: list[Steps] = []
    for hint in program.hints:
        if hint.kind != STEPS:
            continue
        block = program.blocks.variables[hint.payload["variable"]]
        over = hint.payload["over"]
        codes = block.codes[block.dims.index(over)]
        ranks = {label: rank for rank, label in enumerate(hint.payload["order"])}
        places = np.argsort(codes, kind="stable")
        for part in np.split(places, np.flatnonzero(np.diff(codes[places])) + 1):
            if part.size:
                rising = part[::-1] if hint.payload["falls"] else part
                label = block.labels[over].array[codes[part[0]]]
                rank = ranks.get(label, len(ranks))
                found.append(Steps(block.start + rising, hint.payload["priority"], rank))
    return found
