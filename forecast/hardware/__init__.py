"""What accelerators can do: throughput at a service level, what fits where, generation ratios, equivalents, sizing."""
