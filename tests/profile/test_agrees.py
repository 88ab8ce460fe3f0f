"""The fast stage equals the slow reference on every field, for any shop and list of windows."""

from hypothesis import given
from hypothesis import strategies as st

from enrich.model import WINDOWS_DAYS, Rules
from tests.examples import costly
from tests.profile import reference
from tests.profile.reference import Purchase
from tests.profile.shops import AS_OF, computed, inputs, shops

Shop = tuple[list[int], list[Purchase]]
LONGER = st.lists(st.integers(361, 1000), unique=True, max_size=12).map(sorted)
WINDOWS = LONGER.map(lambda longer: (*WINDOWS_DAYS, *longer))


@costly(50)
@given(
    shop=shops(),
    windows=st.one_of(st.just(WINDOWS_DAYS), WINDOWS),
    data=st.data(),
    beyond_last=st.sampled_from(["older", "lifetime"]),
    method=st.sampled_from(["icomm", "quintile"]),
)
def test_the_stage_equals_the_reference(
    shop: Shop, windows: tuple[int, ...], data: st.DataObject, beyond_last: str, method: str
) -> None:
    customers, purchases = shop
    segment_window = data.draw(st.sampled_from(reference.names(windows)))
    rules = Rules(
        windows=windows,
        beyond_last=beyond_last,
        segment_window=segment_window,
        rfm_method=method,
    )
    expected = reference.profiles(
        customers,
        purchases,
        AS_OF,
        beyond_last=beyond_last,
        days=windows,
        segment_window=segment_window,
        method=method,
    )
    assert computed(inputs(customers, purchases), rules=rules) == expected
