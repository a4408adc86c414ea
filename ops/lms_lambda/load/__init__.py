"""Loads Django dumps and course exports into the table: `lms-lambda load`."""
