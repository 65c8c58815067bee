"""Readers of the files people have, one small file a format, all into the frames; what is kept is for `ingest`."""
