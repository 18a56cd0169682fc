"""Groups of cost terms that several tables share."""

from __future__ import annotations

from typing import Final

CAPEX: Final = ("capex", "onsite_capex", "onsite_replacement")
"""What is built, bought for sites (batteries, panels), and what replaces that at the end of its life."""
