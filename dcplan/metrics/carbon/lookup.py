"""Which factor applies: factors in force, looked up for many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.factors import LOCATION, refuse_two

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

NATION = "national_average"


class Factors:
    """The factors of a register that are in force; places are those of factors, negative where none applies.

    Attributes:
        location_sets: the sets of location-based factors in order.
    """

    def __init__(self, register: pd.DataFrame) -> None:
        """Read a register as `factor_register` returns it."""
        kinds = register["factor_type"].to_numpy(dtype=object)
        sets = register["factor_set"].to_numpy(dtype=object)
        self.location_sets = sorted(set(sets[kinds == LOCATION]))
        held = register["in_force"].to_numpy(dtype=bool)
        self._kind, self._set = kinds[held], sets[held]
        # the last elements answer for the place -1
        self._ids = np.append(register["factor_id"].to_numpy(dtype=object)[held], np.array([None]))
        self._values: Numbers = np.append(register["value"].to_numpy(dtype=float)[held], np.nan)
        subject = register["subject"].to_numpy(dtype=object)[held]
        year = register["applies_to_fy"].fillna(0).to_numpy(dtype=int)[held]  # factors without a year
        self._subjects, self._years = pd.Index(pd.unique(subject)), pd.Index(np.unique(year))
        self._subject = self._subjects.get_indexer(subject)
        self._year = self._years.get_indexer(year)

    def of_year(self, kind: str, rows: pd.DataFrame, factor_set: str | None = None) -> Places:
        """Return the place of the factor of each row's grid_area and fiscal_year.

        Args:
            kind: a type of factors of electricity.
            rows: with grid_area and fiscal_year.
            factor_set: of location-based factors.

        Raises:
            InputError: two records claim to be the factor of one subject and year.
        """
        area = self._subjects.get_indexer(rows["grid_area"].to_numpy(dtype=object))
        places: Places = self._table(kind, factor_set)[area, self._years.get_indexer(rows["fiscal_year"])]
        return places

    def of_nation(self, rows: pd.DataFrame) -> Places:
        """Return the place of the national average of each row's fiscal_year."""
        places: Places = self._table(NATION).max(axis=0)[self._years.get_indexer(rows["fiscal_year"])]
        return places

    def of_subject(self, kind: str, subjects: pd.Series[Any]) -> Places:
        """Return the place of the factor of each fuel, gas or class of goods: of a type without years."""
        place = self._subjects.get_indexer(subjects.to_numpy(dtype=object))
        places: Places = self._table(kind).max(axis=1)[place]
        return places

    def one(self, kind: str, subject: str | None = None) -> tuple[Any, float]:
        """Return id and value of the factor of a type without years; None and NaN where there is none."""
        places = np.flatnonzero(self._kind == kind)
        if subject is not None:
            places = places[self._subjects[self._subject[places]] == subject]
        place = places[0] if len(places) else -1
        return self._ids[place], float(self._values[place])

    def ids(self, places: Places) -> npt.NDArray[np.object_]:
        """Return the ids of factors; None where no factor applies."""
        ids: npt.NDArray[np.object_] = self._ids[places]
        return ids

    def values(self, places: Places) -> Numbers:
        """Return the values of factors, for electricity kg/kWh = t/MWh; NaN where no factor applies."""
        values: Numbers = self._values[places]
        return values

    def _table(self, kind: str, factor_set: str | None = None) -> Places:
        """Return the places of a type by subject and year, each with a last element for what is unknown."""
        chosen = self._kind == kind
        if factor_set is not None:
            chosen &= self._set == factor_set
        places = np.flatnonzero(chosen)
        table = np.full((len(self._subjects) + 1, len(self._years) + 1), -1, dtype=np.intp)
        table[self._subject[places], self._year[places]] = places
        held = table[self._subject[places], self._year[places]]
        refuse_two(self._ids[places[held != places]])
        return table
