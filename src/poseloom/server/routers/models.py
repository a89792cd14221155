"""``/v1/models``: the models that are here, and what is known of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from poseloom.server.errors import RefusalError
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="The models that are here")
async def models(service: Shared) -> JSONResponse:
    """``models``: rows of ``name``, ``here``, ``parameters``, ``bytes``, ``summary``; those of ``--model`` also."""

    def listed() -> dict[str, Any]:
        from poseloom.checkpoints.listing import model_list

        return model_list(service.settings.models).as_json()

    return JSONResponse(await service.heavy.run(listed))


@router.get("/v1/models/{name}", summary="What is known of a model")
async def model(name: str, service: Shared) -> JSONResponse:
    """The model's card: task, data, figures, limits, licence."""
    try:
        place = service.model(name)
    except RefusalError as refusal:
        raise RefusalError(404, refusal.message, "name") from None

    def card() -> dict[str, Any]:
        from poseloom.checkpoints.listing import model_card

        return {"name": name} | {key: value for key, value in model_card(place).as_json().items() if key != "path"}

    return JSONResponse(await service.heavy.run(card))
