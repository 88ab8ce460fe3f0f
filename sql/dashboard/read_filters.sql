-- The filters of the dashboard, in the order the page offers them.
select filter_no, kind, label
from filters
order by filter_no;
