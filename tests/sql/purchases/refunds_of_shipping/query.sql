select finding, detail, row_count, amount_cents from resolve_report
where finding like '%refunds' or finding = 'returned_purchases'
