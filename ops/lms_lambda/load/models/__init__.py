"""The rows of a dump that the API needs, one pydantic model per Django model (mobile-users.md 8).

Each row becomes facts: pieces of knowledge about one item of the table, named by the item's kind, owner and scope.
To read one more Django model, write its class into the file of its owner: MODELS finds it.
"""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from lms_lambda.load.models.base import Fact, RowModel

__all__ = ["MODELS", "Fact", "RowRejectedError", "facts_of"]


class RowRejectedError(Exception):
    """A row whose fields are not what they must be; the text says which and why."""


def _labelled(base: type[RowModel]) -> Iterable[type[RowModel]]:
    for model in base.__subclasses__():
        yield from _labelled(model)
        if hasattr(model, "label"):
            yield model


for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

MODELS: dict[str, type[RowModel]] = {model.label: model for model in _labelled(RowModel)}
"""Every model of this package, by its label."""


def facts_of(model: str, pk: str, fields: dict[str, Any]) -> list[Fact]:
    """The facts of one row. Raises RowRejectedError, and KeyError for a model that the API does not need."""
    try:
        return list(MODELS[model].model_validate(fields).facts(pk))
    except ValidationError as error:
        reasons = (f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors())
        raise RowRejectedError("; ".join(reasons)) from None
    except (ValueError, RecursionError) as error:
        raise RowRejectedError(str(error)) from None
