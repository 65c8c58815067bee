"""Supply: what can be built, powered and paid for by quarter, and shipments cut to it; plans are in `capacity`."""
