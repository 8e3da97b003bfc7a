"""Encoder-decoder neural network, Section II and Fig. 1."""

from dataclasses import dataclass

from nnca.methods.network import Bottleneck, check_activation, check_widths
from nnca.networks import EncoderDecoder, mlp


@dataclass(eq=False, repr=False)
class EDNN(Bottleneck):
    """Encoder-decoder neural network, Section II and Fig. 1: t = encoder(x), y = decoder(t).

    A ReLU bottleneck can die at the start: such a fit is noticed and begun anew with another seed.

    >>> ednn = EDNN(n_components=1, encoder=(64, 64), decoder=(64, 64), random_state=0).fit(X, Y)
    >>> ednn.score(X_test, Y_test)  # covered variance, Eq. (1)
    >>> T = ednn.transform(X_test)  # (n, 1)

    Parameters:
    n_components : neurons of the bottleneck, k in the paper
    encoder, decoder : widths of their hidden layers
    latent_activation : acts on the bottleneck; ReLU in the paper
    """

    encoder: tuple = (64, 64)
    latent_activation: str = "relu"

    def _network(self, inputs, outputs):
        encoder = mlp((inputs, *self.encoder, self.n_components), self.activation, self.latent_activation)
        decoder = mlp((self.n_components, *self.decoder, outputs), self.activation)
        return EncoderDecoder(encoder, decoder)

    def _check_parameters(self, inputs):
        super()._check_parameters(inputs)
        check_widths(self, "encoder")
        check_activation(self, "latent_activation")
