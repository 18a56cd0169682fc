"""Rules on emission factors, generators and refrigerants."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.data.case import Case
from dcplan.data.rule import at, in_leased_sites, needs, rows_of, rows_where
from dcplan.data.tables_carbon import UNIT_OF
from dcplan.errors import Problem

BY_YEAR = ("shk_unadjusted", "shk_basic", "shk_adjusted", "residual", "national_average")


@needs("emission_factors")
def factor_units(case: Case) -> Iterator[Problem]:
    """A factor is written in the unit of its type: a slip of kg and t is a factor of a thousand."""
    factors = case["emission_factors"]
    for position in rows_where(factors["unit"] != factors["factor_type"].map(UNIT_OF)):
        kind = factors["factor_type"].iloc[position]
        rule = f"must be {UNIT_OF[kind]} for a factor of type {kind}"
        yield at(case, "emission_factors", position, "unit", rule, "Convert the value with its unit.")


@needs("emission_factors")
def factor_years(case: Case) -> Iterator[Problem]:
    """A factor of electricity says in which fiscal year the power was supplied; the others have no year."""
    factors = case["emission_factors"]
    yearly = factors["factor_type"].isin(BY_YEAR)
    for position in rows_where(yearly & (factors["supply_fy"] == 0)):
        rule = "a factor of electricity belongs to a year of supply"
        yield at(case, "emission_factors", position, "supply_fy", rule, "Enter the fiscal year.")
    for position in rows_where(~yearly & (factors["supply_fy"] != 0)):
        rule = "a factor of this type has no year of supply"
        yield at(case, "emission_factors", position, "supply_fy", rule, "Leave it empty.")


@needs("emission_factors")
def one_factor_a_revision(case: Case) -> Iterator[Problem]:
    """One subject and year has one factor of a type in each revision."""
    factors = case["emission_factors"]
    keys = ["factor_type", "subject", "supply_fy", "revision"]
    for position in rows_where(factors.duplicated(keys)):
        rule = "is the second factor of its type, subject, year and revision"
        yield at(case, "emission_factors", position, "factor", rule, "Number the revisions 0, 1, 2, ...")


@needs("sites", "halls", "generators", "refrigerants")
def owned_sources(case: Case) -> Iterator[Problem]:
    """Generators and refrigerants stand in owned halls: a landlord's are not in Scope 1 of the operator."""
    halls = set(case["halls"]["hall"].to_numpy()[in_leased_sites(case)])
    for table in ("generators", "refrigerants"):
        for position in rows_of(case[table]["hall"], halls):
            rule = "must be a hall of an owned site: a landlord's machines are its own Scope 1"
            yield at(case, table, position, "hall", rule, "Remove the row.")


RULES = (factor_units, factor_years, one_factor_a_revision, owned_sources)
