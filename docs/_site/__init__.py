"""What the documentation site generates: reference pages and pictures."""
