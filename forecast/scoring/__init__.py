"""Scoring of forecasts against actuals: backtests, benchmarks, scorecard, promotion; the scores are in `scores`."""
