"""Energy and its KPIs by the standards' own definitions: T06, T07 and T10, pure functions of plan tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    emissions: pd.DataFrame | None = None,
    gensets: pd.DataFrame | None = None,
    matching: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Return site_energy (T06), site_energy_periods (T06a), site_kpi (T07), hall_kpi (T07a), targets (T10).

    Args:
        plan: a plan; of it, `tables`.
        inputs: the inputs saved with the plan, by table name.
        emissions: as `site_kpi` takes them; the plan's location-based tonnes alone where None.
        gensets: as `site_energy` takes them.
        matching: as `site_kpi` takes it.
    """
    held: Mapping[str, pd.DataFrame] = plan.tables
    energy = site_energy(held, inputs, gensets)
    carbon = emissions if emissions is not None else grid_emissions(held)
    return {
        "site_energy": energy,
        "site_energy_periods": site_energy_periods(held, inputs),
        "site_kpi": site_kpi(held, inputs, energy, carbon, matching),
        "hall_kpi": hall_kpi(held, inputs),
        "targets": targets(held, inputs),
    }


def grid_emissions(held: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the location-based tonnes of a plan by site and fiscal year; no other figure is formed."""
    rows = held["emissions"][["site", "fiscal_year", "location_tco2e"]]
    return rows.assign(fuel_tco2e=float("nan"), market_tco2e=float("nan"))
