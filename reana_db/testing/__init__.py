"""For the tests of services: databases made from a template, and what stands in them.

The fixtures are in :mod:`reana_db.testing.plugin`, which pytest loads by itself.
"""

from reana_db.testing.databases import database, janitor, template
from reana_db.testing.site import SPECIFICATIONS, Site, new_workflow

__all__ = ["SPECIFICATIONS", "Site", "database", "janitor", "new_workflow", "template"]
