"""How a database is brought up to date: files, session, record, adoption, preflight."""
