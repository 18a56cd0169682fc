"""How a hall behaves: outdoor temperature, cooling overhead and PUE, the electricity bill."""
