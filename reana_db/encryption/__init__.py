"""Ciphers, keys, the encrypted columns, and their rotation."""
