"""Reads a course export (OLX): its files, its XML, and the values of its blocks."""
