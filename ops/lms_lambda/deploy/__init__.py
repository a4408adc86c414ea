"""Checks a deployment's settings and deploys: `make deploy`."""
