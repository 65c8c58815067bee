"""Accelerators: throughput, placement, generations, equivalents, conversion of work to hours; never their number."""
