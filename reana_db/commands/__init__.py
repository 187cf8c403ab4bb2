"""The command groups of ``reana-db``, one module per group."""
