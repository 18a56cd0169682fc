"""Money of a plan: budget, assets, leases, statements and cases, from saved plan tables only."""
