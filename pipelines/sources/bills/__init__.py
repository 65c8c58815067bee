"""Read bills: accelerator hours, tokens and cost from the lines of a charge, each line taken for what it is."""
