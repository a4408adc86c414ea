"""The OpenAPI document of the API, generated from template.yaml, the handlers and the models of this package."""
