"""Expressions are made once for a program and its copies, tables of a case once for its tables."""

from __future__ import annotations

from dcplan.data.once import once_for

once = once_for(lambda program: program.variables_of)
once_of_tables = once_for(lambda tables: tables)
