select finding, amount_cents from resolve_report where finding like '%refunds'
