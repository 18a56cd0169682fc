"""Energy and emissions of a plan as expressions over its decisions; rows and costs share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.model.once import once
from dcplan.model.panels import panel_mwh
from dcplan.model.variables import in_service

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


@once
def it_mwh(p: Program, c: Context) -> Expr:
    r"""Return IT energy: (hall, period) MWh.

    $$ E^{IT}_{h,t} = \sum_k x_{k,h,t}\, \beta_{k,t}\, \bar p_{k,t}\, H_t / 1000 $$

    \(\beta\) is the period's mean demand over its highest, H its hours.
    """
    return (p["racks"] * c.tables.it_mwh_per_rack).sum("class")


@once
def facility_mwh(p: Program, c: Context) -> Expr:
    r"""Return facility energy: (hall, period) MWh, exact over all hours of the period.

    $$ E_{h,t} = E^{IT}_{h,t} (1 + a_{1,h} + \bar c_{h,t}) + a_{0,h} P_h s_{h,t} H_t / 1000 $$
    """
    m = c.tables
    standing = in_service(p, m) * (m.fixed_kw.reindex(m.owned_halls) / 1000.0) * m.per_period("hours")
    return it_mwh(p, c) * m.facility_per_it + standing


@once
def site_facility_mwh(p: Program, c: Context) -> Expr:
    """Return facility energy by site: (site, period) MWh."""
    return facility_mwh(p, c).join(c.tables.hall_site).sum("hall")


@once
def site_it_mwh(p: Program, c: Context) -> Expr:
    """Return IT energy by site: (site, period) MWh."""
    return it_mwh(p, c).join(c.tables.hall_site).sum("hall")


@once
def imported_mwh(p: Program, c: Context) -> Expr:
    """Return what owned sites draw from the grid: (site, period) MWh, facility less self-used generation."""
    owned = c.tables.grid(site=c.tables.owned_sites)
    return site_facility_mwh(p, c).where(owned) - onsite_mwh(p, c)


def onsite_mwh(p: Program, c: Context) -> Expr:
    r"""Return self-used generation of owned sites, panels that stand and bought ones: (site, period) MWh.

    $$ G_{s,t} = G^{standing}_{s,t} + V_{s,t} \sum_{h \in t} \gamma_{s,h} / 1000 $$

    V are the bought panels after fade [kW], \(\gamma\) the generation of a kW by the hour's irradiance.
    """
    standing = p.constant(c.tables.onsite_mwh)
    more = panel_mwh(p, c)
    return standing if more is None else standing + more


@once
def location_tco2e(p: Program, c: Context) -> Expr:
    r"""Return location-based emissions of all energy of the fleet's racks: (site, period) tCO2e.

    $$ \mathrm{CO_2}_{s,t} = \phi_{s,t} E^{grid}_{s,t} $$

    Owned sites: imported energy; leased sites: facility energy, the landlord's overhead included. No
    instrument changes it.
    """
    leased = c.tables.grid(site=c.tables.leased_sites)
    grid = imported_mwh(p, c) + site_facility_mwh(p, c).where(leased)
    return grid * c.tables.kg_per_kwh
