"""How runs are shared out over jobs. Milliseconds."""

from __future__ import annotations

from itertools import chain, groupby
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from optbench.runner.detach import shared_out


@given(groups=st.lists(st.sampled_from("abc "), min_size=1, max_size=40), jobs=st.integers(1, 50))
def test_every_run_has_one_job_and_groups_stay_together(groups, jobs):
    """Shares differ by one run at most; no more programs are traced than cuts make necessary."""
    runs = [SimpleNamespace(run=f"{group}{i}", group=group.strip()) for i, group in enumerate(groups)]
    shares = shared_out(runs, jobs, group_of=lambda run: run.group)
    assert sorted(run.run for run in chain(*shares)) == sorted(run.run for run in runs)
    sizes = [len(share) for share in shares]
    assert len(shares) == min(jobs, len(runs))
    assert max(sizes) - min(sizes) <= 1
    kinds = [run.group or run.run for run in chain(*shares)]
    assert len([kind for kind, _ in groupby(kinds)]) == len(set(kinds))
