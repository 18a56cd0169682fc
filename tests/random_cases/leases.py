"""Every choice of a lease, one after the other: the slow and obvious statement of what a contract allows.

A leased site is decided apart from the rest once it is known how many racks each of its halls must hold:
what it then costs at least is found by trying every sequence of releases, every set of tranches and every
day of leaving.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.random_cases.world import Row, World, fiscal_year, months_later

Needs = tuple[int, ...]


@dataclass(frozen=True)
class Release:
    """A day on which base racks may go back; a final one takes all that are left."""

    t: int
    day: date
    kind: str
    fee_months: float = 0.0


def months_left(day: date, end: date) -> float:
    """Calendar months from a day to an end: whole ones, and the begun one by days."""
    whole = 0
    while months_later(day, whole + 1) <= end:
        whole += 1
    begun, over = months_later(day, whole), months_later(day, whole + 1)
    return whole + (end - begun).days / (over - begun).days


class Lease:
    """A lease of a world: what it costs, and when it can change."""

    def __init__(self, world: World, row: Row) -> None:
        self.world = world
        self.racks = int(row["racks"])
        self.renewal = row["renewal"]
        self.renewal_months = int(row["renewal_months"])
        self.uplift, self.escalation = float(row["renewal_uplift"]), float(row["rent_escalation"])
        self.rent = float(row["rent_jpy_per_rack_month"])
        self.notice = int(row["notice_months"])
        self.restoration = float(row["restoration_mjpy_per_rack"])
        self.first_end = date.fromisoformat(row["term_end"]) + timedelta(days=1)
        self.least = int(row.get("least_racks") or 0)
        self.step = int(row.get("step_racks") or 1)
        fee = row.get("break_fee_months") or ""
        self.fee_months = float(fee) if fee else None
        self.option_racks = int(row.get("option_racks") or 0)
        self.option_rent = float(row.get("option_rent_jpy_per_rack_month") or self.rent)
        self.option_months = int(row.get("option_months") or 0)
        until = row.get("option_until") or ""
        self.option_until = date.fromisoformat(until) if until else None
        self.last = self.first_end if self.renewal == "none" else None
        self.fixed = self._fixed()
        self.releases = list(self._releases())
        self._seen: dict[tuple[Needs, int], float | None] = {}

    # ---- when ------------------------------------------------------------------------------------------
    def _fixed(self) -> list[date]:
        """Every term end before the end of the span."""
        ends, n = [], 0
        while (day := months_later(self.first_end, n * self.renewal_months)) < self.world.end:
            ends.append(day)
            n += 1
            if self.renewal == "none":
                break
        return ends

    def _free(self, day: date) -> bool:
        """Whether racks may go back at a term end without a fee."""
        if self.renewal == "automatic":
            return months_later(day, -self.notice) >= self.world.as_of
        return True  # silence ends a lease that needs consent, and one without renewal ends by itself

    def _releases(self) -> Iterator[Release]:
        earliest = months_later(self.world.as_of, self.notice)
        for t, period in enumerate(self.world.periods):
            inside = [day for day in self.fixed if period.start <= day < period.end and self._free(day)]
            if self.renewal == "none" and self.fixed and self.fixed[0] <= period.start and not inside:
                continue  # nothing is left to give back
            if inside:
                yield Release(t, inside[0], "final" if self.renewal == "none" else "term_end")
            elif self.fee_months is not None and period.start >= earliest:
                term = next(day for day in self._every_end() if day > period.start)
                yield Release(t, period.start, "break", min(self.fee_months, months_left(period.start, term)))

    def _every_end(self) -> Iterator[date]:
        for n in itertools.count():
            yield months_later(self.first_end, n * self.renewal_months)

    # ---- money -----------------------------------------------------------------------------------------
    def rate(self, day: date, year: int) -> float:
        """Rent of base racks on a day, M JPY per rack-month."""
        first = fiscal_year(self.world.as_of)
        ended = sum(end <= day for end in self.fixed)
        return self.rent / 1e6 * (1 + self.escalation) ** (year - first) * (1 + self.uplift) ** ended

    def accrual(self, t: int) -> float:
        """Restoration set aside for a leased rack over a period."""
        rate, life = self.world.setting["discount_rate"], self.world.setting["restoration_life_years"]
        method = self.world.info["terminal_value"]
        if method == "none":
            return 0.0
        yearly = 1 / life if method == "book" or rate == 0.0 else rate / (1 - (1 + rate) ** -life)
        return self.restoration * yearly * self.world.periods[t].months / 12 * self.world.mid[t]

    def restored(self, day: date) -> float:
        """Restoration of a rack on a day, less what it is still worth at the end."""
        world = self.world
        left = world.left(world.age(day), world.setting["restoration_life_years"])
        return self.restoration * (world.on(day) - left * world.on(world.end))

    def released(self, release: Release) -> float:
        """Cost of giving back one base rack on a day, the rent of its last days included."""
        world, period = self.world, self.world.periods[release.t]
        months = (release.day - period.start).days / period.days * period.months
        before = self.rate(release.day - timedelta(days=1), period.year) * months * world.mid[release.t]
        fee = self.rate(release.day, period.year) * release.fee_months * world.on(release.day)
        return before + fee + self.restored(release.day)

    def held(self, t: int) -> float:
        """Cost of a base rack that is leased throughout a period."""
        period = self.world.periods[t]
        return self.rate(period.start, period.year) * period.months * self.world.mid[t] + self.accrual(t)

    # ---- tranches --------------------------------------------------------------------------------------
    def tranche(self, t: int) -> tuple[int, int, float]:
        """Periods that a tranche started in period t serves as a whole and touches, and a rack's cost."""
        world = self.world
        end = months_later(world.periods[t].start, self.option_months)
        cost, serves, touches = 0.0, 0, 0
        for u in range(t, len(world.periods)):
            period = world.periods[u]
            inside = (min(end, period.end) - period.start).days
            if inside <= 0:
                break
            growth = (1 + self.escalation) ** (period.year - fiscal_year(world.as_of))
            months = period.months * inside / period.days
            cost += self.option_rent / 1e6 * growth * months * world.mid[u]
            touches += 1
            if period.end <= end:
                serves += 1
                cost += self.accrual(u)
        if end < world.end:
            cost += self.restored(end)
        return serves, touches, cost

    def tranches(self, stays: int) -> Iterator[tuple[list[int], float]]:
        """Every set of tranches before the site is left: racks by period, and cost."""
        world = self.world
        earliest = months_later(world.as_of, self.notice)
        starts = [
            t
            for t, period in enumerate(world.periods[:stays])
            if self.option_racks
            and period.start >= earliest
            and (self.option_until is None or period.start <= self.option_until)
            and (self.last is None or months_later(period.start, self.option_months) <= self.last)
        ]
        sizes = range(0, self.option_racks + 1, self.step)
        for chosen in itertools.product(sizes, repeat=len(starts)):
            places, in_force, cost = [0] * len(world.periods), [0] * len(world.periods), 0.0
            for t, racks in zip(starts, chosen, strict=True):
                serves, touches, each = self.tranche(t)
                cost += racks * each
                for u in range(t, t + touches):
                    in_force[u] += racks
                    places[u] += racks if u < t + serves else 0
            if max(in_force) <= self.option_racks and not any(in_force[stays:]):
                yield places, cost

    # ---- the cheapest ----------------------------------------------------------------------------------
    def cheapest(self, needs: Needs, stays: int) -> float | None:
        """Least cost of holding so many racks in every period, with nothing left from period `stays` on.

        While the site is kept the committed minimum stays. None if the contract does not allow it.
        """
        key = (needs, stays)
        if key not in self._seen:
            costs = [
                cost + base
                for extra, cost in self.tranches(stays)
                if (base := self._base(0, self.racks, extra, needs, stays)) is not None
            ]
            self._seen[key] = min(costs, default=None)
        return self._seen[key]

    def _base(self, t: int, racks: int, extra: list[int], needs: Needs, stays: int) -> float | None:
        """Least cost of the base racks from a period on."""
        if t == len(self.world.periods):
            return 0.0
        release = next((release for release in self.releases if release.t == t), None)
        choices: list[int] = [0]
        if release and release.kind == "final":
            choices = [racks]
        elif release:
            choices = list(range(0, racks + 1, self.step))
        costs = []
        for n in choices:
            rest = racks - n
            least = self.least if t < stays else 0
            ended = self.renewal == "none" and self.fixed and self.fixed[0] < self.world.periods[t].end
            if rest + extra[t] < needs[t] or (rest < least and not ended) or (t >= stays and rest):
                continue
            after = self._base(t + 1, rest, extra, needs, stays)
            if after is not None:
                gone = n * self.released(release) if release and n else 0.0
                costs.append(gone + rest * self.held(t) + after)
        return min(costs, default=None)


class LeasedSite:
    """A leased site: its leases and the staff that go with the last rack."""

    def __init__(self, world: World, site: str, kept_allowed: Callable[[str, int, bool], bool]) -> None:
        self.world, self.site, self.kept_allowed = world, site, kept_allowed
        self.leases = {h: Lease(world, world.lease_of[h]) for h in world.halls if world.site_of[h] == site}
        self._seen: dict[tuple[Needs, ...], float | None] = {}

    def cheapest(self, needs: tuple[Needs, ...]) -> float | None:
        """Least cost of rent, restoration and staff for the racks that each hall of the site must hold."""
        if needs not in self._seen:
            costs = [self._until(needs, stays) for stays in range(len(self.world.periods) + 1)]
            self._seen[needs] = min((cost for cost in costs if cost is not None), default=None)
        return self._seen[needs]

    def _until(self, needs: tuple[Needs, ...], stays: int) -> float | None:
        world = self.world
        if not all(self.kept_allowed(self.site, t, t < stays) for t in range(len(world.periods))):
            return None
        yearly = float(world.sites[self.site]["staff_fte"]) * world.setting["staff_mjpy_per_fte_year"]
        total = sum(yearly / 12 * world.periods[t].months * world.mid[t] for t in range(stays))
        for lease, need in zip(self.leases.values(), needs, strict=True):
            cost = lease.cheapest(need, stays)
            if cost is None:
                return None
            total += cost
        return total
