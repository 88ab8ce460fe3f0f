-- Schema 13: consents to text messages, WhatsApp and ads, where a source tells; and when things are bought
-- again (replenishment) and the fields of the settings (own_fields), which sql/schema makes.
alter table raw.imported_customers add column if not exists sms_opt_in boolean;
alter table raw.imported_customers add column if not exists whatsapp_opt_in boolean;
alter table raw.imported_customers add column if not exists ads_opt_in boolean;
alter table contacts add column if not exists sms_opt_in boolean;
alter table contacts add column if not exists whatsapp_opt_in boolean;
alter table contacts add column if not exists ads_opt_in boolean;
alter table customers add column if not exists sms_opt_in boolean;
alter table customers add column if not exists whatsapp_opt_in boolean;
alter table customers add column if not exists ads_opt_in boolean;
