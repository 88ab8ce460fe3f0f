-- Of whom the registered frame `asked` (person) speaks. Grain: one row per person with an address.
select distinct
    asked.person,
    contacts.email
from asked
inner join contacts
    on contacts.store = getvariable('store')
    and contacts.email is not null
    and email_digest((select salt from state.tombstone_salt), contacts.email) = asked.person;
