-- The change from one figure to the next in percent with one decimal; null when either is not known or 0 before.
create or replace temp macro change_percent(now, before) as
    case when before > 0 then round(100.0 * (now - before) / before, 1) end;
