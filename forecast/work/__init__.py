"""Work and where it lands: intensity, placement, training, throughput of the fleet and of CPU cores, growth."""
