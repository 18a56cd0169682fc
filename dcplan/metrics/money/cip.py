"""Construction in progress (kensetsu kari-kanjo): spend on what does not serve yet; never depreciated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.metrics.money.capex import project_assets
from dcplan.metrics.money.settings import cumulated, long, segments, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]


def cip_roll(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return the roll of construction in progress: (project, fiscal_year, basis), nominal M JPY.

    $$ \mathrm{CIP}_1 - P_1 = \mathrm{CIP}_0 - P_0 + \text{spend} - \text{placed in service} $$

    The whole cost is placed in service on the service date. What is paid of it later is owed until then: the
    payable P. An asset whose service date lies after the horizon stays in CIP at its end.

    Returns:
        opening_cip_mjpy, opening_payable_mjpy, spend_mjpy, placed_in_service_mjpy, closing_cip_mjpy,
        closing_payable_mjpy, spend_to_date_mjpy, in_service_to_date_mjpy. The to-date columns are sums over
        all years, those before the opening day included.
    """
    paid, assets = tables["payments"], project_assets(tables)
    days, amounts = to_days(paid["day"]), paid["mjpy"].to_numpy(dtype=float)
    served, costs = to_days(assets["service_date"]), assets["cost_mjpy"].to_numpy(dtype=float)
    years = segments(settings, days.min().item() if len(days) else None)
    reached = {}
    for edge in ("start", "end"):
        until = to_days(years[edge])
        spent = cumulated(paid["project"], days, amounts, until)
        placed = cumulated(assets["project"], served, costs, until).reindex(spent.index)
        reached[edge] = (spent, placed)
    (spent0, placed0), (spent1, placed1) = reached["start"], reached["end"]
    return long(
        {
            "opening_cip_mjpy": (spent0 - placed0).clip(lower=0.0),
            "opening_payable_mjpy": (placed0 - spent0).clip(lower=0.0),
            "spend_mjpy": spent1 - spent0,
            "placed_in_service_mjpy": placed1 - placed0,
            "closing_cip_mjpy": (spent1 - placed1).clip(lower=0.0),
            "closing_payable_mjpy": (placed1 - spent1).clip(lower=0.0),
            "spend_to_date_mjpy": spent1,
            "in_service_to_date_mjpy": placed1,
        },
        years,
    )
