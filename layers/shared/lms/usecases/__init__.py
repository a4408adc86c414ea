"""One file per endpoint: which reads, which rule, which conditional write, which retry. Nothing here knows HTTP."""
