"""Dated claims held against the draws: their odds, what they need; the words of a claim are read in `statements`."""
