"""What a family receives beside the program: the tables and the schedules of one case on one calendar."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from dcplan.model.assets import Assets
from dcplan.model.curves import Curves
from dcplan.model.lease_rents import LeaseRents
from dcplan.model.lease_terms import LeaseTerms
from dcplan.model.schedule import Schedule
from dcplan.model.tables import Tables


@dataclass(frozen=True)
class Context:
    """Tables, lease terms and project schedules, computed once and shared by all families."""

    tables: Tables

    def under_rule(self, rule: str) -> Context:
        """Return the context under another rule of terminal value; what was computed stays computed."""
        tables = copy(self.tables)
        object.__setattr__(tables, "terminal_value", rule)
        other = copy(self)
        object.__setattr__(other, "tables", tables)
        return other

    @cached_property
    def leases(self) -> LeaseTerms:
        """Release windows and tranches."""
        return LeaseTerms(self.tables)

    @cached_property
    def rents(self) -> LeaseRents:
        """Rents and break fees."""
        return LeaseRents(self.leases)

    @cached_property
    def schedule(self) -> Schedule:
        """Starts of projects and their payments."""
        return Schedule(self.tables)

    @cached_property
    def curves(self) -> Curves:
        """Load curves of sites with a battery."""
        return Curves(self.tables, self.tables.onsite)

    @cached_property
    def assets(self) -> Assets:
        """Assets of projects and their taxes."""
        return Assets(self.schedule)
