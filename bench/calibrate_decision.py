"""How often the decision of a study loses more than it says: simulated studies, whose true means are known.

    python bench/calibrate_decision.py

The row with the best mean is taken, as a study does where nothing is shown to be equivalent; the risk is the largest
upper end of the sign-flip intervals of the others minus the taken one. Scores of a seed share half of their variance.
"""

from __future__ import annotations

import numpy as np

from optbench.statistics import sign_flip_interval

STUDIES = 1000
SHAPES = {
    "Gaussian": lambda rng, size: rng.standard_normal(size),
    "skewed": lambda rng, size: (np.exp(0.5) - rng.lognormal(0.0, 1.0, size)) / 2.16,
}


def lost(rng: np.random.Generator, means: np.ndarray, n: int, shape: str) -> tuple[float, float]:
    """Return the true loss of the row with the best mean, and the risk that is named."""
    common = rng.standard_normal((n, 1))
    scores = means + np.sqrt(0.5) * (common + SHAPES[shape](rng, (n, len(means))))
    taken = int(np.argmax(scores.mean(axis=0)))
    others = [place for place in range(len(means)) if place != taken]
    ends = [-sign_flip_interval(scores[:, taken] - scores[:, place])[0] for place in others]
    return float(means.max() - means[taken]), max(0.0, *ends)


def main() -> None:
    """Print the table of docs/statistics.md."""
    rng = np.random.default_rng(16)
    print("| optimizers | apart by / sd | scores | seeds | loses more than named | mean risk / sd | mean loss / sd |")
    print("|---|---|---|---|---|---|---|")
    for k in (2, 4, 8):
        for apart in (0.25, 0.5):
            for shape in SHAPES:
                for n in (10, 20):
                    means = np.linspace(0.0, apart, k)
                    found = np.array([lost(rng, means, n, shape) for _ in range(STUDIES)])
                    rate = float(np.mean(found[:, 0] > found[:, 1]))
                    error = np.sqrt(rate * (1.0 - rate) / STUDIES)
                    named, loss = found[:, 1].mean(), found[:, 0].mean()
                    cells = f"{100 * rate:.1f} ± {100 * error:.1f} | {named:.2f} | {loss:.2f}"
                    print(f"| {k} | {apart:g} | {shape} | {n} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
