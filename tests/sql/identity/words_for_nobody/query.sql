select finding, row_count from resolve_report where finding = 'anonymous_orders'
