"""THE FORMULATION: the promises of a plan, one function each, in reading order.

``FAMILIES`` is the table of contents of the model. A family receives the program and the context and adds
the rows of one promise; it holds no option flags. ``build`` declares the variables, runs the families and
adds the named costs.
"""

from __future__ import annotations

from dcplan.model.build import FAMILIES, PROMISES, PlanningModel, build

__all__ = ["FAMILIES", "PROMISES", "PlanningModel", "build"]
