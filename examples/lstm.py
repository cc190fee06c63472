"""A language model of letters: an LSTM learns the text of this project's README."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

README = Path(__file__).resolve().parents[1] / "README.md"


class Letters:
    """A text as numbers, and back."""

    def __init__(self, text: str) -> None:
        self.alphabet = sorted(set(text))
        self.numbers = np.array([self.alphabet.index(c) for c in text], dtype="int64")

    def batch(
        self, rng: np.random.Generator, steps: int, batch: int
    ) -> NDArray[np.int64]:
        """Return pieces of the text, one in each column, a letter longer than steps."""
        starts = rng.integers(0, len(self.numbers) - steps - 1, size=batch)
        return np.stack([self.numbers[k : k + steps + 1] for k in starts], axis=1)


class Model:
    """An LSTM with a softmax over letters; Adam trains it.

    Parameters
    ----------
    letters, hidden : int
        How many.
    """

    def __init__(self, letters: int, hidden: int, rate: float) -> None:
        rng = np.random.default_rng(0)
        self.hidden = hidden

        def weights(name: str, *shape: int) -> Any:
            scale = 1 / np.sqrt(shape[0])
            value = rng.normal(scale=scale, size=shape).astype("float32")
            return theano.shared(value, name)

        self.w = weights("w", letters, 4 * hidden)
        self.u = weights("u", hidden, 4 * hidden)
        self.b = theano.shared(np.zeros(4 * hidden, "float32"), "b")
        self.v = weights("v", hidden, letters)
        self.c = theano.shared(np.zeros(letters, "float32"), "c")
        self.parameters = [self.w, self.u, self.b, self.v, self.c]
        self.train = self._make_training(rate)
        self.advance = self._make_step()

    def step(self, given: Any, h: Any, c: Any) -> tuple[Any, Any]:
        """Return the next output and memory; `given` is what the letter adds."""
        z = given + T.dot(h, self.u) + self.b
        n = self.hidden
        keep, take, show = (T.nnet.sigmoid(z[:, k * n : (k + 1) * n]) for k in range(3))
        c = keep * c + take * T.tanh(z[:, 3 * n :])
        return show * T.tanh(c), c

    def _make_training(self, rate: float) -> Any:
        text = T.lmatrix("text")
        given, wanted = text[:-1], text[1:]
        zero = T.zeros((text.shape[1], self.hidden), dtype="float32")
        (h, _), _ = theano.scan(
            self.step,
            sequences=self.w[given.flatten()].reshape(
                (given.shape[0], given.shape[1], 4 * self.hidden)
            ),
            outputs_info=[zero, zero],
            name="lstm",
        )
        scores = T.dot(h.reshape((-1, self.hidden)), self.v) + self.c
        p = T.nnet.softmax(scores)
        cost = T.mean(T.nnet.categorical_crossentropy(p, wanted.flatten()))
        return theano.function([text], cost, updates=adam(cost, self.parameters, rate))

    def _make_step(self) -> Any:
        letter, h, c = T.lvector("letter"), T.fmatrix("h"), T.fmatrix("c")
        new_h, new_c = self.step(self.w[letter], h, c)
        p = T.nnet.softmax(T.dot(new_h, self.v) + self.c)
        return theano.function([letter, h, c], [p[0], new_h, new_c])

    def sample(self, letters: Letters, length: int) -> str:
        """Return a text that the model makes up; it begins as the one it learned."""
        rng = np.random.default_rng(1)
        h = c = np.zeros((1, self.hidden), "float32")
        text = letters.alphabet[letters.numbers[0]]
        for _ in range(length):
            p, h, c = self.advance([letters.alphabet.index(text[-1])], h, c)
            p = p.astype("float64") ** 1.5
            text += letters.alphabet[rng.choice(len(p), p=p / p.sum())]
        return text


def adam(cost: Any, parameters: list[Any], rate: float) -> list[tuple[Any, Any]]:
    """Return the updates of Adam (Kingma and Ba, 2015)."""
    count = theano.shared(np.float32(0), "count")
    updates = [(count, count + 1)]
    slopes = T.grad(cost, parameters)
    scale = rate * T.sqrt(1 - 0.999 ** (count + 1)) / (1 - 0.9 ** (count + 1))
    for p, g in zip(parameters, slopes, strict=True):
        m = theano.shared(np.zeros_like(p.get_value()))
        v = theano.shared(np.zeros_like(p.get_value()))
        new_m = np.float32(0.9) * m + np.float32(0.1) * g
        new_v = np.float32(0.999) * v + np.float32(0.001) * g**2
        new_p = p - T.cast(scale, "float32") * new_m / (T.sqrt(new_v) + 1e-8)
        updates += [(m, new_m), (v, new_v), (p, new_p)]
    return updates


def main() -> None:
    """Train, show the progress, and write something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, default=README, help="default README.md")
    parser.add_argument("--steps", type=int, default=600, help="of training; 600")
    parser.add_argument("--hidden", type=int, default=128, help="default 128")
    parser.add_argument("--sample", type=int, default=300, help="letters; default 300")
    options = parser.parse_args()

    letters = Letters(options.text.read_text("utf-8"))
    model = Model(len(letters.alphabet), options.hidden, rate=0.005)
    rng = np.random.default_rng(2)
    for step in range(1, options.steps + 1):
        cost = float(model.train(letters.batch(rng, steps=60, batch=32)))
        if step == 1 or step % max(1, options.steps // 10) == 0:
            print(f"step {step:4d}  nats per letter {cost:.3f}", flush=True)
    print(model.sample(letters, options.sample))


if __name__ == "__main__":
    main()
