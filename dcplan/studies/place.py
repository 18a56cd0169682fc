"""An order enquiry: where further racks would go, at what cost, what they change, or when they fit at all.

The order is a reservation on top of demand; the case is solved without and with it.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.rules import RULES
from dcplan.data.shipped import case_path
from dcplan.errors import InfeasibleError, InputError, Problem
from dcplan.lp.labels import InfeasibleRowError
from dcplan.model import build
from dcplan.plans.make import Reporter, solve_case
from dcplan.plans.plan import copy_inputs, open_plan, write_csv
from dcplan.plans.request import Request
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from dcplan.studies.place_changes import cost_changes, decision_changes, horizon
from dcplan.studies.resolve_interval import Interval, Proof, difference

if TYPE_CHECKING:
    from datetime import date

    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

NAME = "order-enquiry"
_SAME = ("by", "tail_years", "terminal_value")
_CHECKED = ("reservation_dates", "reservation_regions", "reservations_end_by_churn")


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        rack_class: class of the racks.
        racks: how many.
        start: first day on which they stand.
        region: where; a region, East or West, or '' for anywhere.
        until: day on which they go again, exclusive; None: they stay.
    """

    rack_class: str
    racks: int
    start: date
    region: str = ""
    until: date | None = None


@dataclass(frozen=True, eq=False)
class Enquiry:
    """The answer to an order.

    Attributes:
        order: what was asked for.
        placed: the order as it is met: the same, or from the earliest date on which it fits.
        cost: between which values [M JPY present value] the least cost of the order lies.
        where: class, hall, site, ordered_racks (racks of the class more than without the order, at the end
            of the period of arrival), other_racks (of the other classes).
        changes: decisions that differ: kind, name, before, after.
        terms: cost terms: term, before_mjpy, after_mjpy, difference_mjpy.
        before: the plan without the order.
        after: the plan with it.
    """

    order: Order
    placed: Order
    cost: Interval
    where: pd.DataFrame
    changes: pd.DataFrame
    terms: pd.DataFrame
    before: Plan
    after: Plan

    @property
    def fits(self) -> bool:
        """Whether the order is met from the day that was asked for."""
        return self.placed == self.order


def place(
    case: str | Path,
    order: Order,
    *,
    output: str | Path | None = None,
    progress: Reporter | None = None,
    **asked: Any,
) -> Enquiry:
    """Answer an order enquiry by solving a case without and with the order.

    Args:
        case: a case folder, a workbook, the name of a shipped case, or a plan folder, whose plan then is the
            one without the order (its granularity, tail and terminal value are used again).
        order: what is asked for.
        output: where to keep the plan with the order; None to keep neither.
        progress: as for `solve_case`.
        asked: further options of `solve_case`, for both solves.

    Returns:
        The answer; its plans are only on disk when they were kept.

    Raises:
        InputError: the case or the order is refused.
        InfeasibleError: the order cannot be met within the horizon.
    """
    tell = progress or (lambda _: None)
    with tempfile.TemporaryDirectory(prefix="dcplan-") as room:
        work = Path(room)
        before, folder, options = _without(case, work, tell, asked)
        opened = Request(str(folder), **{k: v for k, v in options.items() if k in _SAME}).open()[0]
        refuse_wrong(opened, order)
        placed = order
        tell("asking whether the order fits")
        if not fits(opened, order):
            placed = earliest(opened, order, tell)
        changed = write_with_order(opened, placed, work / "case")
        target = Path(output) if output is not None else work / "with-order"
        after = solve_case(changed, output=target, progress=progress, **options)
    return Enquiry(
        order=order,
        placed=placed,
        cost=difference(_proof(before), _proof(after)),
        where=_where(opened, before, after, placed),
        changes=decision_changes(before.tables, after.tables),
        terms=cost_changes(before.tables, after.tables),
        before=before,
        after=after,
    )


def _without(
    case: str | Path, work: Path, tell: Reporter, asked: dict[str, Any]
) -> tuple[Plan, Path, dict[str, Any]]:
    """Return the plan without the order, the folder of its case, and the options of the plan with it."""
    folder = Path(case)
    if (folder / "manifest.json").is_file():
        plan = open_plan(folder)
        told = plan.manifest
        same = {"by": told["granularity"], "tail_years": told["tail_years"], "gap": told["requested_gap"]}
        same["terminal_value"] = told["terminal_value"]
        given = {name: value for name, value in asked.items() if value is not None}
        return plan, folder / "inputs", {**same, **given}
    folder = plain_folder(case_path(case), work / "plain")
    tell("solving without the order")
    return solve_case(folder, output=work / "without-order", progress=tell, **asked), folder, asked


def _proof(plan: Plan) -> Proof:
    return Proof(float(plan.manifest["bound_mjpy"]), float(plan.manifest["published_cost_mjpy"]))


def with_order(case: Case, order: Order) -> Case:
    """Return the case with the order as one more reservation, on top of demand."""
    table = case["reservations"]
    row: dict[str, Any] = dict.fromkeys(table.columns, "")
    row |= {"low": np.nan, "high": np.nan, "known_on": None, "basis": "derived", "source": NAME}
    row |= {"reservation": NAME, "class": order.rack_class, "region": order.region, "racks": order.racks}
    row |= {"from_date": order.start, "until": order.until, "counted": "on_top"}
    row["reason"] = "An order enquiry: asked for, not booked."
    new = pd.DataFrame([row], columns=table.columns).astype(table.dtypes.to_dict())
    both = pd.concat([table, new], ignore_index=True) if len(table) else new
    return replace(case, tables={**case.tables, "reservations": both})


def refuse_wrong(case: Case, order: Order) -> None:
    """Refuse an order that no plan of the case could hold, whatever its capacity.

    Raises:
        InputError: every problem of the order.
    """
    known = list(case["classes"]["class"])
    problems = []
    if order.rack_class not in known:
        remedy = f"The classes are {', '.join(map(str, known))}."
        problems.append(Problem("the order", None, "class", order.rack_class, "is not a class", remedy))
    if order.racks < 1:
        problems.append(Problem("the order", None, "racks", str(order.racks), "must be at least 1"))
    if not problems:
        changed = with_order(case, order)
        last = len(changed["reservations"]) + 1
        rules = [rule for rule in RULES if rule.name in _CHECKED]
        found = [problem for rule in rules for problem in rule.find(changed)]
        problems = [replace(p, file="the order", row=None) for p in found if p.row in {None, last}]
    if problems:
        raise InputError(problems)


def fits(case: Case, order: Order) -> bool:
    """Say whether some plan of the case holds the order, racks divisible.

    Raises:
        SolverError: the solver failed.
    """
    changed = with_order(case, order)
    try:
        program = build(changed, make_calendar(changed.info)).program
    except InfeasibleRowError:
        return False
    matrix = program.matrix()
    plain = replace(matrix, cost=np.zeros_like(matrix.cost), offset=0.0)
    return highs.solve(plain, SolveOptions(gap=0.0)).values is not None


def earliest(case: Case, order: Order, tell: Reporter = lambda _: None) -> Order:
    """Return the order from the earliest period start on which it fits, by bisection.

    An order that fits on a day is taken to fit later too: capacity in a region does not shrink for good when
    racks come later.

    Raises:
        InfeasibleError: it does not fit on the last period of the horizon either.
    """
    calendar = make_calendar(case.info)
    periods = calendar.periods[~calendar.periods["tail"]]
    later = [day for day in periods["start"] if day > order.start]
    later = [day for day in later if order.until is None or day < order.until]
    if not later or not fits(case, replace(order, start=later[-1])):
        message = f"{order.racks:,} racks of {order.rack_class} fit on no day of the horizon"
        words = f" in {order.region}" if order.region else ""
        details = ["Ask for fewer racks or another region; `dcplan headroom` shows what binds."]
        raise InfeasibleError(message + words, details)
    low, high = 0, len(later) - 1  # later[high] fits
    while low < high:
        middle = (low + high) // 2
        tell(f"asking for {later[middle]}")
        if fits(case, replace(order, start=later[middle])):
            high = middle
        else:
            low = middle + 1
    return replace(order, start=later[high])


def write_with_order(case: Case, order: Order, folder: Path) -> Path:
    """Write the case with the order into a folder, its inputs otherwise as they are."""
    copy_inputs(case.folder, folder)
    write_csv(with_order(case, order)["reservations"], folder / "reservations.csv")
    source = {"source": NAME, "title": "Order enquiry", "where": "", "published": "", "grade": "A"}
    sources = pd.concat([case["sources"], pd.DataFrame([source])], ignore_index=True)
    write_csv(sources[case["sources"].columns], folder / "sources.csv")
    load(folder)
    return folder


def _where(case: Case, before: Plan, after: Plan, order: Order) -> pd.DataFrame:
    """Return what more stands in each hall at the end of the period in which the order arrives."""
    calendar = make_calendar(case.info)
    period = calendar.period_of(order.start)
    assert period in horizon(after.tables)  # noqa: S101 - the rules refuse other days
    halls = case["halls"][["hall", "site"]]
    more = []
    for plan, sign in ((after, 1.0), (before, -1.0)):
        rows = plan.tables["racks"]
        rows = rows[rows["period"] == period]
        more.append(rows.assign(racks=sign * rows["racks"])[["class", "hall", "racks"]])
    total = pd.concat(more, ignore_index=True)
    mine = total["class"] == order.rack_class
    table = halls.assign(
        ordered_racks=halls["hall"].map(total[mine].groupby("hall")["racks"].sum()).fillna(0.0),
        other_racks=halls["hall"].map(total[~mine].groupby("hall")["racks"].sum()).fillna(0.0),
    )
    return table[(table["ordered_racks"] != 0) | (table["other_racks"] != 0)].reset_index(drop=True)


def enquiry_document(answer: Enquiry) -> dict[str, Any]:
    """Return an answer as plain data."""
    return {
        "order": asdict(answer.order),
        "fits": answer.fits,
        "from": answer.placed.start,
        "cost_mjpy": {"low": answer.cost.low, "high": answer.cost.high, "verdict": answer.cost.verdict.value},
        "where": answer.where,
        "changes": answer.changes,
        "terms": answer.terms,
    }
