"""Where whole racks may stand: every placement that keeps the promises, period by period."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from datetime import date

from tests.random_cases.leases import Needs
from tests.random_cases.world import NOISE, Row, World

State = tuple[int, ...]
"""Racks by pair of class and hall, in the order of `World.pairs`."""
Starts = tuple[tuple[str, int | None], ...]
"""The period from which each project serves; None if it never does."""


class Places:
    """The promises about racks and halls on one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_site = self._groups([world.site_of[h] for h in world.halls])
        self.by_region = self._groups([world.sites[world.site_of[h]]["region"] for h in world.halls])
        self.pins = world.rows("pins")
        self.years = sorted({period.year for period in world.periods})

    def _groups(self, labels: list[str]) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for h, label in zip(self.world.halls, labels, strict=True):
            groups.setdefault(label, []).append(h)
        return groups

    # ---- pins ------------------------------------------------------------------------------------------
    def _pinned(self, t: int, decision: str) -> Iterator[Row]:
        start = self.world.periods[t].start
        for pin in self.pins:
            to = pin["period_to"]
            inside = start >= date.fromisoformat(pin["period_from"])
            if pin["decision"] == decision and inside and (not to or start < date.fromisoformat(to)):
                yield pin

    def kept_allowed(self, site: str, t: int, kept: bool) -> bool:
        return all(keeps(pin, float(kept)) for pin in self._pinned(t, "kept") if pin["site"] == site)

    def starts_allowed(self, starts: Starts) -> bool:
        for t in range(len(self.world.periods)):
            on = self.in_service(t, starts)
            if not all(keeps(pin, float(on[pin["hall"]])) for pin in self._pinned(t, "in_service")):
                return False
        return True

    def _amounts_allowed(self, t: int, decision: str, amounts: State) -> bool:
        for pin in self._pinned(t, decision):
            total = sum(
                n
                for (k, h), n in zip(self.world.pairs, amounts, strict=True)
                if pin["class"] in ("", k) and pin["hall"] in ("", h)
            )
            if not keeps(pin, float(total)):
                return False
        return True

    # ---- placements --------------------------------------------------------------------------------------
    def in_service(self, t: int, starts: Starts) -> dict[str, bool]:
        on = {h: row["status"] == "in_service" for h, row in self.world.halls.items()}
        for name, begun in starts:
            if h := self.world.projects[name]["hall"]:
                on[h] = begun is not None and begun <= t
        return on

    def power(self, s: str, t: int, starts: Starts) -> float:
        """Receiving kW of a site, with the upgrades that serve."""
        added = 0.0
        for name, begun in starts:
            row = self.world.projects[name]
            if not row["hall"] and row["site"] == s and begun is not None and begun <= t:
                added += float(row["adds_receiving_kw"])
        return self.world.receiving(s, t) + added

    def placements(self, t: int, starts: Starts) -> list[State]:
        """Every way to place the racks of a period that keeps the promises of that period."""
        world, on = self.world, self.in_service(t, starts)
        by_class = []
        for k in world.classes:
            halls = [h for other, h in world.pairs if other == k]
            most = [min(world.usable(h), world.demand[k][t]) if on[h] else 0 for h in halls]
            ways = itertools.product(*(range(m + 1) for m in most))
            by_class.append([way for way in ways if sum(way) == world.demand[k][t]])
        states = [tuple(itertools.chain(*ways)) for ways in itertools.product(*by_class)]
        return [state for state in states if self._stands(t, state) and self._fits(t, state, starts)]

    def _stands(self, t: int, state: State) -> bool:
        """Shares of sites and regions, pinned racks and pins."""
        world = self.world
        racks = dict(zip(world.pairs, state, strict=True))
        for groups, column in ((self.by_site, "max_site_share"), (self.by_region, "max_region_share")):
            for halls in groups.values():
                for k in world.classes:
                    held = sum(racks.get((k, h), 0) for h in halls)
                    if held and held > world.share_limit(k, t, halls, column):
                        return False
        for row in world.rows("pinned_racks"):
            active = not row["until"] or world.periods[t].start < date.fromisoformat(row["until"])
            if active and racks.get((row["class"], row["hall"]), 0) < int(row["racks"]):
                return False
        return self._amounts_allowed(t, "racks", state)

    def _fits(self, t: int, occupied: State, starts: Starts) -> bool:
        """Places and power of halls and sites, racks in overlap included."""
        world, on = self.world, self.in_service(t, starts)
        held = dict(zip(world.pairs, occupied, strict=True))
        site_kw = dict.fromkeys(world.owned, 0.0)
        for h, row in world.halls.items():
            racks = sum(held.get((k, h), 0) for k in world.classes)
            if h in world.lease_of:
                continue
            peak = world.setting["peak_diversity"] * sum(
                held.get((k, h), 0) * world.class_year("peak_kw", k, t) for k in world.classes
            )
            fits = racks <= world.usable(h) and peak <= float(row["it_kw"]) + 1e-7
            if (racks and not on[h]) or not fits:
                return False
            s = world.site_of[h]
            site_kw[s] += peak * world.per_it(h, t)[2] + (world.fixed_kw(h) if on[h] else 0.0)
        return all(kw <= self.power(s, t, starts) + 1e-7 for s, kw in site_kw.items())

    def need(self, h: str, t: int, occupied: State) -> int:
        """Fewest whole racks to lease in a hall: for its places and for the power that is reserved."""
        world, row = self.world, self.world.halls[h]
        held = [(k, n) for (k, other), n in zip(world.pairs, occupied, strict=True) if other == h]
        racks = sum(n for _, n in held)
        reserved = sum(n * world.class_year("contract_kw", k, t) for k, n in held)
        by_place = racks / float(row["largest_fill"])
        by_power = reserved / (float(row["it_kw"]) / int(row["rack_places"]))
        return math.ceil(max(by_place, by_power) - 1e-7)

    def needs(self, states: tuple[State, ...], moves: tuple[State, ...]) -> dict[str, Needs]:
        occupied = [self.occupied(t, state, moves) for t, state in enumerate(states)]
        return {
            h: tuple(self.need(h, t, racks) for t, racks in enumerate(occupied)) for h in self.world.lease_of
        }

    # ---- from period to period -----------------------------------------------------------------------------
    def overlap_periods(self, t: int) -> int:
        """Whole periods for which a moved rack still holds its old place."""
        period = self.world.periods[t]
        if period.tail:
            return 0
        return math.floor(self.world.setting["overlap_months"] / period.months + NOISE)

    def priced_overlap(self, t: int) -> float:
        months = self.world.periods[t].months
        whole = math.floor(self.world.setting["overlap_months"] / months + NOISE) * months
        return max(0.0, self.world.setting["overlap_months"] - whole)

    def occupied(self, t: int, state: State, moves: tuple[State, ...]) -> State:
        since = max(0, t + 1 - self.overlap_periods(t))
        return tuple(n + sum(moves[u][i] for u in range(since, t + 1)) for i, n in enumerate(state))

    def moved(self, t: int, before: State, after: State) -> State | None:
        """What must have moved out, hall by hall; None if that cannot be."""
        world, moved, placed = self.world, [], dict.fromkeys(world_classes(self.world), 0)
        out = dict.fromkeys(world_classes(self.world), 0)
        for (k, _), was, now in zip(world.pairs, before, after, strict=True):
            stays = was - math.floor(world.churn(k, t) * was + NOISE)
            moved.append(max(0, stays - now))
            placed[k] += max(0, now - stays)
            out[k] += moved[-1]
            if moved[-1] and world.classes[k]["movable"] != "true":
                return None
        return tuple(moved) if all(out[k] <= placed[k] for k in out) else None

    def paths(self, starts: Starts) -> Iterator[tuple[tuple[State, ...], tuple[State, ...]]]:
        """Every sequence of placements with the moves that it takes."""
        world = self.world
        by_period = [self.placements(t, starts) for t in range(len(world.periods))]
        opening = tuple(world.opening.get(pair, 0) for pair in world.pairs)

        def extend(
            states: tuple[State, ...], moves: tuple[State, ...]
        ) -> Iterator[tuple[tuple[State, ...], tuple[State, ...]]]:
            t = len(states)
            if t == len(world.periods):
                yield states, moves
                return
            for state in by_period[t]:
                out = self.moved(t, states[-1] if states else opening, state)
                if out is None:
                    continue
                so_far = (*moves, out)
                if any(out) and not self._moves_allowed(t, so_far):
                    continue
                if not self._amounts_allowed(t, "moved_out", out):
                    continue
                if any(map(any, so_far)) and not self._fits(t, self.occupied(t, state, so_far), starts):
                    continue
                yield from extend((*states, state), so_far)

        yield from extend((), ())

    def _moves_allowed(self, t: int, moves: tuple[State, ...]) -> bool:
        world, period = self.world, self.world.periods[t]
        fleet = world.setting["move_limit_fleet_racks_per_month"] * period.months
        site = world.setting["move_limit_site_racks_per_month"] * period.months
        by_site = dict.fromkeys(world.sites, 0)
        for (_, h), n in zip(world.pairs, moves[t], strict=True):
            by_site[world.site_of[h]] += n
        if sum(moves[t]) > fleet + NOISE or any(n > site + NOISE for n in by_site.values()):
            return False
        for k, row in world.classes.items():
            opening = sum(n for (other, _), n in world.opening.items() if other == k)
            this_year = sum(
                n
                for u, out in enumerate(moves)
                if world.periods[u].year == period.year
                for (other, _), n in zip(world.pairs, out, strict=True)
                if other == k
            )
            if this_year > math.floor(float(row["yearly_move_share"]) * opening + NOISE):
                return False
        return True


def world_classes(world: World) -> list[str]:
    return list(world.classes)


def keeps(pin: Row, amount: float) -> bool:
    """Whether an amount keeps to a pin."""
    value = float(pin["value"])
    return {"<=": amount <= value + NOISE, ">=": amount >= value - NOISE, "=": abs(amount - value) < NOISE}[
        pin["sense"]
    ]
