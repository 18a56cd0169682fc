"""Expressions over the variables of a program are made once for it and its copies."""

from __future__ import annotations

from dcplan.data.once import once_for

once = once_for(lambda program: program.variables_of)
