"""What an accelerator does: throughput, placement, generations, equivalents, conversion; never how many are wanted."""
