"""The process that stands between an owner and its private PostgreSQL server.

``reana_db.embedded`` runs it in a Python of its own with nothing but the standard library, because
importing ``reana_db`` costs 100 ms and 25 MiB.  So nothing here imports from outside.
"""
