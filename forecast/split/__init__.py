"""Hyperscale share, the leaves below it, and membership; imposing a claimed share is in `sixty_forty`."""
