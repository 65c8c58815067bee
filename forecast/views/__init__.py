"""Views of the drawn cube: parts, rows, crossings, scenarios, attribution, widening; nothing here draws a world."""
