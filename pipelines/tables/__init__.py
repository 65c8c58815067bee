"""Read and write users' tables by the kind of their file; what their columns mean is for the rooms above."""
