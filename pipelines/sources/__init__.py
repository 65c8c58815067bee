"""Readers of the files people have, one small file a format, all into the frames."""
