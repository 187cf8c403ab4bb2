"""What tells whether a database fits this version of the library."""
