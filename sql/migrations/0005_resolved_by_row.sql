-- Schema 5: what a resolve read is remembered row by row, so that the next one makes only what changed.
drop table if exists state.resolved;
