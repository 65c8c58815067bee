"""One planner's own fleet: its demand, when it is full, what to add, and its budget (the world's: `identity`)."""
