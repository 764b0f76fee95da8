"""Show a run in browsers: the page and its server."""
