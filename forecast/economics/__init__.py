"""Power, cost, revenue and price feedback of accelerators."""
