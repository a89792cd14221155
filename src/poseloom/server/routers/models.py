"""``/v1/models``: the models that are here, and what is known of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from poseloom.server.errors import RefusalError, plain_names
from poseloom.server.schemas.common import answers
from poseloom.server.schemas.libraries import CardAnswer, ModelsAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])
Name = Annotated[str, Path(max_length=200, examples=["generation"], description="that `GET /v1/models` lists")]


@router.get("/v1/models", summary="The models that are here", responses=answers(ModelsAnswer))
async def models(service: Shared) -> JSONResponse:
    """``models``: rows of ``name``, ``here``, ``parameters``, ``bytes``, ``summary``; those of ``--model`` also."""

    def listed() -> dict[str, Any]:
        from poseloom.checkpoints.listing import model_list

        return model_list(service.settings.models).as_json()

    return JSONResponse(await service.heavy.run(listed))


@router.get("/v1/models/{name}", summary="What is known of a model", responses=answers(CardAnswer))
async def model(name: Name, service: Shared) -> JSONResponse:
    """The model's card: task, data, figures, limits, licence."""
    try:
        place = service.model(name)
    except RefusalError as refusal:
        raise RefusalError(404, refusal.message, "name") from None

    def card() -> dict[str, Any]:
        from poseloom.checkpoints.listing import model_card

        known = plain_names(model_card(place).as_json())
        return {key: value for key, value in known.items() if key != "path"} | {"name": name}

    return JSONResponse(await service.heavy.run(card))
