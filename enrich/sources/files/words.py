"""Words that files write in English, Spanish and Portuguese, compared without case and accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import polars as pl

ZERO_WIDTH = "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"
_GAPS = r"[\s_./-]+"


def folded(text: str) -> str:
    """The word as words are compared: `Aguardando_Pagamento` is `aguardando pagamento`."""
    marks = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    lowered = "".join(marks).lower()
    for gap in "_./-":
        lowered = lowered.replace(gap, " ")
    return " ".join(lowered.split())


def folded_cells(text: pl.Expr) -> pl.Expr:
    """What `folded` makes of every cell of a text column."""
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
    return plain.str.replace_all(_GAPS, " ").str.strip_chars()


EMPTY = frozenset(
    {"null", "nan", "none", "nil", "n/a", "n/d", r"\n", "undefined", "#n/a", "#n/d", "-", "--"}
)
"""What programs and spreadsheets write where there is nothing."""

NOBODY = {folded(word) for word in EMPTY} | {
    *("(vazio)", "(vacio)", "(blank)", "(em branco)", "(en blanco)", "(none)", "(null)"),
    *("consumidor", "consumidor final", "consumidor nao identificado", "cliente final"),
    *("nao identificado", "no identificado", "nao informado", "no informado", "sem cadastro"),
    *("cliente balcao", "balcao", "cliente mostrador", "venta mostrador", "mostrador"),
    *("publico general", "publico en general", "cliente generico", "cliente padrao"),
    *("cliente varios", "clientes varios", "cliente eventual", "cliente ocasional"),
    *("anonimo", "anonymous", "guest", "visitante", "convidado", "invitado"),
    *("walk in", "walk in customer", "cash customer", "unknown", "desconhecido", "desconocido"),
}
"""What a till writes as the customer where nobody is known; an id of zeros alone is none either."""

YES = frozenset({"true", "t", "1", "yes", "y", "on", "si", "sim", "s", "verdadeiro", "verdadero"})
NO = frozenset({"false", "f", "0", "no", "n", "off", "nao", "falso"})

CURRENCY_SIGNS = {"R$": "BRL", "US$": "USD", "U$S": "USD", "€": "EUR", "£": "GBP", "S/": "PEN"}

_CANCELED = (
    "canceled", "cancelled", "cancelado", "cancelada", "cancelados", "anulado", "anulada", "void",
    "voided", "trash", "deleted", "excluido", "eliminado", "returned", "refunded", "devolvido",
    "devolvida", "devuelto", "devuelta", "reembolsado", "reembolsada", "estornado", "estornada",
    "chargeback", "contracargo", "desistencia", "expired", "expirado", "expirada", "vencido",
    "abandoned", "abandonado", "abandonada", "canceled by customer", "cancelado pelo cliente",
)  # fmt: skip
_DENIED = (
    "failed", "refused", "declined", "denied", "rejected", "recusado", "recusada", "negado",
    "negada", "rechazado", "rechazada", "rejeitado", "rejeitada", "fallido", "fallida", "falhou",
    "falha", "nao aprovado", "no aprobado", "not approved", "payment failed", "pagamento recusado",
    "pagamento rejeitado", "pago rechazado",
)  # fmt: skip
_UNPAID = (
    "pending", "pendente", "pendiente", "unpaid", "not paid", "nao pago", "no pagado", "impago",
    "awaiting payment", "pending payment", "payment pending", "aguardando pagamento",
    "aguardando confirmacao", "aguardando confirmacao de pagamento", "pagamento pendente",
    "pago pendiente", "pendiente de pago", "esperando pago", "esperando el pago",
    "on hold", "em espera", "en espera", "draft", "checkout draft", "rascunho", "borrador",
    "orcamento", "presupuesto", "cotizacion", "quote", "aguardando", "aguardando aprovacao",
    "em analise", "en analisis", "en revision", "a pagar", "por pagar", "por cobrar",
)  # fmt: skip
_PAID = (
    "paid", "pago", "paga", "pagado", "pagada", "pagamento aprovado", "pagamento confirmado",
    "pagamento recebido", "pago aprobado", "pago recibido", "pago confirmado", "approved",
    "aprovado", "aprovada", "aprobado", "aprobada", "confirmed", "confirmado", "confirmada",
    "authorized", "authorised", "autorizado", "autorizada", "partially refunded",
    "parcialmente reembolsado", "processing", "processando", "em processamento", "procesando",
    "en proceso", "em separacao", "em preparacao", "en preparacion", "preparando", "embalado",
)  # fmt: skip
_DONE = (
    "completed", "complete", "concluido", "concluida", "completado", "completada", "finalizado",
    "finalizada", "fulfilled", "shipped", "enviado", "enviada", "despachado", "despachada",
    "em transporte", "en camino", "delivered", "entregue", "entregado", "entregada", "faturado",
    "faturada", "facturado", "facturada", "nota fiscal emitida", "vendido", "vendida", "sold", "ok",
    "success", "venda", "venta", "sale",
)  # fmt: skip
VTEX_STATUSES = (
    "canceled", "cancel", "replaced", "payment-denied", "order-create-error",
    "order-creation-error", "order-created", "order-accepted", "order-completed",
    "on-order-completed", "on-order-completed-ffm", "payment-pending",
    "waiting-for-order-authorization", "waiting-for-manual-authorization",
    "waiting-for-authorization", "waiting-for-sellers-confirmation", "waiting-for-seller-decision",
    "window-to-change-payment", "window-to-change-seller", "approve-payment", "payment-approved",
    "authorize-fulfillment", "waiting-ffmt-authorization", "waiting-for-fulfillment",
    "waiting-seller-handling", "waiting-for-mkt-authorization", "release-to-fulfillment",
    "window-to-cancel", "ready-for-handling", "start-handling", "handling", "ready-for-invoicing",
    "invoice", "invoice-after-cancellation-deny", "invoiced", "request-cancel",
    "cancellation-requested",
)  # fmt: skip
"""The statuses that `sql/macros.sql` judges, under `-- name: status`."""

_WORDS = {
    **dict.fromkeys(_CANCELED, "canceled"),
    **dict.fromkeys(_DENIED, "payment-denied"),
    **dict.fromkeys(_UNPAID, "payment-pending"),
    **dict.fromkeys(_PAID, "payment-approved"),
    **dict.fromkeys(_DONE, "invoiced"),
}
STATUSES: Mapping[str, str] = {
    **_WORDS,
    **{f"wc {word}": status for word, status in _WORDS.items()},  # as WooCommerce stores them
    **{folded(status): status for status in VTEX_STATUSES},
}
"""VTEX's status for a word of a file. What was given back whole is `canceled`: no purchase."""
