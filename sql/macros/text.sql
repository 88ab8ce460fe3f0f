-- Cleaning rules, each in one place. Temporary: made anew whenever the warehouse is opened.

-- Text without surrounding blanks; '' is null.
create or replace temp macro text_or_null(x) as nullif(trim(x), '');

-- A name, or null when VTEX stored it masked with asterisks.
create or replace temp macro name_or_null(x) as
    case when contains(x, '*') then null else text_or_null(x) end;

-- A UTC moment from ISO text with up to 7 fractional digits; text without a zone is UTC.
create or replace temp macro moment(x) as
    try_cast(try_cast(nullif(trim(x), '') as timestamptz) as timestamp);

-- Integer cents from an amount in hundredths; VTEX's index answers floats for them.
create or replace temp macro cents(x) as try_cast(round(try_cast(x as double)) as bigint);

-- Integer cents from an amount in currency units, rounded half away from zero.
create or replace temp macro units_to_cents(x) as
    try_cast(round(try_cast(x as decimal(18, 4)) * 100) as bigint);

-- The ids of a path such as /1/10/, the department first.
create or replace temp macro path_ids(x) as list_filter(string_split(x, '/'), lambda part: part <> '');

-- The key that promo codes are compared by.
create or replace temp macro promo_code_key(x) as lower(text_or_null(x));
