"""Expressions that several rows, costs and tables ask for are made once for each program."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr

Given = TypeVar("Given")


def once(make: Callable[[Program, Given], Expr]) -> Callable[[Program, Given], Expr]:
    """Make an expression over the variables of a program once for the program and its copies."""
    made: WeakKeyDictionary[Any, Expr] = WeakKeyDictionary()

    @wraps(make)
    def kept(p: Program, c: Given) -> Expr:
        if p.variables_of not in made:
            made[p.variables_of] = make(p, c)
        return made[p.variables_of]

    return kept
