select
    part,
    whole,
    percent_of(part::bigint, whole::bigint) as percent,
    rounded_ratio(part::bigint, whole::bigint, 100) as ratio
from parts
