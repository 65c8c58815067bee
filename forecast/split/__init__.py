"""Who buys: the hyperscale share, the leaves below it, membership; imposing a claimed share is in `sixty_forty`."""
