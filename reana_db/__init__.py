"""The database layer of REANA: typed functions over hand-written SQL."""
