"""Who has a place at the engine, who waits for one, and for how long."""
