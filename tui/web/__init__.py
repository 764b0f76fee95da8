"""Show a run in browsers: the page, and the server for it and its websockets."""
