-- Schema 10: a salt for control buckets (state.control_salt; sql/schema/state.sql makes it), and the discount of a line is
-- null where its price before discounts is not known: the next resolve fills purchase_lines again.
drop table if exists state.resolved;
