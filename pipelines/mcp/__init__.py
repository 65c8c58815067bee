"""Doors for assistants: a registered forecast as tools of the Model Context Protocol; nothing here changes anything."""
