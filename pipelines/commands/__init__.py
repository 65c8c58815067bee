"""Command line, one command a file: options in, a call, lines out; no command holds the work itself."""
