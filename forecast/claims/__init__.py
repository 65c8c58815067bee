"""Dated claims compared with the draws: their odds and needs; the words of a claim are read in `statements`."""
