"""How long one program takes to build and to hand over: label engine to HiGHS, to PuLP, to Pyomo, in one run.

Usage: python benchmarks/handover.py [CASE]     (default: iij)
"""

import sys
import time
from collections.abc import Callable

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.model import build
from dcplan.solvers import highs, with_pulp, with_pyomo
from dcplan.solvers.options import SolveOptions

REPEATS = 5


def least(job: Callable[[], object]) -> float:
    """Return the least CPU seconds of a few runs."""
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        job()
        seconds.append(time.process_time() - began)
    return min(seconds)


def main(name: str) -> None:
    """Print CPU seconds and their ratio to the hand-over to HiGHS."""
    case = load(case_folder(name))
    program = build(case, make_calendar(case.info)).program
    matrix = program.matrix()
    print(f"{name}: {matrix.columns:,} columns, {matrix.rows:,} rows, {matrix.data.size:,} coefficients")
    jobs: dict[str, Callable[[], object]] = {
        "build from the case's tables": lambda: build(case, make_calendar(case.info)).program,
        "matrix": program.matrix,
        "to HiGHS by arrays": lambda: highs._loaded(matrix, SolveOptions()),
        "to PuLP": lambda: with_pulp.to_pulp(matrix),
        "to Pyomo": lambda: with_pyomo.to_pyomo(program),
    }
    seconds = {what: least(job) for what, job in jobs.items()}
    for what, value in seconds.items():
        ratio = value / seconds["to HiGHS by arrays"]
        print(f"  {what:<30} {value:8.4f} s CPU   {ratio:8.1f} x")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "iij")
