"""dcplan plans a fleet of data centers: what to build, lease, leave and move, and when.

The public verbs load nothing heavy until they are used:

- `load(folder)` reads a case folder into a typed `Case`;
- `check(case_or_folder)` reports every problem of a case at once;
- `solve(folder_or_name, ...)` makes, audits and returns a `Plan`;
- `open_plan(folder)` opens a saved plan;
- `audit(folder)` recomputes a saved plan without the model that made it;
- `frontier`, `alternatives`, `marginals`, `why` and `compare` question a case or its plans.

Example:
    >>> import dcplan
    >>> plan = dcplan.solve("toy", output="plans/toy")    # doctest: +SKIP
    >>> plan.tables["summary"]                            # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcplan.data.load import load
    from dcplan.plans.audit import audit
    from dcplan.plans.check import check
    from dcplan.plans.make import solve_case as solve
    from dcplan.plans.plan import open_plan
    from dcplan.studies.alternatives import alternatives
    from dcplan.studies.compare import compare
    from dcplan.studies.frontier import frontier
    from dcplan.studies.marginals import marginals
    from dcplan.studies.why import why

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "alternatives",
    "audit",
    "check",
    "compare",
    "frontier",
    "load",
    "marginals",
    "open_plan",
    "solve",
    "why",
]

_HOME = {
    "alternatives": ("dcplan.studies.alternatives", "alternatives"),
    "audit": ("dcplan.plans.audit", "audit"),
    "check": ("dcplan.plans.check", "check"),
    "compare": ("dcplan.studies.compare", "compare"),
    "frontier": ("dcplan.studies.frontier", "frontier"),
    "load": ("dcplan.data.load", "load"),
    "marginals": ("dcplan.studies.marginals", "marginals"),
    "open_plan": ("dcplan.plans.plan", "open_plan"),
    "solve": ("dcplan.plans.make", "solve_case"),
    "why": ("dcplan.studies.why", "why"),
}


def __getattr__(name: str) -> Any:
    """Import a public verb the first time it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'dcplan' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
