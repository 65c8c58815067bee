"""What an interval and a change are made of: given-data indices, worth of knowing, ranks of leaves, bridges; no draws.

Draws of other worlds are asked of `identity`; the cube is read through `views`.
"""
