"""Studies: questions that take several solves of one case."""
