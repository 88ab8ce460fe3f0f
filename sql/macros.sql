-- name: ratios
-- rounded_ratio: whole numbers divided, in units of 1 / scale, half away from zero; null when divided by 0. Fractions
-- of two decimals are no exact doubles: round(73 / 20, 1) is 3.6.
create or replace temp macro rounded_ratio(top, bottom, scale) as
    case when bottom > 0 then
        sign(top) * ((2 * scale * abs(top::hugeint) + bottom::hugeint) // (2 * bottom::hugeint))::double / scale
    end;

-- percent_of: a part in percent of the whole with one decimal; null when the whole is 0.
create or replace temp macro percent_of(part, whole) as rounded_ratio(100 * part, whole, 10);

-- The change from one figure to the next in percent with one decimal; null when either is not known or 0 before.
create or replace temp macro change_percent(now, before) as percent_of(now - before, before);

-- A count of people, null for one to four: no figure is about so few.
create or replace temp macro unless_few(people) as case when people not between 1 and 4 then people end;

-- name: digest
-- A person known by nothing but an address: the same digest as of a forgotten one (sql/forget), so that
-- the two can be compared. The salt, state.tombstone_salt, never leaves the warehouse.
create or replace temp macro email_digest(salt, email) as sha256(salt || 'email:' || email);

-- An identifier of somebody who was forgotten: ids letter for letter, the others without regard to case.
create or replace temp macro identifier_digest(salt, kind, value) as
    sha256(
        salt || kind || ':'
        || case when kind in ('contact', 'customer_id') then value else lower(value) end
    );

-- name: consent
-- email_consent: whether a person may be sent mails, by the statements of all sources and the source's own field; a no
-- counts before every yes, null is not known.
create or replace temp macro email_consent(has_no, has_yes, newsletter_opt_in) as
    case
        when has_no or not newsletter_opt_in then false
        when has_yes or newsletter_opt_in then true
    end;

-- email_statements: what `email_consent` asks of the statements of a store. Grain: one row per customer with a
-- statement. The table `consents` is an argument: macros are made before the tables.
create or replace temp macro email_statements(consents, of_store) as table
    select
        customer_key,
        bool_or(not opted_in) as has_no,
        bool_or(opted_in and is_settled) as has_yes
    from query_table(consents)
    where store = of_store and customer_key is not null
    group by customer_key;

-- name: document
-- clean_document: a document without punctuation when it is plausible, or null.
-- cpf and cnpj must carry their check digits (a cnpj may hold letters since 2026: a letter counts
-- as its ASCII code less 48); any other type needs 5 characters that are not all the same, a digit among them.
create or replace temp macro only_digits(x) as regexp_replace(x, '[^0-9]', '', 'g');
create or replace temp macro only_alphanumeric(x) as regexp_replace(upper(x), '[^0-9A-Z]', '', 'g');

create or replace temp macro has_two_characters(x) as replace(x, x[1], '') <> '';

create or replace temp macro weighted_sum(x, weights) as
    list_sum(list_transform(weights, lambda weight, i: (ascii(x[i]) - 48) * weight));

create or replace temp macro check_digit(total) as
    case when total % 11 < 2 then 0 else 11 - total % 11 end;

create or replace temp macro is_cpf(x) as
    regexp_full_match(x, '[0-9]{11}') and has_two_characters(x)
    and check_digit(weighted_sum(x, [10, 9, 8, 7, 6, 5, 4, 3, 2])) = ascii(x[10]) - 48
    and check_digit(weighted_sum(x, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) = ascii(x[11]) - 48;

create or replace temp macro is_cnpj(x) as
    regexp_full_match(x, '[0-9A-Z]{12}[0-9]{2}') and has_two_characters(x)
    and check_digit(weighted_sum(x, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) = ascii(x[13]) - 48
    and check_digit(weighted_sum(x, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) = ascii(x[14]) - 48;

create or replace temp macro clean_document(x, document_type) as
    case
        when contains(x, '*') then null
        when lower(trim(document_type)) = 'cpf'
            then case when is_cpf(only_digits(x)) then only_digits(x) end
        when lower(trim(document_type)) = 'cnpj'
            then case when is_cnpj(only_alphanumeric(x)) then only_alphanumeric(x) end
        when length(only_alphanumeric(x)) >= 5 and has_two_characters(only_alphanumeric(x))
            and regexp_matches(x, '[0-9]')
            then only_alphanumeric(x)
    end;

-- name: identifier
-- What identifies a person, as it is stored and compared: without marks that nobody sees, in one Unicode form (NFC),
-- without blanks around it, no-break ones included; '' is null. Nearly all are ASCII, which needs none of it.
create or replace temp macro identifier(x) as
    nullif(
        case
            when strlen(x) = length(x) and not regexp_matches(x, '[\x00-\x1F\x7F]') then trim(x)
            else regexp_replace(
                nfc_normalize(regexp_replace(
                    x, '[\p{Cf}\x00-\x08\x0E-\x1F\x7F\x{034F}\x{FE00}-\x{FE0F}]', '', 'g'
                )),
                '^[\s\x0B\x{85}\pZ]+|[\s\x0B\x{85}\pZ]+$', '', 'g'
            )
        end,
        ''
    );

-- What an id is compared by: itself, letter for letter, but a GUID in its usual form, whatever its case and braces.
create or replace temp macro id_key(x) as
    case
        when strlen(x) not in (32, 36, 38) or (strlen(x) = 36 and x = lower(x)) then x
        when regexp_full_match(
                x, '(?i)[0-9a-f]{32}|([{(]?)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([)}]?)'
            )
            then regexp_replace(
                lower(regexp_replace(x, '[^0-9A-Fa-f]', '', 'g')),
                '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\1-\2-\3-\4-\5'
            )
        else x
    end;

-- Words for nobody, as spreadsheets, databases and tills write them where an id should be: what is left of them without
-- case, accents and signs. Nothing but signs and zeros is nobody too.
create or replace temp macro is_nobody(x) as
    not regexp_matches(x, '[1-9]')
    and (
        x = '\N'
        or regexp_full_match(
            regexp_replace(upper(strip_accents(x)), '[^0-9A-Z\pL]', '', 'g'),
            '0*|NULL|NULO|NAN|NONE|NA|NAT|NIL|UNDEFINED|UNKNOWN|EMPTY|VAZIO|VACIO|ANONIMO|ANONYMOUS|GUEST'
            || '|CONSUMIDOR(FINAL)?|CLIENTE(FINAL|BALCAO|PADRAO|MOSTRADOR|OCASIONAL|GENERICO|ANONIMO)'
            || '|PUBLICO(EN)?GENERAL|(SEM|SIN)(CLIENTE|CADASTRO|REGISTRO|IDENTIFICAR|IDENTIFICACAO|IDENTIFICACION)'
            || '|NA?O(IDENTIFICADO|INFORMADO|CADASTRADO|REGISTRADO)|WALKIN(CUSTOMER)?'
        )
    );

-- What a spreadsheet leaves of a long number, such as 5,51199E+12: many ids become this one.
create or replace temp macro has_lost_digits(x) as
    contains(x, '+') and regexp_full_match(x, '[0-9]+([.,][0-9]+)?[eE]\+[0-9]+');

-- The id of a customer in a file, or null where it names nobody.
create or replace temp macro customer_id_or_null(x) as
    case when not is_nobody(identifier(x)) and not has_lost_digits(identifier(x)) then identifier(x) end;

-- name: email
-- clean_email: the real address in lower case, or null.
-- VTEX's Conversation Tracker hides addresses: a hard alias is 32 hex digits at ct.vtex.com(.br) and
-- not reversible; a soft alias carries the address before -<digits and letter>.ct.vtex.com.br.
create or replace temp macro without_soft_alias(x) as
    regexp_replace(lower(identifier(x)), '-[^-@]*\.ct\.vtex\.com(\.br)?$', '');

create or replace temp macro is_real_email(x) as
    length(x) <= 254
    and not contains(x, '*')
    and not regexp_matches(x, '[@.]ct\.vtex\.com(\.br)?$')
    and regexp_full_match(x, '[^@\s,;:<>()"\[\]\\]+@[a-z0-9\p{L}]([a-z0-9\p{L}.-]*[a-z0-9\p{L}])?\.[a-z\p{L}][a-z0-9\p{L}-]+')
    and not contains(x, '..');

create or replace temp macro clean_email(x) as
    case when is_real_email(without_soft_alias(x)) then without_soft_alias(x) end;

-- name: money
-- An amount in currency units, exactly, from integer cents.
create or replace temp macro units(cents) as
    (cents::decimal(18, 0) * 0.01::decimal(3, 2))::decimal(18, 2);

-- The price of one of several units, in currency units with six decimals, so that the product with the
-- quantity is the amount again to the cent.
create or replace temp macro unit_price(cents, quantity) as
    case when quantity > 0 then round(cents / (100.0 * quantity), 6) else 0 end::decimal(18, 6);

-- The whole address of a page of the shop: as VTEX tells it, or behind the shop's own address.
create or replace temp macro page_url(path, shop_url) as
    case
        when starts_with(path, 'http') then path
        when shop_url is not null then rtrim(shop_url, '/') || '/' || ltrim(path, '/')
    end;

-- name: origin
-- An order sold on an external marketplace, which this shop delivers or hands on to a seller of its own (Chain):
-- its customer is invented.
create or replace temp macro is_marketplace_order(origin, affiliate_id) as
    coalesce(origin, '') in ('Fulfillment', 'Chain') and affiliate_id is not null;

-- name: people
-- One bit of 64 for a person: five different bits are five different people. They merge with bit_or, so whether
-- something is about five people is mostly settled without counting anybody twice.
create or replace temp macro person_mark(person) as 1::ubigint << (hash(person) % 64)::ubigint;
create or replace temp macro people_at_least(marks) as bit_count(marks);

-- name: status
-- What an order status means. Only these names are judged; VTEX's list is open, so an unknown
-- status counts as in work and is reported.
create or replace temp macro is_dead_status(x) as
    coalesce(x, '') in (
        'canceled', 'cancel', 'replaced', 'payment-denied', 'order-create-error',
        'order-creation-error'
    );

create or replace temp macro is_unpaid_status(x) as
    coalesce(x, '') in (
        'order-created', 'order-accepted', 'order-completed', 'on-order-completed',
        'on-order-completed-ffm', 'payment-pending', 'waiting-for-order-authorization',
        'waiting-for-manual-authorization', 'waiting-for-authorization',
        'waiting-for-sellers-confirmation', 'waiting-for-seller-decision',
        'window-to-change-payment', 'window-to-change-seller', 'approve-payment'
    );

create or replace temp macro is_known_status(x) as
    is_dead_status(x) or is_unpaid_status(x)
    or coalesce(x, '') in (
        '', 'payment-approved', 'authorize-fulfillment', 'waiting-ffmt-authorization',
        'waiting-for-fulfillment', 'waiting-seller-handling', 'waiting-for-mkt-authorization',
        'release-to-fulfillment', 'window-to-cancel', 'ready-for-handling', 'start-handling',
        'handling', 'ready-for-invoicing', 'invoice', 'invoice-after-cancellation-deny',
        'invoiced', 'request-cancel', 'cancellation-requested'
    );

-- name: text
-- Cleaning rules, each in one place. Temporary: rebuilt whenever the warehouse is opened.

-- Text without surrounding blanks; '' is null.
create or replace temp macro text_or_null(x) as nullif(trim(x), '');

-- A name, or null when VTEX stored it masked with asterisks.
create or replace temp macro name_or_null(x) as
    case when contains(x, '*') then null else text_or_null(x) end;

-- The texts of a list, each once and sorted; empty without any.
create or replace temp macro sorted_texts(texts) as
    coalesce(list_sort(list_distinct(texts)), []::varchar[]);

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
create or replace temp macro promo_code_key(x) as lower(text_or_null(nfc_normalize(x)));

-- Several codes that VTEX wrote into one text.
create or replace temp macro promo_codes(x) as
    list_filter(
        list_transform(string_split(x, ','), lambda part: text_or_null(part)), lambda part: part is not null
    );

-- A day somebody may be born on, seen from the day it was read: .NET's "no date" is the first day of year 1.
create or replace temp macro real_birth_date(born_on, read_on) as
    case when born_on between date '1900-01-01' and read_on then born_on end;

-- The name of the product in that of a SKU, which VTEX writes behind it; the whole name where the SKU's own is
-- not its end, null where that is not known.
create or replace temp macro without_sku_name(name, sku_name) as
    case
        when sku_name is null then null
        when length(name) > length(sku_name)
            and ends_with(lower(name), lower(sku_name))
            and not regexp_matches(name[length(name) - length(sku_name)], '[\p{L}\p{N}]')
            then coalesce(
                nullif(rtrim(name[1:length(name) - length(sku_name)], ' -–—|/,:'), ''), name
            )
        else name
    end;
