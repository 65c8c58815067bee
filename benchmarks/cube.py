"""Measure speed and memory of the blockwise demand identity, beside the numpy lower bound of the same arithmetic.

``python benchmarks/cube.py`` converts 1,000 leaves x 1,000 draws x 60 months x 3 techniques x 4 generations, summed
to hours by draw, leaf and month and by technique and generation, through ``busy_hour_blocks`` of
:mod:`forecast.hardware.conversion`; then the same products and sums written out by hand on buffers made once.
``--scaling`` adds halves of the leaves and of the draws, one size a process, to show that the cost is linear in both.
The made-up inputs are not timed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.hardware.conversion import busy_hour_blocks, hours_per_request

LEAVES, DRAWS, MONTHS, TECHNIQUES, GENERATIONS = 1000, 1000, 60, 3, 4
REPEATS = 3  # the fastest counts


def made_up(leaves: int, draws: int) -> tuple[Array, Array, Array]:
    """Return volumes, technique shares and hours a request."""
    random = np.random.default_rng(1)
    volumes = random.random((draws, leaves, MONTHS, 1, 1)) * 1e9
    shares = random.random((draws, leaves, MONTHS, TECHNIQUES, 1))
    shares /= shares.sum(axis=3, keepdims=True)
    intensity = random.random((draws, 1, MONTHS, TECHNIQUES, 1)) * 100
    placement = np.full((draws, 1, 1, 1, GENERATIONS), 1 / GENERATIONS)
    throughput = 1000.0 + random.random((draws, 1, MONTHS, TECHNIQUES, GENERATIONS))
    return volumes, shares, hours_per_request(intensity, placement, throughput)


def blockwise(volumes: Array, shares: Array, each: Array) -> tuple[Array, Array]:
    """Return hours by draw, leaf and month, and by draw, technique and generation."""
    draws, leaves = volumes.shape[:2]
    totals, mix = np.empty((draws, leaves, MONTHS)), np.empty((draws, TECHNIQUES, GENERATIONS))
    for block, hours in busy_hour_blocks(volumes, shares, each):
        np.einsum("dltkg->dlt", hours, out=totals[block])
        np.einsum("dltkg->dkg", hours, out=mix[block])
    return totals, mix


def by_hand(volumes: Array, shares: Array, each: Array) -> tuple[Array, Array]:
    """Return the same, draw by draw on buffers made once."""
    draws, leaves = volumes.shape[:2]
    totals, mix = np.empty((draws, leaves, MONTHS)), np.empty((draws, TECHNIQUES, GENERATIONS))
    asked, hours = np.empty(shares.shape[1:]), np.empty((leaves, MONTHS, TECHNIQUES, GENERATIONS))
    for draw in range(draws):
        np.multiply(volumes[draw], shares[draw], out=asked)
        np.multiply(asked, each[draw], out=hours)
        np.einsum("ltkg->lt", hours, out=totals[draw])
        np.einsum("ltkg->kg", hours, out=mix[draw])
    return totals, mix


def measure(leaves: int, draws: int) -> None:
    """Print one size: seconds of both, their ratio, and the peak of memory."""
    inputs = made_up(leaves, draws)
    ways, answers = {"blockwise": blockwise, "by hand": by_hand}, {}
    seconds = dict.fromkeys(ways, np.inf)
    for name in [*ways] * REPEATS:  # in turns, so that what else the machine does falls on both
        start = time.perf_counter()
        answers[name] = ways[name](*inputs)
        seconds[name] = min(seconds[name], time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    for one, other in zip(*answers.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    cells = leaves * draws * MONTHS * TECHNIQUES * GENERATIONS
    print(
        f"{leaves:5d} leaves x {draws:5d} draws ({cells / 1e6:6.0f} M cells): {seconds['blockwise']:6.2f} s, by hand "
        f"{seconds['by hand']:6.2f} s, ratio {seconds['blockwise'] / seconds['by hand']:.2f}, peak {peak:.1f} GiB"
    )


def main() -> None:
    """Run the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=LEAVES)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--scaling", action="store_true", help="also half the leaves and half the draws")
    asked = parser.parse_args()
    sizes = [(asked.leaves, asked.draws)]
    if asked.scaling:
        sizes = [(asked.leaves // 4, asked.draws), (asked.leaves // 2, asked.draws), (asked.leaves, asked.draws // 4),
                 (asked.leaves, asked.draws // 2), *sizes]  # fmt: skip
    if len(sizes) == 1:
        measure(*sizes[0])
        return
    for leaves, draws in sizes:
        subprocess.run([sys.executable, __file__, f"--leaves={leaves}", f"--draws={draws}"], check=True)


if __name__ == "__main__":
    main()
