"""A planner's words as changes of the model: `start hall=Shiroi-3a by=2025-04; keep site=Tokyo-2`.

| statement | means |
|---|---|
| `start hall=H by=D` (or `project=J`) | in service from the first whole period from D on |
| `start hall=H on=D` | the same, and not before |
| `defer hall=H to=D` | not in service before D |
| `drop hall=H` | never in service |
| `leave site=S by=D` | left by D |
| `keep site=S until=D` | kept to D; without `until` to the end of the horizon |
| `place class=K hall=H racks=N from=D until=D` | at least N racks stand there |
| `limit class=K hall=H racks=N from=D until=D` | at most N racks stand there |
| `stay class=K hall=H` | none of them is moved out of there |
| `hold lease=L racks=N from=D until=D` | at least N racks are under lease |

`not` before a statement bans it: `not start hall=H` is `drop`, `not leave site=S` is `keep`, `not keep site=S
until=D` is `leave ... by=D`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dcplan.errors import InputError, Problem
from dcplan.studies.resolve_changes import Bound

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan
    from dcplan.studies.resolve_case import Opened

_PAIR = re.compile(r"([a-z]+)=(\S+)")
_OPPOSITE = {"start": "drop", "leave": "keep", "keep": "leave", "drop": "start", "defer": "start"}


@dataclass(frozen=True)
class Wish:
    """One statement.

    Attributes:
        words: the statement, as it was understood.
        changes: what it changes in the model.
        done: whether a plan does it.
    """

    words: str
    changes: tuple[Bound, ...]
    done: Callable[[Plan], bool]


def wishes(opened: Opened, words: str) -> tuple[Wish, ...]:
    """Return the statements of a text.

    Raises:
        InputError: a statement is not understood, names what is unknown, or leaves no period.
    """
    parts = [part.strip() for part in words.split(";") if part.strip()]
    if not parts:
        raise _refused(words, "says nothing", "Say it like: start hall=Shiroi-3a by=2025-04.")
    return tuple(_Reader(opened, part).wish() for part in parts)


def _refused(words: str, rule: str, remedy: str) -> InputError:
    return InputError([Problem("the wish", None, None, words, rule, remedy)])


class _Reader:
    """Reads one statement."""

    def __init__(self, opened: Opened, words: str) -> None:
        self.opened, self.words = opened, words
        banned, _, rest = words.partition(" ") if words.startswith("not ") else ("", "", words)
        self.verb, _, tail = rest.strip().partition(" ")
        self.given: dict[str, str] = dict(_PAIR.findall(tail))
        strange = _PAIR.sub("", tail).strip()
        if strange:
            raise self.refused(f"{strange!r} is not understood", "Write key=value, such as by=2025-04.")
        if banned:
            if self.verb not in _OPPOSITE:
                raise self.refused(f"{self.verb!r} has no opposite", "Ban start, leave, keep, drop or defer.")
            self.verb = _OPPOSITE[self.verb]
            if self.verb == "leave" and "until" in self.given:
                self.given["by"] = self.given.pop("until")
            elif self.verb == "keep" and "by" in self.given:
                self.given["until"] = self.given.pop("by")
            elif self.verb == "start" and "to" in self.given:
                self.given["by"] = self.given.pop("to")

    def refused(self, rule: str, remedy: str) -> InputError:
        return _refused(self.words, rule, remedy)

    def wish(self) -> Wish:
        verbs = {
            "start": self.start, "defer": self.defer, "drop": self.drop, "leave": self.leave,
            "keep": self.keep, "place": self.place, "limit": self.place, "stay": self.stay, "hold": self.hold,
        }  # fmt: skip
        if self.verb not in verbs:
            raise self.refused(f"{self.verb!r} is no verb", f"The verbs are {', '.join(verbs)}.")
        changes = verbs[self.verb]()
        left = set(self.given) - self.used
        if left:
            raise self.refused(f"{self.verb} takes no {', '.join(sorted(left))}", "Leave it out.")
        said = " ".join([self.verb, *(f"{key}={value}" for key, value in self.given.items())])
        return Wish(said, changes, lambda plan: all(_kept(plan, change) for change in changes))

    used: frozenset[str] | set[str] = frozenset()

    # ---- what a statement is about ------------------------------------------------------------------------
    def use(self, key: str) -> str:
        self.used = {*self.used, key}
        return self.given.get(key, "")

    def one(self, key: str, known: list[str]) -> str:
        name = self.use(key)
        if not name:
            raise self.refused(f"{self.verb} needs {key}=...", f"One of {', '.join(known)}.")
        if name not in known:
            raise self.refused(f"{key} = {name} is unknown", f"One of {', '.join(known) or 'none'}.")
        return name

    def unit(self) -> tuple[str, str, str]:
        """Return variable, dimension and label of what a project brings into service."""
        blocks, projects = self.opened.matrix.blocks.variables, self.opened.case["projects"]
        if self.given.get("project"):
            name = self.one("project", [str(each) for each in projects["project"]])
            hall = str(projects.loc[projects["project"] == name, "hall"].iloc[0])
            return ("in_service", "hall", hall) if hall else ("upgraded", "project", name)
        known = list(dict.fromkeys(blocks["in_service"].frame()["hall"]))
        return "in_service", "hall", self.one("hall", [str(each) for each in known])

    def day(self, key: str, *, needed: bool = True) -> date | None:
        text = self.use(key)
        if not text and not needed:
            return None
        try:
            return date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else text)
        except ValueError:
            rule = f"{key} = {text or '(missing)'} is not a day"
            raise self.refused(rule, "Write it like 2025-04 or 2025-04-01.") from None

    def racks(self) -> float:
        text = self.use("racks")
        if not re.fullmatch(r"\d+", text):
            raise self.refused(f"racks = {text or '(missing)'} is not a number", "Write it like racks=20.")
        return float(text)

    def labels(
        self, variable: str, dim: str, where: dict[str, str], first: date | None, end: date | None
    ) -> tuple[str, ...]:
        """Return the periods of a variable that start from a day on and before another one."""
        m = self.opened.model.context.tables
        rows = self.opened.matrix.blocks.variables[variable].frame()
        for key, label in where.items():
            rows = rows[rows[key] == label]
        starts = m.periods.set_index("period")["start"]
        end = end or m.periods.loc[~m.periods["tail"], "end"].iloc[-1]
        found = [
            str(label)
            for label in rows[dim]
            if (first is None or starts[label] >= first) and starts[label] < end
        ]
        if not found:
            rule = "no period of the plan lies within these days in which that can be chosen"
            raise self.refused(rule, "Look at build times, terms and the horizon.")
        return tuple(found)

    # ---- the verbs ----------------------------------------------------------------------------------------
    def start(self) -> tuple[Bound, ...]:
        variable, dim, name = self.unit()
        on = self.day("on", needed=False)
        day = on or self.day("by", needed=False)
        tail = self.opened.model.context.tables.end
        if day is None:  # at all: in service at the end of the horizon
            last = self.labels(variable, "period", {dim: name}, None, None)[-1:]
            return (Bound(variable, ((dim, (name,)), ("period", last)), lower=1.0),)
        begun = self.labels(variable, "period", {dim: name}, day, tail)
        self.refuse_too_early(name, day, begun[0])
        found = [Bound(variable, ((dim, (name,)), ("period", begun)), lower=1.0)]
        if on is not None:
            found += self.before(variable, dim, name, on)
        return tuple(found)

    def refuse_too_early(self, name: str, day: date, first: str) -> None:
        """Refuse a day before the first period in which the model may start the unit."""
        m = self.opened.model.context.tables
        whole = m.calendar.first_whole_period(day)
        if whole is not None and whole != first:
            start = m.periods.set_index("period")["start"][first]
            rule = f"{name} cannot be in service before {start}: build time, earliest date or commitment"
            raise self.refused(rule, f"Ask for by={start}, or change projects.csv.")

    def before(self, variable: str, dim: str, name: str, day: date) -> list[Bound]:
        try:
            early = self.labels(variable, "period", {dim: name}, None, day)
        except InputError:
            return []
        return [Bound(variable, ((dim, (name,)), ("period", early)), upper=0.0)]

    def defer(self) -> tuple[Bound, ...]:
        variable, dim, name = self.unit()
        day = self.day("to")
        early = self.labels(variable, "period", {dim: name}, None, day)
        return (Bound(variable, ((dim, (name,)), ("period", early)), upper=0.0),)

    def drop(self) -> tuple[Bound, ...]:
        variable, dim, name = self.unit()
        return (Bound(variable, ((dim, (name,)),), upper=0.0),)

    def site(self) -> str:
        known = dict.fromkeys(self.opened.matrix.blocks.variables["kept"].frame()["site"])
        return self.one("site", [str(each) for each in known])

    def leave(self) -> tuple[Bound, ...]:
        site, day = self.site(), self.day("by", needed=False)
        end = self.opened.model.context.tables.end
        terms = self.labels("kept", "term", {"site": site}, day, None if day is None else end)
        gone = terms[-1:] if day is None else terms
        return (Bound("kept", (("site", (site,)), ("term", gone)), upper=0.0),)

    def keep(self) -> tuple[Bound, ...]:
        site, day = self.site(), self.day("until", needed=False)
        terms = self.labels("kept", "term", {"site": site}, None, day)
        return (Bound("kept", (("site", (site,)), ("term", terms)), lower=1.0),)

    def standing(self) -> dict[str, str]:
        case = self.opened.case
        name = self.one("class", [str(each) for each in case["classes"]["class"]])
        return {"class": name, "hall": self.one("hall", [str(each) for each in case["halls"]["hall"]])}

    def place(self) -> tuple[Bound, ...]:
        where, racks = self.standing(), self.racks()
        first, end = self.day("from", needed=False), self.day("until", needed=False)
        when = self.labels("racks", "period", where, first, end)
        at = (*((key, (label,)) for key, label in where.items()), ("period", when))
        return (Bound("racks", at, lower=racks) if self.verb == "place" else Bound("racks", at, upper=racks),)

    def stay(self) -> tuple[Bound, ...]:
        where = self.standing()
        when = self.labels("moved_out", "period", where, None, None)
        at = (*((key, (label,)) for key, label in where.items()), ("period", when))
        return (Bound("moved_out", at, upper=0.0),)

    def hold(self) -> tuple[Bound, ...]:
        name = self.one("lease", [str(each) for each in self.opened.case["leases"]["lease"]])
        racks, first = self.racks(), self.day("from", needed=False)
        terms = self.labels("leased_racks", "term", {"lease": name}, first, self.day("until", needed=False))
        return (Bound("leased_racks", (("lease", (name,)), ("term", terms)), lower=racks),)


_TABLE = {
    "in_service": ("halls", "in_service"),
    "upgraded": ("upgrades", "in_service"),
    "kept": ("sites", "kept"),
    "racks": ("racks", "racks"),
    "moved_out": ("racks", "moved_out"),
    "leased_racks": ("leases", "leased_racks"),
}


def _kept(plan: Plan, change: Bound) -> bool:
    """Whether a plan keeps a bound, read from its tables."""
    name, column = _TABLE[change.variable]
    rows = plan.tables[name]
    for dim, labels in change.where:
        rows = rows[rows["period" if dim == "term" else dim].isin(labels)]
    values = rows[column].astype(float)
    return bool((values >= change.lower - 1e-6).all() and (values <= change.upper + 1e-6).all())
