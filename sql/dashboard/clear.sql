-- The tables that were only made to be asked: another store begins with an empty memory.
drop table if exists sold;
drop table if exists tallies;
drop table if exists labels;
drop table if exists things;
drop table if exists points;
drop table if exists counted;
drop table if exists sales;
