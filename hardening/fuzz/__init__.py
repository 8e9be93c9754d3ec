"""Made-up requests against every dialect's routes, and what must hold of every answer."""
