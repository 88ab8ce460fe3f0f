select finding, detail, row_count from resolve_report where finding = 'ids_not_joined'
