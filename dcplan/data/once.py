"""What is asked for again and again is made once, and forgotten with what it was made from."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Made = TypeVar("Made")


def once_for(key: Callable[[Any], Any]) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """Return a decorator of functions that are called once for each key of their first argument.

    Args:
        key: the object that stands for the first argument; it must be hashable and may be weakly referred to.
    """

    def decorated(make: Callable[Given, Made]) -> Callable[Given, Made]:
        made: WeakKeyDictionary[Any, Made] = WeakKeyDictionary()

        @wraps(make)
        def kept(*given: Given.args, **named: Given.kwargs) -> Made:
            of = key(given[0])
            if of not in made:
                made[of] = make(*given, **named)
            return made[of]

        return kept

    return decorated


once_of_first = once_for(lambda first: first)
"""For functions of something that does not change: a case after loading, the tables of a case."""
