"""Metrics: pure functions of plan tables, under the field's standard names."""
