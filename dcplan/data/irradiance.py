"""Irradiance beside the temperatures of a case: in weather files, or the weather sheet of a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.data.places import WEATHER
from dcplan.data.weather_file import read_irradiance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dcplan.data.case import Case


def irradiance_of(case: Case, file: str) -> npt.NDArray[np.float64] | None:
    """Return direct normal and diffuse horizontal irradiance of a weather file: (8,760, 2) [W/m2], or None.

    Raises:
        InputError: a file has the columns, and something else in them.
    """
    if file in case.irradiance:
        return case.irradiance[file]
    return read_irradiance(Path(case.folder) / WEATHER / file)
