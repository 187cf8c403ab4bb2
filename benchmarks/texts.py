"""Specifications and logs, about as long and as compressible as those of real runs."""

from __future__ import annotations

import hashlib
from typing import Any

STEPS = 14


def specification(variant: int, count: int = STEPS) -> dict[str, Any]:
    """Return a specification, by default of about 4 KB."""
    steps = [
        {
            "name": f"step{number}",
            "environment": "docker.io/reanahub/reana-env-root6:6.18.04",
            "compute_backend": "kubernetes",
            "kubernetes_memory_limit": "512Mi",
            "commands": [
                f"root -b -q 'code/{word}.C(${{events}},\"results/{word}.root\")' | tee {word}.log"
            ],
        }
        for number in range(count)
        for word in (_digits("word", variant * 100 + number),)
    ]
    return {
        "version": "0.9.3",
        "inputs": {"files": ["code/"], "parameters": {"events": 20000 + variant}},
        "workflow": {"type": "serial", "specification": {"steps": steps}},
        "outputs": {"files": [f"results/plot{variant}.png"]},
    }


def log_text(variant: int, lines: int) -> str:
    """Return a text of about 100 characters per line."""
    return "".join(
        f"2025-11-24 08:{variant % 60:02}:{line:02},417 | root | INFO | step {line} of"
        f" {_digits('line', variant * 100 + line)} submitted\n"
        for line in range(lines)
    )


def _digits(kind: str, number: int) -> str:
    return hashlib.md5(f"{kind}/{number}".encode(), usedforsecurity=False).hexdigest()
