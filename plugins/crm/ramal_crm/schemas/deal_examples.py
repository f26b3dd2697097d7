"""Bodies for the API's documentation that could be sent as they are, with one's own ids."""

from __future__ import annotations

from typing import Any

_ID = "0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11"

DEAL: dict[str, Any] = {
    "title": "Cestas para o Natal",
    "expected_on": "2026-12-20",
    "tags": ["natal"],
    "items": [{"name": "Cesta de café da manhã", "quantity": "12", "price": "149.90", "discount": "10"}],
}
DEAL_CHANGE: dict[str, Any] = {"title": "Cestas para o Natal da firma"}
MOVE: dict[str, Any] = {"stage_id": _ID, "version": 1}
LOSE: dict[str, Any] = {"note": "Fechou com o vizinho."}
PIPELINE: dict[str, Any] = {"name": "Parcerias", "stages": [{"name": "Conversa", "stale_after": 5}, {"name": "Acordo"}]}
STAGE: dict[str, Any] = {"name": "Amostra enviada", "stale_after": 7}
PRODUCT: dict[str, Any] = {"name": "Cesta de café da manhã", "price": "149.90", "unit": "un"}
REASON: dict[str, Any] = {"name": "Prazo de entrega"}
