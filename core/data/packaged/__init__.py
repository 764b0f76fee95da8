"""The packaged digits; SOURCE.md describes their origin."""
