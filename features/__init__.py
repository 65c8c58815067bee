"""The frames: contracts, units, calendars, as-of cuts, inputs of models; nothing here fits, draws or reads a file."""
