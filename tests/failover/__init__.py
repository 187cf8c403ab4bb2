"""Failovers under load, on a primary and standbys of its own: ``tox -e failover``."""
