-- The cut points of the last kept run of one store.
from rfm_cut_points
where store = getvariable('store');
