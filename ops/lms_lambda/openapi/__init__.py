"""The OpenAPI document of the API, made of template.yaml, the handlers, their shapes and this package."""
