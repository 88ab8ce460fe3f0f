-- clean_email: the real address in lower case, or null.
-- VTEX's Conversation Tracker hides addresses: a hard alias is 32 hex digits at ct.vtex.com(.br) and
-- not reversible; a soft alias carries the address before -<digits and letter>.ct.vtex.com.br.
create or replace temp macro without_soft_alias(x) as
    regexp_replace(lower(trim(x)), '-[^-@]*\.ct\.vtex\.com(\.br)?$', '');

create or replace temp macro is_real_email(x) as
    length(x) <= 254
    and not contains(x, '*')
    and not regexp_matches(x, '[@.]ct\.vtex\.com(\.br)?$')
    and regexp_full_match(x, '[^@\s,;:<>()"\[\]\\]+@[a-z0-9\p{L}]([a-z0-9\p{L}.-]*[a-z0-9\p{L}])?\.[a-z\p{L}][a-z0-9\p{L}-]+')
    and not contains(x, '..');

create or replace temp macro clean_email(x) as
    case when is_real_email(without_soft_alias(x)) then without_soft_alias(x) end;
