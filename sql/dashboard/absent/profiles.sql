-- Before the first profiles: nobody has one.
create or replace temp table profiles (
    store varchar, customer_key bigint, rfm_segment varchar, r_score tinyint, f_score tinyint,
    m_score tinyint, amount_lifetime decimal(18, 2), amount_360d decimal(18, 2),
    orders_lifetime bigint
);
