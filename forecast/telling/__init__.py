"""Answers told in one form: plain words first, units, what they rest on, and plain values for every door."""
