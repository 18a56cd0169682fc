"""What lease steps cost: the same decisions of the default case published in steps of 1, 5 and 10 racks.

    python benchmarks/lease_steps.py [--by quarter] [--steps 1 5 10]

Prints the published gap (published cost less proven bound, over published cost) and CPU seconds. The bound is
that of the search, in which steps are continuous, so that it holds for every step.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from dcplan.data.shipped import case_folder
from dcplan.model import build
from dcplan.plans.publish import publish
from dcplan.plans.request import Request
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions

SEARCH_GAP, STEP_GAP = 1e-4, 5e-5


def main() -> None:
    """Search once, publish in every step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", default="quarter")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 5, 10])
    asked = parser.parse_args()
    case, calendar = Request(str(case_folder("iij")), by=asked.by).open()
    began = time.process_time()
    searched = highs.solve(build(case, calendar).program.matrix(), SolveOptions(gap=SEARCH_GAP, threads=1))
    print(f"search: bound {searched.bound:,.1f} M JPY, {time.process_time() - began:.0f} CPU s")
    for step in asked.steps:
        leases = case["leases"].assign(step_racks=step)
        model = build(replace(case, tables={**case.tables, "leases": leases}), calendar)
        began = time.process_time()
        plan = publish(model, searched.found, SolveOptions(gap=STEP_GAP, threads=1))
        gap = (plan.objective - searched.bound) / plan.objective
        used = time.process_time() - began
        print(f"steps of {step:2d} racks: {plan.objective:,.1f} M JPY, gap {gap:.3%}, {used:.0f} CPU s")


if __name__ == "__main__":
    main()
