"""What the carbon tables read of a plan: its tables, its saved inputs, and energy by site and fiscal year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError, Problem
from dcplan.metrics.yearly import in_years, years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

NEEDED = (
    "periods",
    "site_energy",
    "class_energy",
    "emissions",
    "claims",
    "ppas",
    "assets",
    "halls",
    "racks",
    "moves",
)


@dataclass(frozen=True)
class CarbonBooks:
    """What every carbon table is made of.

    Attributes:
        tables: the plan's tables.
        inputs: the inputs that were solved, by table name.
        factor_set: the set of location-based factors that the plan decided with.
        announced: tables of the plan *as announced*, the counterfactual; None where there is none.
    """

    tables: Tables
    inputs: Any
    factor_set: str
    announced: Tables | None = None

    @cached_property
    def years(self) -> list[int]:
        """The reported fiscal years."""
        return sorted(set(years_of(self.tables)["fiscal_year"].astype(int)))

    @cached_property
    def energy(self) -> pd.DataFrame:
        """Energy by site and fiscal year (`energy_by_site`)."""
        return energy_by_site(self.tables, self.inputs)

    @cached_property
    def in_service(self) -> pd.DataFrame:
        """The part of each fiscal year that an owned hall is in service: hall, fiscal_year, share, site."""
        return in_service_years(self.tables).merge(self.inputs["halls"][["hall", "site"]], on="hall")


def carbon_books(plan: Any, inputs: Any = None) -> CarbonBooks:
    """Return the books of a plan.

    Args:
        plan: a saved plan (`dcplan.open_plan`).
        inputs: the case that was solved; read from the plan's folder where None.

    Raises:
        InputError: the plan was not saved, or lacks a table, as one from before energy by class was kept.
    """
    if inputs is None:
        from dcplan.data.load import load

        if plan.folder is None:
            rule, remedy = "the plan was not saved, so its inputs are not beside it", "Save it to a folder."
            raise InputError([Problem("inputs", None, None, None, rule, remedy)])
        inputs = load(plan.folder / "inputs")
    missing = [name for name in NEEDED if name not in plan.tables]
    if missing:
        rule = "the carbon tables need it, and this plan was saved without it"
        raise InputError(
            [Problem(f"{n}.csv", None, None, None, rule, "Solve the case again.") for n in missing]
        )
    announced = plan.references.get("as_announced")
    return CarbonBooks(plan.tables, inputs, str(inputs.info.grid_factor_set), announced)


def energy_by_site(tables: Tables, inputs: Any) -> pd.DataFrame:
    r"""Return the energy of every site by fiscal year, split as the carbon tables need it.

    Columns: site, fiscal_year, ownership, grid_area, it_mwh, tenant_it_mwh, facility_mwh, onsite_mwh,
    grid_mwh (imports of owned sites, all energy of leased ones), controlled_mwh (what the operator reports
    in Scope 2), landlord_mwh, tenant_mwh (customers' part of controlled_mwh).

    $$ \text{owned: } E^{grid} = E - E^{onsite}, \quad \text{controlled} = E^{grid}, \quad
       \text{tenant} = E^{grid} E^{IT}_{tenant} / E $$
    $$ \text{leased: } E^{grid} = E, \quad \text{controlled} = E^{IT}, \quad
       \text{landlord} = E - E^{IT}, \quad \text{tenant} = E^{IT}_{tenant} $$
    """
    keys = ["site", "fiscal_year"]
    rows = in_years(tables, tables["site_energy"])
    sums = rows.groupby(keys, sort=False)[["it_mwh", "facility_mwh", "onsite_mwh"]].sum()
    classes, by_class = inputs["classes"], tables["class_energy"]
    customers = classes.loc[classes["it_owner"] == "customer", "class"]
    theirs = in_years(tables, by_class[by_class["class"].isin(customers)]).groupby(keys)["it_mwh"].sum()
    # no row: no customer's rack may stand there
    sums["tenant_it_mwh"] = theirs.reindex(sums.index).fillna(0.0)
    table = sums.reset_index().merge(inputs["sites"][["site", "ownership", "grid_area"]], on="site")
    owned = (table["ownership"] == "owned").to_numpy()
    table["grid_mwh"] = table["facility_mwh"] - np.where(owned, table["onsite_mwh"], 0.0)
    table["controlled_mwh"] = np.where(owned, table["grid_mwh"], table["it_mwh"])
    table["landlord_mwh"] = table["grid_mwh"] - table["controlled_mwh"]
    whole = np.where(owned, table["facility_mwh"], table["it_mwh"])
    share: pd.Series[float] = table["tenant_it_mwh"] / np.where(whole > 0, whole, 1.0)
    table["tenant_mwh"] = table["controlled_mwh"] * share
    return table


def in_service_years(tables: Tables) -> pd.DataFrame:
    """Return the part of each fiscal year that an owned hall is in service: hall, fiscal_year, share."""
    periods = tables["periods"]
    periods = periods[~periods["tail"].astype(bool)]
    part = periods["days"] / periods.groupby("fiscal_year")["days"].transform("sum")
    rows = in_years(tables, tables["halls"])
    share = rows["period"].map(part.set_axis(periods["period"]))
    rows["share"] = rows["in_service"].astype(float) * share
    return rows.groupby(["hall", "fiscal_year"], sort=False)["share"].sum().reset_index()
