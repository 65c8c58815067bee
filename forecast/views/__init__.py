"""The drawn cube read: parts, rows, crossings, scenarios, attribution, widening; nothing here draws a world."""
