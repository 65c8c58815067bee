"""Scenarios as they are written: levers, their composition, canonical form and hash, and paths they give. No cube."""
