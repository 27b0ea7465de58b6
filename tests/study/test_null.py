"""The same optimizer under two names: over many studies a winner is found no more often than alpha."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from finished_runs import make_run
from scipy.stats import binom

from optbench.comparison import compare

STUDIES, SEEDS, ALPHA = 250, 8, 0.05


def winners(rng, *, handicap):
    """Return whether a study of three labels of one optimizer, the last one handicapped, names a better one."""
    labels, records = {}, []
    for place, label in enumerate(("adam", "adam-again", "adam-once-more")):
        for seed in range(SEEDS):
            score = 0.9 + 0.01 * rng.standard_normal() - (handicap if place == 2 else 0.0)
            # rows with the same setting are recognised as one, and not tested
            rate = {"learning_rate": 0.001 * (1.0 + 1e-6 * place)}
            run = replace(make_run("adam", seed, score, arguments=rate), run=f"{label}-s{seed}")
            labels[run.run] = label
            records.append(run)
    found = compare(records, labels=labels, alpha=ALPHA).problems[0].pairs
    return {pair.decision.value for pair in found} & {"a_better", "b_better"}


def test_an_a_a_study_finds_winners_no_more_often_than_alpha():
    """Three names, three pairs, Holm: the number of studies with any winner is one that 5 % can explain."""
    rng = np.random.default_rng(20)
    false = sum(bool(winners(rng, handicap=0.0)) for _ in range(STUDIES))
    assert false <= binom.ppf(0.999, STUDIES, ALPHA)


def test_a_handicapped_one_is_found():
    """Three standard deviations behind, it loses in nearly all studies."""
    rng = np.random.default_rng(21)
    assert sum(bool(winners(rng, handicap=0.03)) for _ in range(40)) >= 36
