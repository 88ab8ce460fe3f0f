select finding, detail, row_count from resolve_report where finding in ('shared_identifiers', 'anonymous_orders')
