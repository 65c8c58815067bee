"""Bring workbooks, JSON documents and delimited text with lines above its header to the same chunks of rows."""
