"""The journal of operations: which rows were touched, with the values before and after, so that each can be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

Change = dict[str, Any]


def differences(row: models.Model, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """One entry for each column that differs."""
    return [entry(row, name, before[name], after[name]) for name in before if before[name] != after[name]]


def entry(row: models.Model, column: str, before: object, after: object) -> Change:
    """That one column of one row went from a value to another."""
    return {
        "model": row._meta.label_lower,
        "pk": row.pk,
        "column": column,
        "before": _plain(before),
        "after": _plain(after),
    }


def added(row: models.Model) -> Change:
    """That a row was made; undoing removes it."""
    return {"model": row._meta.label_lower, "pk": row.pk, "column": None}


def removed(row: models.Model) -> Change:
    """That a row was removed; undoing makes it again."""
    columns = {field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}
    return {"model": row._meta.label_lower, "pk": row.pk, "column": None, "row": columns}


def revert(changes: list[Change]) -> list[Change]:
    """Take back each change, last first; return those left alone because the value has changed again since."""
    left_alone: list[Change] = []
    for (label, pk), group in groupby(reversed(changes), key=lambda change: (change["model"], change["pk"])):
        left_alone += _revert_row(apps.get_model(label), pk, list(group))
    return left_alone


def _revert_row(model: type[models.Model], pk: Any, changes: list[Change]) -> list[Change]:
    """Take back what happened to one row, all its columns in one UPDATE: constraints tie some of them together."""
    for change in changes:
        if "row" in change:
            model._default_manager.get_or_create(pk=pk, defaults=_decoded(model, change["row"]))
        elif change["column"] is None:
            model._default_manager.filter(pk=pk).delete()
    columns = [change for change in changes if change["column"] is not None]
    row = model._default_manager.filter(pk=pk).first() if columns else None
    if row is None:
        return columns
    same = [change for change in columns if _plain(getattr(row, change["column"])) == change["after"]]
    values = {change["column"]: _decode(model, change["column"], change["before"]) for change in same}
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).update(**values)
    except IntegrityError:  # half of what belongs together has changed since
        return columns
    return [change for change in columns if change not in same]


def _decoded(model: type[models.Model], columns: dict[str, Any]) -> dict[str, Any]:
    return {name: _decode(model, name, value) for name, value in columns.items()}


def _decode(model: type[models.Model], column: str, value: Any) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == column).to_python(value)


def _plain(value: object) -> object:
    # Not DjangoJSONEncoder: it drops microseconds, and the value would no longer be found.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
