"""Views of a forecast as words, pictures and tables, and the page they are laid out on; nothing is computed here."""
