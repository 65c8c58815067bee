"""Dated statements about a share, their likelihoods, the state conditioned on them; the split is drawn in `split`."""
