-- profiles_next: the profiles that are being written; nothing of an earlier run stays in it.
drop table if exists profiles_next;
