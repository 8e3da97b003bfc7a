"""The search spaces of the paper, Tables III-V, as data."""

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Layers:
    """Hidden layers whose number and widths are searched, each width on its own."""

    depths: tuple
    widths: tuple

    def draw(self, rng):
        return tuple(int(rng.choice(self.widths)) for _ in range(rng.choice(self.depths)))

    def __iter__(self):
        return (layers for depth in self.depths for layers in product(self.widths, repeat=depth))

    def __len__(self):
        return sum(len(self.widths) ** depth for depth in self.depths)


def _powers(first, last, step=1):
    return tuple(10.0**n for n in range(first, last + 1, step))


_WATER, _GEO2 = (64, 128, 256), (8, 32, 64, 128, 256)
_WATER_DECODER, _GEO2_DECODER = Layers((2, 3, 4, 5), (5, 10, 50, 100, 200, 500)), Layers((2, 3), (64, 128))
_DEEP = (1, 2, 3, 4, 5)

# (method, system) -> parameter -> what may be chosen; "EDNN inverse" is the bijective network of chapter 3.
spaces = {
    ("EDNN", "h2o"): {  # Table III
        "learning_rate": (1e-4, 1e-3),
        "alpha": _powers(-9, -4),
        "encoder": Layers((2, 3, 4), _WATER),
        "decoder": Layers((2, 3, 4), _WATER),
    },
    ("EDNN", "geo2"): {  # Table III
        "learning_rate": (1e-4, 1e-3),
        "alpha": _powers(-9, -1),
        "encoder": Layers((2, 3, 4), _GEO2),
        "decoder": Layers((2, 3, 4), _GEO2),
    },
    ("EDNN inverse", "h2o"): {  # Table IV
        "learning_rate": (1e-3,),
        "alpha": _powers(-4, -1),
        "encoder": Layers(_DEEP, (3,)),
        "decoder": Layers(_DEEP, (100,)),
    },
    ("EDNN inverse", "geo2"): {  # Table IV
        "learning_rate": (1e-3,),
        "alpha": _powers(-4, -1),
        "encoder": Layers(_DEEP, (153,)),
        "decoder": Layers(_DEEP, (8,)),
    },
    ("NNCA", "h2o"): {"learning_rate": (5e-3,), "alpha": _powers(-12, 4), "decoder": _WATER_DECODER},  # Table V
    ("NNCA", "geo2"): {"learning_rate": (5e-3,), "alpha": _powers(-10, 2, 2), "decoder": _GEO2_DECODER},  # Table V
    # Table V: as the decoders, apart from the learning rate, which the paper does not give
    ("Emulator", "h2o"): {"learning_rate": (1e-4, 1e-3, 5e-3), "alpha": _powers(-12, 4), "hidden": _WATER_DECODER},
    ("Emulator", "geo2"): {"learning_rate": (1e-4, 1e-3, 5e-3), "alpha": _powers(-10, 2, 2), "hidden": _GEO2_DECODER},
}
