"""CPU of our own search against the plain promises through HiGHS's branch and bound, in one run.

    python benchmarks/search.py                  # the default case and five seeds, 0.1 %
    python benchmarks/search.py --seeds 1 --gap 0.002 --by half

A seed draws a case of the default case's size: every rent and every project's cost moves by up to 15 %, every
carbon and energy price stays. CPU is that of the whole process tree: the first solution, the process of the
search, and nothing of publishing. The plain path is the promises alone through HiGHS's branch and bound, with
neither reductions nor hints nor a start; at --limit seconds of CPU it is ended, and stands as "at least". A
seed whose costs no CAPEX budget allows has no plan: the next one takes its place.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import resource
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_path
from dcplan.lp.hints import steps_of
from dcplan.lp.solution import Solution, Status
from dcplan.model import PROMISES, build
from dcplan.plans.start import first_solution
from dcplan.solvers import child
from dcplan.solvers.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcplan.model import PlanningModel

DRAWN = {"leases": "rent_jpy_per_rack_month", "projects": "cost_mjpy"}
SPREAD = 0.15


def drawn(case: Case, seed: int | None) -> Case:
    """The default case, or one like it."""
    if seed is None:
        return case
    random = np.random.default_rng(seed)
    tables = dict(case.tables)
    for name, column in DRAWN.items():
        factor = random.uniform(1.0 - SPREAD, 1.0 + SPREAD, len(tables[name]))
        tables[name] = tables[name].assign(**{column: tables[name][column] * factor})
    return replace(case, tables=tables)


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def running(seconds: float) -> Callable[[], bool]:
    """Whether this process and those that it started and still runs have used so many seconds of CPU."""
    began = cpu_now()
    return lambda: cpu_now() - began > seconds


def cpu_now() -> float:
    """CPU seconds of the process tree, running children included (Linux)."""
    used, waiting = 0.0, [os.getpid()]
    tick = os.sysconf("SC_CLK_TCK")
    while waiting:
        process = waiting.pop()
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            used += sum(int(field) for field in fields[11:15]) / tick
            for thread in Path(f"/proc/{process}/task").iterdir():
                waiting += [int(each) for each in (thread / "children").read_text().split()]
    return used


def measured(solve: Any) -> tuple[Solution, float, float]:
    began, wall = cpu(), time.perf_counter()
    found = solve()
    return found, cpu() - began, time.perf_counter() - wall


def line(name: str, how: str, found: Solution, seconds: float, wall: float) -> str:
    least = ">" if found.status is not Status.OPTIMAL else " "
    return (
        f"{name:>8} {how:>6} {least}{seconds:7.1f} s CPU {wall:7.1f} s wall {found.objective:10,.1f} "
        f"{found.bound:10,.1f} {100 * found.gap:7.3f} % {found.nodes:5d} nodes "
        f"{found.simplex_iterations:8,d} iterations"
    )


def by_steps(model: PlanningModel, options: SolveOptions, stop: Callable[[], bool]) -> Solution:
    """Our own search as a solve runs it: from the first solution, in a process of its own."""
    matrix, steps = model.program.matrix(), steps_of(model.program)
    return child.solve(matrix, options, start=first_solution(model), steps=steps, should_stop=stop)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--by", default=None)
    parser.add_argument("--limit", type=float, default=400.0, help="seconds of CPU for each path")
    parser.add_argument("--only", choices=("own", "plain"), help="leave the other path out")
    asked = parser.parse_args()
    base = load(case_path("iij"))
    if asked.by:
        base = replace(base, info=replace(base.info, granularity=asked.by))
    ratios, seeds, left = [], itertools.count(), asked.seeds
    seed: int | None = None
    while left >= 0:
        case, name = drawn(base, seed), "default" if seed is None else f"seed {seed}"
        seed = next(seeds)
        calendar = make_calendar(case.info)
        used, options = {}, SolveOptions(gap=asked.gap)
        if asked.only != "plain":
            model = build(case, calendar)
            run = measured(lambda m=model, o=options: by_steps(m, o, running(asked.limit)))
            print(line(name, "steps", *run), flush=True)
            used["own"] = run[1]
            if run[0].status is Status.INFEASIBLE:
                continue
        if asked.only != "own":
            plain = build(case, calendar, families=PROMISES).program.matrix()
            run = measured(lambda a=plain, o=options: child.solve(a, o, should_stop=running(asked.limit)))
            print(line(name, "HiGHS", *run), flush=True)
            used["plain"] = run[1]
        if not asked.only:
            ratios.append(used["own"] / used["plain"])
            print(f"{name:>8}  ratio 1 / {1 / ratios[-1]:.1f}", flush=True)
        left -= 1
    if ratios:
        print(f"  median  ratio 1 / {1 / statistics.median(ratios):.1f}")


if __name__ == "__main__":
    main()
