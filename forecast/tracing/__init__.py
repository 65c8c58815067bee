"""From a figure back to what it is made of: its equation and drawn inputs, and the rows of the record it rests on."""
