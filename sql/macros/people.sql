-- One bit of 64 for a person: five different bits are five different people. They merge with bit_or, so whether
-- something is about five people is mostly settled without counting anybody twice.
create or replace temp macro person_mark(person) as 1::ubigint << (hash(person) % 64)::ubigint;
create or replace temp macro people_at_least(marks) as bit_count(marks);
