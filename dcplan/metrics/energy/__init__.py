"""Energy and its KPIs by the standards' own definitions: T06, T07 and T10, pure functions of plan tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcplan.metrics.energy.conversions import conversions
from dcplan.metrics.energy.from_carbon import emissions_of, fuels_of
from dcplan.metrics.energy.site_energy import site_energy, site_energy_periods
from dcplan.metrics.energy.site_kpi import hall_kpi, site_kpi
from dcplan.metrics.energy.targets import targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["tables"]


def tables(
    plan: Any,
    inputs: Any,
    carbon: Mapping[str, pd.DataFrame] | None = None,
    matching: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Return every energy table of a saved plan by name.

    `conversions` (T04a), `site_energy` (T06), `site_energy_periods` (T06a), `site_kpi` (T07), `hall_kpi`
    (T07a) and `targets` (T10).

    Args:
        plan: a saved plan (`dcplan.open_plan`).
        inputs: the case that was solved.
        carbon: its carbon tables (`dcplan.metrics.carbon.tables`); formed here where None.
        matching: hourly shares of a replay (`matching` of `dcplan replay`); None where it was not run.
    """
    if carbon is None:
        from dcplan.metrics.carbon import tables as carbon_tables

        carbon = carbon_tables(plan, inputs)
    held: Mapping[str, pd.DataFrame] = plan.tables
    lines, factor_set = carbon["ghg_line"], str(inputs.info.grid_factor_set)
    energy = site_energy(held, inputs, fuels_of(lines, carbon["factor_register"]))
    emissions = emissions_of(lines, factor_set)
    return {
        "conversions": conversions(),
        "site_energy": energy,
        "site_energy_periods": site_energy_periods(held, inputs),
        "site_kpi": site_kpi(held, inputs, energy, emissions, factor_set, matching),
        "hall_kpi": hall_kpi(held, inputs),
        "targets": targets(held, inputs),
    }
