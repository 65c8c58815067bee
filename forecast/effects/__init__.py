"""Effects: what an interval and a change are made of, and the worth of knowing a figure; nothing is fitted here.

Draws of other worlds are asked of `identity`; the cube is read through `views`.
"""
