# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # EDNN: everything through one neuron
#
# **Question.** A network must push all it knows of a molecule through one or two neurons, and still predict the
# spectrum. What is in those neurons?
#
# > **In this chapter**
# > - **You will** train an [emulator](#term-emulator), look through it with [ECA](#term-ECA), train an [EDNN](#term-EDNN),
# >   and see which of the two keeps more of the spectrum, and at which price.
# > - **You need** [the water data](01_water.ipynb), and a rough idea of what a neural network is.
# > - **Time** about 25 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
shift = None  # eV, added to the energies of your own water data: [XPS, XES, XAS]; None: nothing
windows = None  # eV, where your own water spectra begin and end: [[low, high], ...], three; None: as ours
snapshots = None  # water snapshots used at most, 100 or more; None: the preset's number
seed = 0  # of the split into training and test data, 0 or more
seeds = None  # networks for each entry of a table, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["hide-input"]
import numpy as np

from nnca import ECA, EDNN, NNCA, Emulator, covered_variance
from nnca.book import ednn_results as results, paper, tables, verdicts
from nnca.book.hyperparameters import tuned
from nnca.book.say import begin, claim, explore, say, show, table
from nnca.book.trained_networks import fit_eca, fit_networks
from nnca.data import load_h2o
from nnca.explorer import Direction, Isosurfaces
from nnca.figures import ednn as figures, networks as diagrams
from nnca.problem import water_problem

# %% [markdown]
# ## A narrow door
#
# An encoder–decoder network is an ordinary feed-forward network with one layer made very narrow: the
# [bottleneck](#term-bottleneck), see [Figure ednn](#fig-ednn). Its first half, the encoder, maps a structure
# $\mathbf x$ to $k$ numbers $\mathbf t$. Its second half, the decoder, knows *only* $\mathbf t$ and must make the whole
# spectrum from it. Both are trained together. If the prediction is good, $\mathbf t$ must contain what the spectrum
# depends on: no other way leads through.

# %% tags=["remove-input"]
show(
    diagrams.diagram("EDNN"),
    "ednn",
    "The idea of Fig. 1 of the paper. What the coloured neuron does not carry, the decoder cannot know.",
    alt="A network drawn as dots and lines. Three input neurons for angle and two bond lengths, two wider hidden "
    "layers, a single coloured neuron in the middle, two hidden layers, and a spectrum at the right.",
)

# %% [markdown]
# Success is measured by the [covered variance](#term-covered_variance) of a set of spectra $\mathbf S$ (rows: molecules,
# columns: channels),
#
# $$
# R^2 = 1 - \frac{\operatorname{tr}\bigl(\tilde{\mathbf S}^T \tilde{\mathbf S}\bigr)}{\operatorname{tr}\bigl(\mathbf S^T \mathbf S\bigr)},
# \qquad \tilde{\mathbf S} = \mathbf S - \mathbf S^{(\mathrm{pred})},
# \tag{r2}
# $$
#
# with the mean spectrum subtracted from $\mathbf S$. These are the paper's Eqs. (1) and (2), here
# `nnca.covered_variance`. One is perfect. Zero is what the mean spectrum alone would earn.
#
# The whole experiment, for the emission spectrum and one seed, is five lines:

# %%
p = begin(globals())
water = load_h2o(p.data, at_most=p.snapshots, shift=p.shift, windows=p.windows)
xes = water_problem(water, "xes", p.seed)  # X: angle and two bond lengths; Y: 121 channels; both standardised

emulator = Emulator(random_state=0).fit(*xes.train)
ednn = EDNN(n_components=1, random_state=0).fit(*xes.train)
{"emulator": emulator.score(*xes.test), "EDNN, one neuron": ednn.score(*xes.test)}

# %% [markdown]
# The rest of the chapter does the same with care: three spectra, one and two neurons, several seeds, and networks whose
# shape a search has chosen ([model selection](09_model_selection.ipynb)).
#
# > **Deviation 11: training.** The paper trains its EDNNs with scikit-learn. Here networks of one shape train side by
# > side in torch (`nnca.training`), with the same loss, a one-cycle learning rate, and a tenth of the training data held
# > out to choose the best epoch. Targets are rotated to the principal components that carry all but a millionth of their
# > variance. A linear output layer learns the same there.

# %%
problems = {kind: water_problem(water, kind, p.seed) for kind in ("xes", "xas", "xps")}
networks = [("Emulator",), ("EDNN", 1), ("EDNN", 2)]
fitted = fit_networks(problems, networks, range(p.seeds), epochs=p.epochs)
fitted |= fit_eca(problems, fitted)

# %% [markdown]
# ## The emulator: what is possible at all

# %% tags=["remove-input"]
show(
    figures.emulated(*results.emulated_spectra(problems, fitted)),
    "emulated",
    "Spectra of test molecules that the emulator never saw, computed (black) and emulated (dashed). Below, the one with "
    "the median error; above, one that is worse than 99 % of the test set.",
    alt="Two test spectra each of XES, XAS and XPS in black; the emulated ones, dashed, coincide almost everywhere.",
)
say(
    f"The emulators cover at least {results.ceiling(problems, fitted):.3f} of the variance: three internal coordinates "
    "determine these spectra. What a method with one latent variable misses from now on is lost at the bottleneck."
)

# %% [markdown]
# ## The reference: ECA
#
# Emulator-based component analysis ([Niskanen et al. (2022)](https://doi.org/10.1098/rsos.220093)) looks *through* a
# finished emulator. It asks for a direction $\mathbf v_1$ in the space of structures. Structures are flattened onto it,
#
# $$
# \mathbf x^{(k)} = \sum_{j=1}^{k} t_j \mathbf v_j, \qquad t_j = \mathbf v_j \cdot \mathbf x ,
# \tag{projection}
# $$
#
# (the paper's Eq. (3)), and the emulator must still predict the spectra as well as it can. Then comes $\mathbf v_2$,
# orthogonal to the first, and so on.

# %%
eca = ECA(emulator, n_components=1, random_state=0).fit(*xes.train)
eca.components_, eca.score(*xes.test)

# %% tags=["remove-input"]
methods = {"ECA": eca, "NNCA": NNCA(random_state=0).fit(*xes.train), "EDNN": ednn}
explore(
    Direction(xes, emulator, methods),
    "direction",
    "Search yourself: drag the white ring over all directions of angle and bond lengths. The colour tells how much of "
    "XES the emulator still covers when molecules are flattened onto that line. One spot is best, and ECA sits on it. The "
    "bar of EDNN is longer: its encoder may bend, and no straight line reaches it. NNCA comes [later](05_nnca.ipynb).",
)

# %% tags=["remove-input"]
say(
    "The paper finds the vectors on the *test* set. We do so too in the column that is to be compared. Beside it stand "
    "vectors found on the training set, the cleaner choice. Each vector is the best of several optimisations on the unit "
    "sphere, from random starts. Here all starts of one analysis reach the same covered variance within "
    f"{results.start_spread(fitted):.4f}: in three dimensions there is one best direction, and it is found every time."
)

# %% [markdown]
# ## Table I
#
# [Table table-1-ednn](#tab-table-1-ednn) gives means over seeds, [Figure table1](#fig-table1) draws them. All methods
# are resampled together, test molecules and seeds, so that *differences* have intervals too
# ([Table gaps](#tab-gaps), `nnca.uncertainty`). The levels need not be the paper's: its structures, spectra and networks
# are others than ours (Deviations 1 to 4).

# %% tags=["remove-input"]
rows = tables.compare_methods(problems, fitted, [tables.EDNN, tables.ECA, tables.ECA_TRAIN], p.seed)
table(
    tables.score_table(rows),
    "table-1-ednn",
    f"Covered variance of the test set: mean and spread over {p.seeds} seeds, in brackets the paper's value (Table I). "
    "The paper has no vectors from the training set.",
    data=tables.kept_scores(rows),
)
gaps = tables.difference_table(rows, [(tables.EDNN, tables.ECA)])
table(gaps, "gaps", "How much more an EDNN covers: difference and its 95 % interval.")

# %% tags=["remove-input"]
show(
    figures.scores(rows, paper.TABLE_I),
    "table1",
    "Table I drawn: ours filled, with 95 % intervals; the paper's hollow.",
    alt="A chart with one row for each spectrum and number of components. Filled markers with intervals show EDNN and "
    "ECA here, hollow markers the paper's values; EDNN lies right of ECA in the rows with one component.",
)

# %% tags=["remove-input"]
text = "One component of EDNN covers more of water's XES and XAS than one of ECA"
ours = tables.in_words(rows, [("xes", 1), ("xas", 1)], tables.EDNN, tables.ECA)
verdict = verdicts.above(*(rows[kind, 1].difference(tables.EDNN, tables.ECA) for kind in ("xes", "xas")))
why = "A bent encoder follows what a straight direction cannot."
claim("ednn-over-eca", text, "0.86 and 0.74 (XES), 0.85 and 0.75 (XAS)", ours, verdict, why)
xes_2, xps_1 = (tables.means(rows[key], (tables.EDNN, tables.ECA)) for key in (("xes", 2), ("xps", 1)))
ours = [" and ".join(f"{score:.3f} ({name})" for name, score in found.items()) for found in (xes_2, xps_1)]
rules = verdicts.at_least(xes_2, {"EDNN": 0.99, "ECA": 0.99}), verdicts.at_least(xps_1, {"EDNN": 0.995, "ECA": 0.985})
why = "Two numbers about a structure decide its spectrum.", "A line has one position, and one number says where it is."
claim("two-cover-xes", "Two components cover XES of water by either method", "1.00 and 1.00", ours[0], rules[0], why[0])
claim("one-covers-xps", "One component covers XPS of water", "1.00 (EDNN), 0.99 (ECA)", ours[1], rules[1], why[1])

# %% [markdown]
# ## What the neuron stands for
#
# The distance of a spectrum from the one at the centre of the training set, relative to that central spectrum,
#
# $$
# M(\mathbf x) = \frac{\lVert \mathbf S_\mathrm{emu}(\mathbf x) - \mathbf S_\mathrm{emu}(\mathbf x_\mathrm{cen})\rVert_2}
# {\lVert \mathbf S_\mathrm{emu}(\mathbf x_\mathrm{cen})\rVert_2} ,
# \tag{deviation}
# $$
#
# is the paper's Eq. (4), here `nnca.metrics.spectral_deviation`. The paper compares two families of surfaces by eye:
# where $t_1$ is constant, and where $M$ is ([Figure isosurfaces](#fig-isosurfaces)). Can a number replace the eye?
# Knowing $t_1$, how well is $M$ known? A nearest-neighbour regression on test molecules answers
# ([Table deviation-known](#tab-deviation-known)). The question must also be put to ECA, whose surfaces are flat and
# cannot wrap around anything.

# %% tags=["remove-input"]
show(
    figures.isosurfaces(*results.surfaces(problems, fitted)),
    "isosurfaces",
    "The counterpart of the paper's Fig. 3. Above, surfaces on which the one latent variable of an EDNN is constant "
    "(deciles 1, 3, 5, 7, 9 of the training data); below, surfaces on which the spectral deviation $M$ is. ECA's would be "
    "flat and parallel. XPS comes nearest to that.",
    alt="Six three-dimensional boxes with the axes angle, first and second bond length. The upper three show nested, "
    "bent surfaces of constant latent variable for XES, XAS and XPS, the lower three surfaces of constant spectral "
    "deviation that wrap around the centre.",
)

# %% tags=["remove-input"]
ones = {
    kind: {"EDNN": fitted[kind, "EDNN", 1][0], "ECA": fitted[kind, "ECA", 1, "train"][0]} for kind in problems
}
explore(
    Isosurfaces(problems, ones),
    "turned",
    "Turn the box, and move the level from the least to the largest $t_1$. ECA's surface is flat and only shifts. EDNN's "
    "may bend. The sentence says how much of $M$ is left open on a surface.",
)

# %% tags=["remove-input"]
known = results.deviation_from_latent(problems, fitted)
caption = "Share of the variance of $M$ (test molecules) that is known once $t_1$ is."
table(known.map("{:.2f}".format), "deviation-known", caption)
claim(
    "isosurfaces",
    "Isosurfaces of the EDNN's latent variable follow those of the spectral deviation M",
    "good match, by eye",
    ", ".join(f"{kind} {row.iloc[0]:.2f} against ECA's {row.iloc[1]:.2f}" for kind, row in known.iterrows()),
    verdicts.discriminates(known.iloc[:, 0].min(), (known.iloc[:, 0] - known.iloc[:, 1]).min(), level=0.8, margin=0.1),
    results.WHY_SURFACES,
)

# %% [markdown]
# ## How far can a line bend?
#
# A curve can pass close to every point of a box if it turns often enough. The encoder of an EDNN is free to do just
# that. It may cut the space of structures into pieces and give each a stretch of $t_1$; the decoder learns which is
# which. Nothing in Eq. [(r2)](#eq-r2) forbids it. Let an XES network grow and train longer:

# %%
lengths = [max(1, p.epochs * share // 8) for share in (8, 4, 2, 1)]
shapes = {f"{width}–{width}": EDNN(encoder=(width, width), decoder=(width, width)) for width in (32, 64)}
shapes["chosen by the search"] = tuned("EDNN", "xes", 1)
grown = results.grow(shapes, lengths, xes)  # {(shape, epochs): EDNN}

# %% tags=["remove-input"]
reached = {job: one.score(*xes.test) for job, one in grown.items()}
show(
    figures.score_of_length({name: (lengths, [reached[name, n] for n in lengths]) for name in shapes}),
    "growth",
    "Covered variance of XES with one latent variable, against the length of the training, for three sizes of network "
    f"(one seed). It goes from {min(reached.values()):.2f} to {max(reached.values()):.2f}.",
    alt="Covered variance of a one-component EDNN for XES against the number of epochs, a curve for each network width. "
    "All rise; the widest rises most.",
)

# %% tags=["remove-input"]
pictures = {"ECA": fitted["xes", "ECA", 1, "train"][0]}
pictures |= {name: grown[name, lengths[0]] for name in ("32–32", "chosen by the search")}
show(
    figures.folds(*results.planes(pictures, xes)),
    "folds",
    "The latent variable for XES over molecules with two equal bonds (brightness: its rank). ECA's contours are straight "
    "by construction. A small EDNN bends them. The large one tears the plane: where contours run together $t_1$ jumps, "
    "and either side has a range of $t_1$ for itself.",
    alt="Three maps of the latent variable over the plane of angle and common bond length. ECA: straight parallel "
    "contours. Small EDNN: gently bent contours. Chosen EDNN: contours run together into a wall that divides the plane.",
)

# %% [markdown]
# So *the* score of a one-component EDNN does not exist. It is a score at a given size and patience, the paper's as well
# as ours. The freedom that raises the score makes $t_1$ harder to read. That is the price of flexibility, and a warning
# to whoever wants to run such a network backwards.
#
# ## Exercises

# %% [markdown]
# ### Exercise: a blind direction
#
# No Python needed. In [Figure isosurfaces](#fig-isosurfaces) choose XPS. Which change of the molecule would leave its
# latent variable as it is: opening the angle, stretching both bonds, or stretching one bond while the other shrinks?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# The last: the surfaces of XPS are nearly flat and run along the direction in which one bond grows as the other shrinks.

# %% [markdown]
# ### Exercise: a map with a mirror
#
# No Python needed. Predict first: the disc in [Figure direction](#fig-direction) has the left bond on one side and the
# right bond on the other. Exchange them. Should the colours change? Then drag the ring to a place, and to its mirror image
# on the other side. What do you find, and why not exactly what you predicted?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# The hydrogens are equal, so left and right must look alike, and nearly do. They are not exactly equal, because the
# emulator has learned from a sample of molecules and is scored on another. Nobody told it of the symmetry.

# %% [markdown]
# ### Exercise: directions by hand
#
# Replace ECA's vector for XES by the angle alone, $\mathbf v = (1, 0, 0)$, and by the symmetric stretch,
# $(0, 1, 1)/\sqrt 2$. How much of the variance of the test set does the emulator cover along each? Guess before you
# compute. Call the two numbers `by_hand`, a dictionary with the keys `"angle"` and `"stretch"`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
X, Y = xes.test
by_hand = {}
for name, v in {"angle": [1, 0, 0], "stretch": [0, 2**-0.5, 2**-0.5]}.items():
    flattened = np.outer(X @ v, v)
    by_hand[name] = covered_variance(Y, emulator.predict(flattened))
by_hand

# %% tags=["solution", "check"]
assert isinstance(by_hand, dict), "by_hand: a dictionary."
assert set(by_hand) == {"angle", "stretch"}, "by_hand: a number for each of the keys angle and stretch."
for direction, along in {"angle": np.diag([1.0, 0, 0]), "stretch": np.diag([0.0, 1, 1])}.items():
    line = along.sum(axis=0) / np.sqrt(along.sum())
    projector = np.outer(line, line)  # flattens onto a line, and does nothing more when used twice
    right = emulator.score(xes.test[0] @ projector, xes.test[1])
    assert abs(by_hand[direction] - right) < 1e-3, f"by_hand: look at {direction}. Has v the length one? Which data?"

# %% [markdown] tags=["solution"]
# The best direction is a combination of both, and better than either.

# %% [markdown]
# ### Exercise: a feature of noise
#
# Give the EDNN a fourth feature that is pure noise. What should happen to the one-component score on the *training* and
# on the test data, and what does? Call the training structures with four features `noisy`, the fitted network `deaf`, and
# its two scores `heard`, those of the training data first.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
rng = np.random.default_rng(0)
noisy, noisy_test = (np.c_[X, rng.normal(size=len(X))] for X in (xes.train[0], xes.test[0]))
deaf = EDNN(random_state=0, epochs=p.epochs).fit(noisy, xes.train[1])
heard = deaf.score(noisy, xes.train[1]), deaf.score(noisy_test, xes.test[1])
heard

# %% tags=["solution", "check"]
count = len(xes.train[0])
assert np.shape(noisy) == (count, 4), "noisy: the three features of the training data, and a fourth."
assert np.allclose(noisy[:, :3], xes.train[0]), "noisy: the first three features stay as they are."
likeness = np.abs(np.corrcoef(noisy.T)[3, :3])
assert likeness.max() < 5 / np.sqrt(count), "noisy: the fourth feature knows something of the others. Is it pure noise?"
assert isinstance(deaf, EDNN) and deaf.n_features_in_ == 4, "deaf: an EDNN, fitted to four features."
assert np.shape(heard) == (2,) and max(heard) <= 1, "heard: two scores, training data first."
assert np.isclose(heard[0], deaf.score(noisy, xes.train[1])), "heard: the first score is that of the training data."

# %% [markdown] tags=["solution"]
# Very little: the encoder learns to ignore what the spectra do not depend on. That is what makes a bottleneck a tool of
# interpretation.

# %% [markdown]
# ### Exercise: three questions on one neuron
#
# 1. A bottleneck has one neuron. Does the network then know one feature of the molecule only?
# 2. EDNN covers more than ECA with as many latent variables. What does ECA have that EDNN does not?
# 3. A colleague trains a larger EDNN for longer and covers more. Has she found a better latent variable?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. No. It knows one number, and this number may be made of all features at once.
# 2. A vector that can be read, and a way back: a point on a line is a structure.
# 3. Not for sure. It predicts better, but it may have cut the space into pieces ([Figure folds](#fig-folds)). Such a
#    number is harder to read.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(
    "- With one latent variable an EDNN covers "
    + ", ".join(f"{rows[kind, 1].mean(tables.EDNN):.2f} ({kind.upper()})" for kind in problems)
    + " of the variance, ECA "
    + ", ".join(f"{rows[kind, 1].mean(tables.ECA):.2f} ({kind.upper()})" for kind in problems)
    + ".\n- With two, an EDNN covers "
    + ", ".join(f"{rows[kind, 2].mean(tables.EDNN):.2f} ({kind.upper()})" for kind in problems)
    + ".\n- What an EDNN gains it gains by bending and cutting, and how far depends on its size and training."
    "\n\n**Next:** can we run the EDNN [backwards](04_inverse_attempts.ipynb), from a spectrum to a structure?"
)
