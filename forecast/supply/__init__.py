"""Supply: what can be built, powered and paid for by quarter, and wanted shipments cut to it; plans are in `capacity`."""
