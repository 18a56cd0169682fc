"""Every whole-rack plan of a small case, one after the other, and the least cost among them.

Starts of projects, then racks period by period: every way to spread whole racks over the halls is tried and
dropped only where it breaks a promise. What a plan's racks leave open is settled exactly: the leases of each
site by trying all their choices, billed demand by its rule, claims by buying the cheapest first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from tests.random_cases.leases import LeasedSite
from tests.random_cases.places import Places, Starts, State
from tests.random_cases.world import NOISE, World, fiscal_year, months_later

MOST_PLANS = 5_000
"""A case with more plans is too large for this."""


class TooManyPlansError(Exception):
    """The case is too large to try every plan."""


@dataclass
class Best:
    """The cheapest plan found."""

    cost: float = math.inf
    starts: Starts = ()
    states: tuple[State, ...] = ()
    plans: int = 0
    optima: int = 0


@dataclass
class Brute:
    """The brute force on one world."""

    world: World
    best: Best = field(default_factory=Best)

    def __post_init__(self) -> None:
        self.places = Places(self.world)
        self.leased = {
            s: LeasedSite(self.world, s, self.places.kept_allowed)
            for s in self.world.sites
            if s not in self.world.owned
        }
        self.step_cost: dict[tuple[int, int, State], tuple[float, dict[str, tuple[float, ...]]]] = {}
        self.year_cost: dict[object, float | None] = {}

    def run(self) -> Best:
        """Try every plan."""
        for number, starts in enumerate(self.all_starts()):
            fixed = self.cost_of_starts(starts)
            for states, moves in self.places.paths(starts):
                self.best.plans += 1
                if self.best.plans > MOST_PLANS:
                    raise TooManyPlansError
                cost = self.cost(number, starts, states, moves)
                if cost is not None:
                    self._keep(fixed + cost, starts, states)
        return self.best

    def _keep(self, cost: float, starts: Starts, states: tuple[State, ...]) -> None:
        if abs(cost - self.best.cost) <= 1e-9 * max(1.0, abs(cost)):
            self.best.optima += 1
        elif cost < self.best.cost:
            self.best.cost, self.best.starts, self.best.states, self.best.optima = cost, starts, states, 1

    # ---- starts of projects ------------------------------------------------------------------------------
    def all_starts(self) -> Iterator[Starts]:
        """Every allowed choice of the period from which each project serves (None: never)."""
        world, options = self.world, []
        for row in world.projects.values():
            fixed = optional_date(row["service_date"])
            earliest = months_later(world.as_of, int(row["build_months"]))
            if row["earliest_date"]:
                earliest = max(earliest, date.fromisoformat(row["earliest_date"]))
            if row["committed"] == "true" and fixed:
                first = world.first_whole(fixed)
                options.append([first if first < len(world.periods) else None])
            else:
                may = [t for t, period in enumerate(world.periods) if period.start >= earliest]
                options.append([None, *may])
        for chosen in itertools.product(*options):
            starts = tuple(zip(world.projects, chosen, strict=True))
            if self._in_order(starts) and self._within_budget(starts) and self.places.starts_allowed(starts):
                yield starts

    def _in_order(self, starts: Starts) -> bool:
        world, at = self.world, dict(starts)
        for name, row in world.projects.items():
            begun = at[name]
            if not row["after_project"] or begun is None:
                continue
            other = world.projects[row["after_project"]]
            before = at[other["project"]]
            if before is None or before > begun:
                return False
            ready = months_later(self.service(other["project"], before), int(row["after_months"] or 0))
            if ready > world.periods[begun].start:
                return False
        return True

    def service(self, project: str, t: int) -> date:
        """The day from which a project that starts in a period serves."""
        row = self.world.projects[project]
        if row["committed"] == "true":
            return date.fromisoformat(row["service_date"])
        return self.world.periods[t].start

    def price(self, project: str, t: int) -> float:
        row = self.world.projects[project]
        cost = float(row["cost_mjpy"])
        if row["committed"] == "true":
            return cost
        years = (self.service(project, t) - date.fromisoformat(row["price_date"])).days / 365.25
        return cost * (1 + float(row["escalation"])) ** years

    def payments(self, project: str, t: int) -> list[tuple[date, float]]:
        """What is still to be paid, not before `as_of`; of a committed project the sunk part is not."""
        row, service = self.world.projects[project], self.service(project, t)
        paid = []
        for milestone in self.world.rows("milestones"):
            if milestone["profile"] != row["profile"]:
                continue
            day = months_later(service, -int(milestone["months_before"]))
            if day < self.world.as_of and row["committed"] == "true":
                continue
            paid.append((max(day, self.world.as_of), float(milestone["share"]) * self.price(project, t)))
        return paid

    def _chosen(self, starts: Starts) -> list[tuple[str, int]]:
        return [(name, t) for name, t in starts if t is not None]

    def _within_budget(self, starts: Starts) -> bool:
        if not self.world.rows("budgets"):
            return True
        spent: dict[int, float] = {}
        for name, t in self._chosen(starts):
            for day, amount in self.payments(name, t):
                if day >= self.world.end:
                    continue
                spent[fiscal_year(day)] = spent.get(fiscal_year(day), 0.0) + amount
        limit = {year: self.world.yearly("budgets", "capex_mjpy", year) for year in spent}
        return all(amount <= limit[year] + 1e-7 for year, amount in spent.items())

    def cost_of_starts(self, starts: Starts) -> float:
        """CAPEX and asset tax, less what the assets are worth at the end."""
        world, total = self.world, 0.0
        for name, t in self._chosen(starts):
            service, price = self.service(name, t), self.price(name, t)
            total += sum(amount * world.on(day) for day, amount in self.payments(name, t))
            for row in world.rows("project_assets"):
                if row["project"] != name:
                    continue
                life = float(
                    next(
                        a["life_years"]
                        for a in world.rows("asset_classes")
                        if a["asset_class"] == row["asset_class"]
                    )
                )
                share = float(row["share"])
                rest = (price - float(world.projects[name]["spent_mjpy"])) * share
                total -= rest * world.left(world.age(service), life) * world.on(world.end)
                total += self._asset_tax(price * share, life, service)
        return total

    def _asset_tax(self, cost: float, life: float, service: date) -> float:
        world, total = self.world, 0.0
        for year in world.years:
            if date(year + 1, 4, 1) > world.end or date(year, 1, 1) <= service:
                continue
            months = (year - service.year) * 12 + 1 - service.month
            book = cost * max(0.0, 1 - months / (12 * life))
            total += world.setting["asset_tax_rate"] * book * world.mid_year(year)
        return total

    # ---- the cost of a plan --------------------------------------------------------------------------------
    def cost(
        self, number: int, starts: Starts, states: tuple[State, ...], moves: tuple[State, ...]
    ) -> float | None:
        """Present value of everything but the projects; None where a hard target or a lease is broken."""
        world, places = self.world, self.places
        total, energy = 0.0, []
        for t, state in enumerate(states):
            key = (t, number, state)
            if key not in self.step_cost:
                self.step_cost[key] = self.running(t, starts, state)
            cost, quantities = self.step_cost[key]
            total += cost + self.moving(t, moves[t])
            energy.append(quantities)
        for s in world.owned:
            total += self.billed(s, [quantities[s][3] for quantities in energy])
        for year in world.years:
            inside = [t for t, period in enumerate(world.periods) if period.year == year]
            year_key = (number, year, tuple(states[t] for t in inside))
            if year_key not in self.year_cost:
                self.year_cost[year_key] = self.yearly(year, [energy[t] for t in inside])
            cost_of_year = self.year_cost[year_key]
            if cost_of_year is None:
                return None
            total += cost_of_year
        needs = places.needs(states, moves)
        for site in self.leased.values():
            rent = site.cheapest(tuple(needs[h] for h in site.leases))
            if rent is None:
                return None
            total += rent
        return total

    def running(self, t: int, starts: Starts, state: State) -> tuple[float, dict[str, tuple[float, ...]]]:
        """Cost of a period, and by site: IT MWh, facility MWh, imported MWh, peak kW."""
        world, period = self.world, self.world.periods[t]
        on = self.places.in_service(t, starts)
        total, by_site = 0.0, {s: [0.0, 0.0, 0.0, 0.0] for s in world.sites}
        staff = world.setting["staff_mjpy_per_fte_year"] / 12 * period.months
        for h, row in world.halls.items():
            racks = {k: n for (k, hall), n in zip(world.pairs, state, strict=True) if hall == h}
            mean, high, _ = world.per_it(h, t)
            it = sum(
                n * world.share[k][t] * world.class_year("mean_kw", k, t) * period.hours / 1000
                for k, n in racks.items()
            )
            peak = world.setting["peak_diversity"] * sum(
                n * world.class_year("peak_kw", k, t) for k, n in racks.items()
            )
            standing = world.fixed_kw(h) if on[h] else 0.0
            s = world.site_of[h]
            sums = by_site[s]
            sums[0] += it
            sums[1] += it * mean + standing * period.hours / 1000
            sums[3] += peak * high + standing
            total += sum(n * world.share[k][t] for k, n in racks.items()) * (
                world.setting["operations_jpy_per_rack_month"] * period.months / 1e6
            )
            if s in world.owned and on[h]:
                total += float(row["maintenance_mjpy_per_year"]) / 12 * period.months
                total += float(row["staff_fte"]) * staff
            if s not in world.owned:
                total += world.price(s, t) * it * float(world.lease_of[h]["contract_pue"]) / 1000
        for s, sums in by_site.items():
            sums[2] = sums[1] - (world.onsite(s, t) if s in world.owned else 0.0)
            if s in world.owned:
                total += world.price(s, t) * sums[2] / 1000 + float(world.sites[s]["staff_fte"]) * staff
            kg = world.kg_per_kwh(s, period.year)
            total += world.carbon_price(period.year) * kg * sums[2] / 1e6
        return total * world.mid[t], {s: tuple(sums) for s, sums in by_site.items()}

    def moving(self, t: int, moved: State) -> float:
        """Moves, what they are worth at the end, and the rent of an overlap shorter than a period."""
        world, total = self.world, 0.0
        life = world.setting["move_life_years"]
        age = (world.end - world.as_of).days / 365.25 - world.middle(t) / 365.25
        credit = world.left(age, life) * world.on(world.end)
        for (k, h), n in zip(world.pairs, moved, strict=True):
            if not n:
                continue
            total += n * float(world.classes[k]["move_mjpy_per_rack"]) * (world.mid[t] - credit)
            lease = self.leased[world.site_of[h]].leases[h] if h in world.lease_of else None
            if lease:
                period = world.periods[t]
                total += (
                    n * self.places.priced_overlap(t) * lease.rate(period.start, period.year) * world.mid[t]
                )
        return total

    def billed(self, s: str, peaks: list[float]) -> float:
        """Demand charge of an owned site for its billed peaks."""
        world, rule, total = self.world, self.world.sites[s]["demand_rule"], 0.0
        for t, period in enumerate(world.periods):
            year_before = months_later(period.start, -12)
            seen = [
                peaks[u]
                for u, other in enumerate(world.periods)
                if u == t
                or (rule == "agreed" and other.year == period.year)
                or (rule == "ratchet" and not period.tail and u < t and other.end > year_before)
            ]
            if rule == "ratchet" and period.start < months_later(world.as_of, 12):
                seen.append(float(world.sites[s]["opening_peak_kw"]))
            total += max(0.0, *seen) * world.demand_price(s, t) * world.mid[t]
        return total

    # ---- claims and targets ----------------------------------------------------------------------------
    def yearly(self, year: int, energy: list[dict[str, tuple[float, ...]]]) -> float | None:
        """Claims and misses of a fiscal year at least cost; None if a hard target cannot be met."""
        world = self.world
        sums = {s: [sum(period[s][i] for period in energy) for i in range(3)] for s in world.sites}
        shares: list[tuple[float, float | None]] = []
        total = 0.0
        for row in self.targets(year):
            inside = [s for s in world.sites if row["boundary"] == "fleet" or s in world.owned]
            price = float(row["miss_price"]) if row["miss_price"] else None
            value = float(row["value"])
            facility = sum(sums[s][1] for s in inside)
            if row["metric"] == "renewable_share":
                onsite = sum(sums[s][1] - sums[s][2] for s in inside)
                shares.append((value * facility - onsite, price))
                continue
            if row["metric"] == "pue":
                miss = facility - value * sum(sums[s][0] for s in inside)
            else:
                miss = sum(world.kg_per_kwh(s, year) * sums[s][2] for s in inside) - value
                price = price / 1e6 if price is not None else None
            if miss > 0.0 and price is None:
                if miss > 1e-6:
                    return None
                continue
            total += max(0.0, miss) * (price or 0.0)
        bought = self.bought(year, {s: sums[s][2] for s in world.owned}, shares)
        return None if bought is None else (total + bought) * world.mid_year(year)

    def targets(self, year: int) -> list[dict[str, str]]:
        """The targets in force; the tail holds the last value of each."""
        rows = self.world.rows("targets")
        last_planned = max(period.year for period in self.world.periods if not period.tail)
        found = []
        for name in dict.fromkeys(row["target"] for row in rows):
            of_target = {int(row["fiscal_year"]): row for row in rows if row["target"] == name}
            chosen = of_target[max(of_target)] if year > last_planned else of_target.get(year)
            if chosen:
                found.append(chosen)
        return found

    def bought(
        self, year: int, imported: dict[str, float], shares: list[tuple[float, float | None]]
    ) -> float | None:
        """Least cost of claims and misses: the cost is convex and bends only at these amounts."""
        world = self.world
        offers = []
        for row in world.rows("instruments"):
            if row["renewable"] == "true":
                volume = world.yearly("instrument_years", "volume_mwh", year, instrument=row["instrument"])
                price = world.yearly(
                    "instrument_years", "price_jpy_per_kwh", year, instrument=row["instrument"]
                )
                usable = [s for s in world.owned if row["site"] in ("", s)]
                offers.append((price / 1000, volume, frozenset(usable)))
        offers.sort(key=lambda offer: offer[0])
        steps, used, before = [], [], 0.0
        for price, volume, usable in offers:
            used.append((volume, usable))
            most = largest_claim(used, imported)
            steps.append((before, most, price))
            before = most
        costs = []
        for amount in [0.0, before, *(most for _, most, _ in steps), *(need for need, _ in shares)]:
            if not -1e-9 <= amount <= before + 1e-6:
                continue
            cost = sum(max(0.0, min(amount, most) - low) * price for low, most, price in steps)
            misses = [(max(0.0, need - amount), price) for need, price in shares]
            if any(miss > 1e-6 and price is None for miss, price in misses):
                continue
            costs.append(cost + sum(miss * (price or 0.0) for miss, price in misses))
        return min(costs, default=None)


def largest_claim(offers: list[tuple[float, frozenset[str]]], imported: dict[str, float]) -> float:
    """Most MWh that these offers can supply to these sites: the smallest cut, by trying every one."""
    sites, cuts = list(imported), []
    for size in range(len(sites) + 1):
        for full in itertools.combinations(sites, size):
            outside = set(sites) - set(full)
            cuts.append(
                sum(imported[s] for s in full) + sum(volume for volume, usable in offers if usable & outside)
            )
    return min(cuts, default=0.0)


def optional_date(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


__all__ = ["NOISE", "Best", "Brute", "TooManyPlansError"]
