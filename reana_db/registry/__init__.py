"""What :mod:`reana_db.queries` stands on: arguments, the table of types, the files of SQL."""
