"""Read what clusters export: instances and pods, allocations, device metrics and lists of capacity."""
