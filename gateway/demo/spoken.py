"""What the phone in the browser says, in the language of its city; English stands beside it for a visitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SPOKEN: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "title": "Teléfono de prueba", "write_as": "Escriba como vecino",
        "intro": "Un celular de prueba: lo que envíe llega al municipio por el mismo camino que un SMS verdadero, y aquí se leen sus "
                 "respuestas.",
        "who": "¿Quién escribe?", "resident": "Vecino", "other": "Otro número", "number": "Su número",
        "hint": "Con prefijo, inventado: no sale de esta máquina.", "phone": "Celular", "city": "Municipio", "talk": "Conversación",
        "empty": "Todavía no hay mensajes.", "message": "Mensaje", "send": "Enviar", "clear": "Borrar", "tries": "Pruebe con…",
        "see": "Ver el resultado", "board": "Tablero de la ciudad", "planner": "Entrada de planificación",
        "noscript": "Este teléfono necesita JavaScript.", "left": "Quedan", "queued": "en cola", "sent": "enviado",
        "delivered": "recibido", "undelivered": "no entregado", "lost": "no llegó", "sending": "enviando",
        "away": "Sin señal: la demostración no responde.", "typed": "Escriba un número como +59170000042.",
        "failed": "No se pudo enviar; inténtelo otra vez."},
    "fr": {
        "title": "Téléphone d’essai", "write_as": "Écrivez comme un habitant",
        "intro": "Un téléphone d’essai : ce que vous envoyez prend le chemin d’un vrai SMS jusqu’à la ville, et ses réponses se "
                 "lisent ici.",
        "who": "Qui écrit ?", "resident": "Habitant", "other": "Autre numéro", "number": "Votre numéro",
        "hint": "Avec l’indicatif, inventé : il ne quitte pas cette machine.", "phone": "Téléphone", "city": "Ville",
        "talk": "Conversation", "empty": "Pas encore de messages.", "message": "Message", "send": "Envoyer", "clear": "Effacer",
        "tries": "Essayez…",
        "see": "Voir le résultat", "board": "Tableau de la ville", "planner": "Entrée des planificateurs",
        "noscript": "Ce téléphone a besoin de JavaScript.", "left": "Reste", "queued": "en attente", "sent": "envoyé",
        "delivered": "reçu", "undelivered": "non remis", "lost": "pas arrivé", "sending": "en cours d’envoi",
        "away": "Pas de réseau : la démonstration ne répond pas.", "typed": "Écrivez un numéro comme +212600000042.",
        "failed": "L’envoi a échoué ; réessayez."},
}
