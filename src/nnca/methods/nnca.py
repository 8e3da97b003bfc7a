"""Neural network component analysis, Section III C and Fig. 4."""

import copy
from dataclasses import dataclass, field

import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from nnca.methods.base import LinearLatent, evaluate, latent_range
from nnca.methods.directions import best_directions
from nnca.methods.network import Bottleneck
from nnca.networks import EncoderDecoder, Projection, mlp


@dataclass(eq=False, repr=False)
class NNCA(LinearLatent, Bottleneck):
    """Neural network component analysis, Section III C and Fig. 4: t = V x with orthonormal V, y = decoder(t).

    ECA's projection, trained together with its decoder.  The vectors turn more slowly than the decoder learns, so the
    default is more and smaller steps than elsewhere.

    >>> nnca = NNCA(n_components=2, decoder=(64, 64), random_state=0).fit(X, Y)
    >>> nnca.score(X_test, Y_test), nnca.components_  # covered variance; the vectors v_j, (2, inputs)
    >>> X_back = nnca.reconstruct(Y_test)  # least-squares T, expanded by Eq. (3)

    Parameters:
    n_components : orthonormal vectors, k in the paper
    decoder : widths of its hidden layers
    """

    batch_size: int = field(default=100, kw_only=True)

    @property
    def components_(self):
        """Orthonormal basis vectors v_j as rows.  (n_components, inputs)"""
        check_is_fitted(self)
        return copy.deepcopy(self.module_.encoder).double().vectors.numpy()

    def rotated(self, X, Y):
        """The same network with its latent variables in order of what they cover, as ECA's are.  -> NNCA

        ECA's search inside latent space, through the decoder, gives an orthogonal matrix R.  The new vectors are R V
        and the decoder undoes R first: the predictions stay.  X (n, inputs) and Y (n, outputs) say what is covered.
        """
        T, Y = evaluate(self.module_.encoder, self._checked(X)), self._checked_pair(X, Y)[1]
        rng = check_random_state(self.random_state)
        R, _ = best_directions(self.module_.decoder, T, Y, self.n_components, n_starts=8, rng=rng)
        turned = copy.deepcopy(self)
        encoder, first = turned.module_.encoder, turned.module_.decoder[0]
        R32 = torch.tensor(R, dtype=encoder.weight.dtype)
        encoder.weight.data, first.weight.data = encoder.weight.data @ R32.T, first.weight.data @ R32.T
        turned.latent_range_, turned.covariance_ = latent_range(T @ R.T), R @ self.covariance_
        return turned

    def _alive(self, X):
        alive = super()._alive(X)
        self._remember(X)
        return alive

    def _network(self, inputs, outputs):
        return EncoderDecoder(
            Projection(inputs, self.n_components), mlp((self.n_components, *self.decoder, outputs), self.activation)
        )
