"""Forecasts against what came: backtests, benchmarks, scorecard, promotion; the scores are in `scores`."""
