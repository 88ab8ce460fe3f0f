-- A record that is good now was set aside earlier: that is settled.
delete from state.rejects
where store = getvariable('store')
    and entity = getvariable('entity')
    and key in (select key from incoming_documents);
