"""The fast stage equals the slow reference on every field, for any shop."""

from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.model import Rules
from tests.profile import reference
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, computed, inputs, shops

Shop = tuple[list[int], list[Purchase]]


@settings(max_examples=40, deadline=None)
@given(
    shop=shops(),
    beyond_360=st.sampled_from(["older", "lifetime"]),
    segment_window=st.sampled_from(reference.WINDOWS),
    method=st.sampled_from(["icomm", "quintile"]),
)
def test_the_stage_equals_the_reference(
    shop: Shop, beyond_360: str, segment_window: str, method: str
) -> None:
    customers, purchases = shop
    rules = Rules(beyond_last=beyond_360, segment_window=segment_window, rfm_method=method)
    expected = reference.profiles(
        customers,
        purchases,
        AS_OF,
        beyond_360=beyond_360,
        segment_window=segment_window,
        method=method,
    )
    assert computed(inputs(customers, purchases), rules=rules) == expected
