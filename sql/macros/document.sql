-- clean_document: a document without punctuation when it is plausible, or null.
-- cpf and cnpj must carry their check digits (a cnpj may hold letters since 2026: a letter counts
-- as its ASCII code less 48); any other type needs 5 characters that are not all the same.
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
            then only_alphanumeric(x)
    end;
