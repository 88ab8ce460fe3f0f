select x, t, clean_document(x, t) as document from papers
