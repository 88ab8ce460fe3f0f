select x, clean_email(x) as email from masks
