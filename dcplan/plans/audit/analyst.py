"""Costs that an analyst added to a plan: taken as they stand, for nothing in the inputs says what they are.

They count towards the totals of a plan, under their own names; every rule that counts them says so.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.plans.audit.inputs import Case
from dcplan.plans.audit.reading import Floats, UnreadableError, read_optional
from dcplan.plans.audit.report import Ledger

PREFIX = "analyst:"
RULE = "not_audited"


def read_analyst(tables: Path, case: Case, ledger: Ledger) -> dict[str, tuple[Floats, Floats]]:
    """Return the added costs of costs.csv: nominal and present value by term, each (site and fleet, period).

    Raises:
        UnreadableError: a row is at a site or period that the plan has not.
    """
    sheet = read_optional(tables / "costs.csv")
    if sheet is None:
        return {}
    sites, periods = [*case.sites.rows, "fleet"], list(case.clock.labels)
    found: dict[str, tuple[Floats, Floats]] = {}
    if not any(term.startswith(PREFIX) for term in sheet.text("term")):
        return found
    nominal, present = sheet.numbers("mjpy"), sheet.numbers("pv_mjpy")
    keys = zip(sheet.text("term"), sheet.text("site"), sheet.text("period"), strict=True)
    for row, (term, site, period) in enumerate(keys):
        if not term.startswith(PREFIX):
            continue
        if site not in sites or period not in periods:
            raise UnreadableError("costs.csv", f"{term} is at an unknown site or period", term=term)
        empty = np.zeros((len(sites), len(periods)))
        amounts = found.setdefault(term, (empty, empty.copy()))
        place = sites.index(site), periods.index(period)
        amounts[0][place] += nominal[row]
        amounts[1][place] += present[row]
        ledger.checks[f"{RULE}:{term}"] += 1
    return found
