"""Reservations as the audit reads them: racks booked and not yet installed, and the promise to place them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcplan.plans.audit.reading import Floats, UnreadableError, read_optional

if TYPE_CHECKING:
    from dcplan.plans.audit.dates import Clock
    from dcplan.plans.audit.report import Ledger
    from dcplan.plans.audit.world import World


HALVES = {
    "East": {"Hokkaido", "Tohoku", "Kanto"},
    "West": {"Chubu", "Kansai", "Chugoku", "Kyushu"},
}


@dataclass(frozen=True)
class Booking:
    """A reservation: class (place), region ('' for any), racks, its share of the days of each period (T)."""

    name: str
    klass: int
    region: str
    racks: float
    share: Floats
    arrival: int | None
    on_top: bool


def read_bookings(folder: Path, clock: Clock, classes: dict[str, int]) -> list[Booking]:
    """Return the reservations of a case; what stands on the last day of the horizon stands in the tail."""
    sheet = read_optional(folder / "reservations.csv")
    if sheet is None:
        return []
    starts = np.array([day.toordinal() for day in clock.starts])
    ends = np.array([day.toordinal() for day in clock.ends])
    columns = (sheet.text("reservation"), sheet.text("class"), sheet.text("region"), sheet.numbers("racks"))
    days = (sheet.days("from_date"), sheet.optional_days("until"), sheet.text("counted"))
    found = []
    for name, klass, region, racks, first, until, counted in zip(*columns, *days, strict=True):
        if klass not in classes or counted not in {"on_top", "in_demand"}:
            raise UnreadableError(sheet.file, f"{name}: unknown class {klass!r} or counting {counted!r}")
        stop = clock.end if until is None or until >= clock.horizon_end else until
        inside = np.minimum(ends, stop.toordinal()) - np.maximum(starts, first.toordinal())
        share = np.maximum(inside, 0) / (ends - starts)
        on_top = counted == "on_top"
        found.append(Booking(name, classes[klass], region, float(racks), share, clock.holding(first), on_top))
    return found


def add_bookings(demand: Floats, mean_share: Floats, bookings: list[Booking]) -> tuple[Floats, Floats]:
    """Return demand and the mean of it (class, period) with the reservations that come on top."""
    racks, mean = demand.copy(), demand * mean_share
    for booking in bookings:
        if booking.on_top:
            racks[booking.klass] += np.where(booking.share > 0, booking.racks, 0.0)
            mean[booking.klass] += booking.racks * booking.share
    return racks, np.divide(mean, racks, out=np.zeros_like(mean), where=racks > 0)


def check_bookings(world: World, ledger: Ledger) -> None:
    """Racks booked in a region arrive there beside what stood there before, and as many stay."""
    case = world.case
    for region in dict.fromkeys(b.region for b in case.classes.booked if b.region):
        inside = HALVES.get(region, {region})
        here = np.array([case.sites.region[s] in inside for s in case.halls.site], dtype=np.float64)
        held = np.einsum("kht,h->kt", world.decisions.racks, here)
        opening = (case.classes.opening @ here)[:, None]
        before = np.concatenate([opening, held[:, :-1]], axis=1)
        growth = held - (1.0 - case.classes.churn) * before
        standing, arriving = np.zeros_like(held), np.zeros_like(held)
        for booking in case.classes.booked:
            if booking.region not in inside | {region}:
                continue
            standing[booking.klass] += np.where(booking.share > 0, booking.racks, 0.0)
            if booking.arrival is not None:
                arriving[booking.klass, booking.arrival] += booking.racks
        axes = (world.classes, ("region", [region]), world.periods)
        scale = np.maximum(before, 1.0)[:, None, :]
        for least, found, message in (
            (standing, held, "fewer racks stand in the region than are reserved there"),
            (arriving, growth, "fewer racks arrive in the region than are reserved there"),
        ):
            binds = (least > 0)[:, None, :]
            ledger.at_least(
                "reserved_racks", axes, found[:, None, :], least[:, None, :], scale, message, binds
            )
