"""Arithmetic of money: depreciation and discounting, as pure functions of numbers and dates."""
