"""Do the money tables tie out? Every figure that two tables both tell, side by side, to one yen."""
