"""Keep a planner's own fleets: their usage, facts and forecasts; what is made of them is in `forecast.fleet`."""
