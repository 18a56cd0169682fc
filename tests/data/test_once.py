"""What is made once for its first argument."""

import gc

import pytest

from dcplan.data.once import once_for


class Thing:
    """Something that may be referred to weakly."""


def test_it_is_made_once_for_each_thing_and_forgotten_with_it() -> None:
    calls: list[Thing | int] = []
    made = once_for(lambda thing: thing)(lambda thing, more=0: calls.append(more) or [more])
    one, other = Thing(), Thing()
    assert made(one, 1) is made(one, 2)
    assert made(other, 3) == [3]
    assert calls == [1, 3]
    del one
    gc.collect()
    assert made(Thing(), 4) == [4]
    assert calls == [1, 3, 4]


def test_the_key_stands_for_the_argument() -> None:
    shared = Thing()
    made = once_for(lambda pair: pair[0])(lambda pair: pair[1])
    assert made((shared, 1)) == made((shared, 2)) == 1


def test_what_fails_is_tried_again() -> None:
    answers = iter([ValueError("not yet"), "now"])

    def make(_: Thing) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made, thing = once_for(lambda each: each)(make), Thing()
    with pytest.raises(ValueError, match="not yet"):
        made(thing)
    assert made(thing) == "now"
