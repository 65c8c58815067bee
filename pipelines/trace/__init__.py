"""A figure in a file that this package wrote, found again in the forecast; rows of the record found in their files."""
