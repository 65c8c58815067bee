"""Statements taken at their word: how likely each wording is, and what it would take for it to hold."""
