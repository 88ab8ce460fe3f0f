"""The long run in small: real processes, a real socket, a real ledger, one sender killed."""

import pytest

from tests.destinations.long_run.harness import run


@pytest.mark.slow
def test_every_record_arrives_and_what_arrives_twice_is_explained(tmp_path):
    (done,) = run(tmp_path, records=600, kinds=("hubspot",), kills=1, seed=3, is_measured=False)
    assert done.problems == []
    assert (done.kills, done.accepted, done.refused) == (1, 594, 6)
    assert (done.unexplained, done.wrong_contacts) == (0, 0)
    assert (done.second_push, done.changed, done.moved, done.day_after) == (0, 6, 6, 12)
