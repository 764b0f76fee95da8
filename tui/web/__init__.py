"""Show a run in browsers: the page, and the server of its websockets."""
