"""Power, cost, revenue and price feedback of accelerators; how many there are is in `identity` and `capacity`."""
