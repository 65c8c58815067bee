"""Read the files people have, one small module a format, all into the frames; what is kept is for `ingest`."""
