"""A notebook on the read copy: `marimo edit notebooks/customers.py`, with the extra `notebook`.

It opens data/analysis.duckdb, or the file in the variable ENRICH_COPY, read-only: nothing here can
change anything, and no run is kept waiting. As a script (`python notebooks/customers.py`) it runs
every cell and shows nothing.
"""

import marimo

app = marimo.App(width="medium", app_title="Customers")


@app.cell
def _():
    import os

    import duckdb
    import marimo as mo

    return duckdb, mo, os


@app.cell
def _(duckdb, os):
    copy_path = os.environ.get("ENRICH_COPY", "data/analysis.duckdb")
    connection = duckdb.connect(copy_path, read_only=True)

    def ask(sql, **values):
        """The answer as a polars frame; `$name` in the statement takes its value by name."""
        return connection.sql(sql, params=values or None).pl()

    return (ask,)


@app.cell
def _(ask, mo):
    days = ask("select store, max(as_of) as as_of from profile_runs group by store order by store")
    stores = days["store"].to_list()
    store = mo.ui.dropdown(stores, value=stores[0], label="Store")
    mo.md(f"# Customers\n\nProfiles of {days['as_of'].max()}. {store}")
    return (store,)


@app.cell
def _(ask, mo, store):
    segments = ask(
        """
        select
            rfm_segment,
            count(*) as customers,
            sum(amount_lifetime) as amount_lifetime,
            sum(amount_360d) as amount_360d,
            count(*) filter (newsletter_opt_in) as can_be_mailed
        from profiles
        where store = $store
        group by rfm_segment
        order by amount_lifetime desc
        """,
        store=store.value,
    )
    mo.vstack([mo.md("## Who there is, and what they are worth"), mo.ui.table(segments)])
    return


@app.cell
def _(ask, mo, store):
    found = ask("select distinct rfm_segment from profiles where store = $store", store=store.value)
    names = sorted(found["rfm_segment"].drop_nulls())
    segment = mo.ui.dropdown(names, value=names[0], label="Segment")
    mo.md(f"## Look into one\n\n{segment}")
    return (segment,)


@app.cell
def _(ask, mo, segment, store):
    people = ask(
        """
        select
            customer_key, customer_id, last_purchase_date, orders_lifetime, amount_lifetime,
            rfm_lifetime, previous_rfm_segment, last_purchase_brands
        from profiles
        where store = $store and rfm_segment = $segment
        order by amount_lifetime desc
        limit 500
        """,
        store=store.value,
        segment=segment.value,
    )
    mo.ui.table(people)
    return


@app.cell
def _(ask, mo, store):
    months = ask(
        """
        select
            date_trunc('month', purchased_on)::date as month_on,
            count(*) as purchases,
            sum(amount) as amount,
            count(*) filter (purchase_rank = 1) as new_customers
        from sales
        where store = $store
        group by month_on
        order by month_on
        """,
        store=store.value,
    )
    mo.vstack([mo.md("## Month by month"), mo.ui.table(months)])
    return


@app.cell
def _(ask, mo, store):
    brands = ask(
        """
        select brand, count(distinct customer_key) as customers, sum(unit_count) as units,
            sum(amount) as amount
        from sold_products
        where store = $store and purchased_on > (select max(as_of) from profile_runs) - 90
        group by brand
        order by amount desc
        limit 20
        """,
        store=store.value,
    )
    mo.vstack([mo.md("## Brands of the last ninety days"), mo.ui.table(brands)])
    return


@app.cell
def _(ask, mo, store):
    moved = ask(
        """
        select changed_on, segment_before, segment_now, count(*) as customers
        from segment_changes
        where store = $store and segment_before is not null
        group by all
        having customers >= 5
        order by changed_on desc, customers desc
        limit 200
        """,
        store=store.value,
    )
    mo.vstack([mo.md("## Who changed segment"), mo.ui.table(moved)])
    return


if __name__ == "__main__":
    app.run()
