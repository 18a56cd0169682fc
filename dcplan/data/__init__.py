"""What goes in: the data dictionary, the reader, the checks and the calendar.

`schema` says what a column and a table are; `tables` declares every table once; `load` turns a case
folder into a `Case`; `check` adds the proofs and warnings that a planner wants before a solve;
`calendar` is the only place that knows how long a period is.
"""
