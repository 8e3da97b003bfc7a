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
# # GeO₂: from the spectrum back to the structure
#
# **Question.** We are given the mean spectrum of a compressed glass and nothing else. Which distances can be brought
# back? Which only seem to come back?
#
# > **In this chapter**
# > - **You will** fit the latent variables of [NNCA](#term-NNCA) and [ECA](#term-ECA) to the mean spectrum at each
# >   pressure, expand them to distances, and hold each distance against the known one and against a blind guess.
# > - **You need** [the NNCA chapter](05_nnca.ipynb).
# > - **Time** about 25 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
geo2_shift = None  # eV, added to the energies of your own GeO2 data; None: nothing
geo2_windows = None  # eV, where moments of your own GeO2 data are taken: [Kβ″, Kβ₂], a pair each; None: as ours
sites = None  # GeO2 sites used, 200 or more; None: the preset's number
seed = 0  # of the split into training and test data, 0 or more
seeds = None  # networks trained for each method, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["hide-input"]
import numpy as np

from nnca.book import reconstruction_claims as claims, reconstruction_results as results, tables
from nnca.book.say import begin, claim, explore, say, show, table
from nnca.book.trained_networks import fit_eca, fit_networks
from nnca.data import load_geo2
from nnca.explorer import Reconstruction
from nnca.features import distances_from_coulomb
from nnca.figures import reconstruction as figures
from nnca.problem import glass_problem
from nnca.reconstruction import OXYGEN, SHELLS, ensemble, reconstruct

# %% [markdown]
# ## The way back
#
# [The inverse attempts](04_inverse_attempts.ipynb) ran a network backwards, layer by layer. Here nothing is inverted.
# The latent variables are *fitted*. Of all $\mathbf t$ we take the one whose decoded moments come nearest to
# the given moments $\mathbf m$. Then we expand it to a structure, by Eq. [(projection)](03_ednn.ipynb#eq-projection):
#
# $$
# \mathbf t^* = \arg\min_{\mathbf t} \lVert \operatorname{decoder}(\mathbf t) - \mathbf m \rVert^2,
# \qquad \mathbf x^* = \sum_j t^*_j\, \mathbf v_j .
# \tag{latent-fit}
# $$
#
# The first row of the [Coulomb matrix](#term-Coulomb_matrix) in $\mathbf x^*$ holds the distances from the central Ge.
#
# What is given is what an experiment could give: the mean spectrum of many [sites](#term-site), here of the test sites
# at each pressure, and its eight [moments](#term-moments). The networks are those of
# [the NNCA chapter](05_nnca.ipynb); what it has trained is read from its files.

# %%
p = begin(globals())
glass = load_geo2(p.geo2_data, at_most=p.sites, shift=p.geo2_shift, windows=p.geo2_windows)
problem = glass_problem(glass, p.seed)  # 153 Coulomb elements to eight moments, standardised
known = ensemble(glass, problem.test_rows)  # moments of mean spectra, mean distances

problems, networks = {"moments": problem}, [("Emulator",), ("NNCA", 1), ("NNCA", 2)]
fitted = fit_networks(problems, networks, range(p.seeds), epochs=p.epochs)
fitted |= fit_eca(problems, fitted)
models = results.models_of(fitted)  # {(method, k): one estimator for each seed}

# %% [markdown]
# Here is the whole way back for one NNCA with one component. The two numbers are mean absolute errors (Å) of the six
# nearest O: of the reconstruction, and of a blind guess, the mean structure of the training set.

# %%
nnca = models[tables.NNCA, 1][0]
m = problem.targets.transform(known.moments)  # (pressures, 8)
t = nnca.fit_latent(m)  # (pressures, 1)
x = problem.inputs.inverse_transform(nnca.inverse_transform(t))  # (pressures, 153)
distances = distances_from_coulomb(x)  # (pressures, 17)

guesses = distances, results.blind(problem)
[float(known.error(guess)[results.SIX].mean().round(3)) for guess in guesses]

# %% tags=["remove-input"]
show(
    figures.landscape(*results.landscape(nnca, problem, known), known.pressure),
    "landscape",
    "The error of Eq. [(latent-fit)](#eq-latent-fit) along the one latent variable. Dots mark the fits. A curve may have "
    "several valleys, so `fit_latent` looks at the whole axis.",
    alt="Sum of squared errors (logarithmic) against the latent variable, a curve and a dot for each pressure.",
)
shift = results.moment_shift(glass, problem, known)
say(
    "The moments of a mean spectrum are not the means of the moments: a mean of shifted lines is wider than each of "
    f"them. The difference is largest for the {shift.index[0]}, {shift.iloc[0]:.2f} standard deviations on average."
)

# %% [markdown]
# ## Fig. 5: distances against pressure
#
# Now the same for all networks: `reconstruct` holds the four lines above.

# %%
back = {
    key: [reconstruct(one, problem, known.moments) for one in group]
    for key, group in models.items()
}

# %% tags=["remove-input"]
mean = results.mean_distances(back)
show(
    figures.distances(known.pressure, results.panels(mean, known), results.MARKED),
    "distances",
    "Counterpart of Fig. 5. Distances from the central Ge, brought back with one component (solid) and two (dashed), "
    f"means over {p.seeds} networks, and the known. ECA's vectors are from the test set, as in the paper.",
    alt="Three panels, by NNCA, by ECA and known: distances from the central Ge against pressure, nine O and eight Ge in "
    "two colours, labelled at their right ends; the fifth and sixth O are thick.",
)

# %% tags=["remove-input"]
pairs = {key[0]: [models[key, k][0] for k in (1, 2)] for key in (tables.NNCA, tables.ECA)}
explore(
    Reconstruction(glass, problem, pairs),
    "fit-by-hand",
    "Choose a pressure, or drag the dot in the valley. The moments follow, and with them 17 distances by two ways back. "
    "The *expansion* follows Eq. [(latent-fit)](#eq-latent-fit). The *pattern* is what the training data lead us to expect "
    "at this $t$. In the clusters only the distances are reconstructed; the directions are those of one training site.",
)

# %% [markdown]
# Look at the fifth and sixth O. Their fall is the change of [coordination](#term-coordination): atoms that were outside
# the first shell move in.
#
# ## How good is it?
#
# A small error alone proves little, for many distances hardly change with pressure. Grey bars in
# [Figure errors](#fig-errors) show what a blind guess achieves. Only what lies well below the grey came from the
# spectrum.

# %% tags=["remove-input"]
found = results.errors(back, models, problem, glass, known, p.seed)
paper_keys = {key: found.values[key] for key in found.values if key[0] != tables.ECA_TRAIN}
show(
    figures.errors(paper_keys, found.guess),
    "errors",
    "Error of each distance, mean over pressures, for neighbours of the central Ge. Markers: means over networks, filled for "
    "one component and open for two; lines: all networks. Grey: the mean structure, which knows no spectrum.",
    alt="Two panels of mean absolute error against neighbour number, for nine O and eight Ge. Grey bars show the error of "
    "the mean structure, markers those of NNCA and ECA with one and two components.",
)

# %% tags=["remove-input"]
table(
    results.error_table(found, results.floor(glass, problem, known)),
    "errors",
    "Mean absolute error (Å) by groups of neighbours, means over networks and pressures.",
    data=results.kept_errors(found),
)

# %% [markdown]
# The last row of [Table errors](#tab-errors) shows that the way back itself has a cost. The *true* mean Coulomb
# matrices, turned into distances, do not give the mean distances. The distance behind a mean of $1/r$ is another one.
#
# How sure are the differences? Networks differ, and so do the sites that happened to be tested. Each interval below
# comes from redrawing both: whole boxes at each pressure, whose mean spectra are fitted anew, and networks. Where the
# data name the glass from which boxes were compressed, whole glasses are drawn. Redrawing makes every error a little
# larger; the intervals are reflected at the estimate, which takes that off again.

# %% tags=["remove-input"]
claim(
    "coordination",
    "The change of coordination is recovered by NNCA",
    "Ge–O distances fall rapidly up to 20 GPa, as coordination changes (by eye)",
    *claims.coordination(found, *results.half_way(known, mean[tables.NNCA, 1])),
)
text = "Changes of the Ge–Ge distances are left out by NNCA, and brought back in part by ECA"
claim("germanium", text, "flat curves for NNCA, by eye", *claims.germanium(found))
text = "NNCA outperforms ECA for the Ge–O distances"
claim("nearer", text, "stated, without a number", *claims.nearer(found))
text = "One component of NNCA gives a more accurate structure than two"
claim("one-component", text, "stated, without a number", *claims.one_component(found))

# %% [markdown]
# ## Flat does not mean without effect
#
# By Eq. [(latent-fit)](#eq-latent-fit) a feature with a zero in every vector comes back as zero, which in standardised
# units is its mean. That is true of *any* vectors and any spectrum: it follows from the expansion. Can we turn the
# sentence around? Does a distance that comes back flat not matter to the spectrum?
#
# Kernel ridge regression can tell, for it has no vectors: it sees the Ge–O distances alone, then the Ge–Ge distances as
# well.

# %% tags=["remove-input"]
seen, gain = results.germanium_matters(glass, problem, p.seed)
claim(
    "irrelevant",
    "Features that do not matter to the spectrum come back as their mean",
    "a consequence of z-scores",
    *claims.irrelevant(seen, gain, results.slopes(mean[tables.NNCA, 1], known.distances)),
)

# %% [markdown]
# Why can a vector ignore what matters? Most distances in a glass move together, so that a vector needs only a few of them
# to know where the glass is. [Figure vector-weights](#fig-vector-weights) compares what the vectors *give* to
# each distance with how each distance *goes along* with the latent variable.

# %% tags=["remove-input"]
vectors, correlations = results.weights(models, problem)
caption = "Above: components of the one vector of NNCA and of ECA over the 17 distances. Below: correlation of the same "
caption += "elements with $t_1$, over test sites. Lines span all networks. Weights may differ where correlations agree."
alt = "Four panels. Above, vector components for nine O and eight Ge, by NNCA and ECA; below, correlations with $t_1$."
show(figures.weights(vectors, correlations), "vector-weights", caption, alt=alt)
v, r = (each[tables.NNCA].mean(axis=0) for each in (vectors, correlations))
four, ge = SHELLS["first four O"], SHELLS["Ge"]
say(
    f"In NNCA, the first four O have a mean weight of {v[four].mean():+.2f} and a mean correlation of {r[four].mean():+.2f}. "
    f"The Ge have a mean weight of {v[ge].mean():+.2f} and a mean correlation of {r[ge].mean():+.2f}."
)

# %% [markdown]
# The expansion uses the upper row and knows nothing of the lower. Where weight and correlation differ in sign, a distance
# comes back moving the wrong way. Two vectors may give nearly the same $t_1$ and
# different structures. [The NNCA chapter](05_nnca.ipynb) measures it. So a curve in [Figure distances](#fig-distances)
# tells which features a vector leans on. Whether the spectrum could do without the others is another question.

# %% [markdown]
# ## Structures that cannot be
#
# An expansion knows no geometry. Nothing keeps the third O nearer than the fourth, or an element of the Coulomb matrix
# positive. [Table physical](#tab-physical) counts both. Where an element belongs to no distance, errors show a dash.

# %% tags=["remove-input"]
table(
    results.physical(back),
    "physical",
    f"Means over networks; the first two columns count over all {len(known.pressure)} pressures. *Left over*: sum of squared "
    "errors of a fit to eight moments, in standardised units.",
)

# %% [markdown]
# The other 136 elements, between neighbours, are not tested: they may not fit any structure in space. A reconstruction
# that looks physical need not be right.
#
# ## Boxes never seen
#
# In the paper's split, test sites share their boxes with training sites. The strict split holds back whole boxes, or
# whole families of boxes where the data say which come from one glass. ECA's vectors are from the training set in both
# columns, so that only the split differs, and with it the sites that are tested. One thing is not held back: the search
# for [hyperparameters](#term-hyperparameter) saw sites of all boxes.

# %%
strict = glass_problem(glass, p.seed, by="parent" if "parent" in glass else "box")
unseen = ensemble(glass, strict.test_rows)
problems = {"moments": strict}
again = fit_networks(problems, networks, range(p.seeds), epochs=p.epochs)
again |= fit_eca(problems, again, vectors_from=("train",))

# %% tags=["remove-input"]
strict_models = results.models_of(again, (tables.NNCA, tables.ECA_TRAIN))
splits = results.split_table((models, problem, known), (strict_models, strict, unseen))
table(splits, "splits", "Covered variance of the moments, and error of the first six Ge–O distances, for both splits.")
by_site = results.covered(models[tables.NNCA, 1], problem, glass, p.seed)
say(
    f"By site, {100 * results.shared(glass, problem):.0f} % of the test sites share a box, or its glass, with training "
    f"sites. With one component, NNCA covers {by_site} of the moments there, and "
    f"{results.covered(strict_models[tables.NNCA, 1], strict, glass, p.seed)} where the boxes are new."
)

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: a weight of nought
#
# No Python needed. Let all vectors be zero at the distance to the third O. Which curve does it get in
# [Figure distances](#fig-distances), at which height, and what follows for the glass?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# A horizontal line at the value that belongs to the mean of its Coulomb element in the training set. Nothing follows for
# the glass: the curve would be there for every spectrum.

# %% [markdown]
# ### Exercise: one way to change
#
# With one component, how many independent ways does a reconstructed structure have to change with pressure? And with two?
# Check it with the rank of what `inverse_transform` makes of the fitted latent variables, in standardised units: there the
# mean structure is zero. Call the two ranks `ranks`, a dictionary with the keys 1 and 2.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
two = models[tables.NNCA, 2][0]
ranks = {k: int(np.linalg.matrix_rank(net.inverse_transform(net.fit_latent(m)))) for k, net in {1: nnca, 2: two}.items()}
ranks

# %% tags=["solution", "check"]
assert isinstance(ranks, dict) and set(ranks) == {1, 2}, "ranks: a rank for each of the keys 1 and 2."
assert all(float(rank).is_integer() and rank > 0 for rank in ranks.values()), "ranks: whole numbers above zero."
assert ranks[1] <= ranks[2], "ranks: can two components do less than one?"
assert ranks[2] < 3, "ranks: is the mean structure still in it? It does not change with pressure, but it counts as one."
assert ranks[1] < 2, "ranks: is the mean structure still in it? It does not change with pressure, but it counts as one."

# %% [markdown] tags=["solution"]
# As many as there are components. All 17 distances of a one-component reconstruction follow from one number.

# %% [markdown]
# ### Exercise: single sites
#
# Reconstruct single test sites instead of means: the first 300 of `problem.test_rows`. How does the error of the six nearest
# O compare with that of the mean structure? Call the two mean absolute errors (Å) `wrong`, a dictionary with the keys
# `"from the moments"` and `"mean structure"`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
rows = problem.test_rows[:300]
true = distances_from_coulomb(problem.inputs.inverse_transform(problem.X[rows]))
single = distances_from_coulomb(problem.inputs.inverse_transform(nnca.reconstruct(problem.Y[rows])))
guesses = {"from the moments": single, "mean structure": results.blind(problem)}
wrong = {name: float(np.nanmean(np.abs(guess - true)[:, results.SIX])) for name, guess in guesses.items()}
wrong

# %% tags=["solution", "check"]
assert isinstance(wrong, dict), "wrong: a dictionary."
assert set(wrong) == {"from the moments", "mean structure"}, "wrong: an error for each of the two keys."
assert all(error > 0 for error in wrong.values()), "wrong: an absolute error is above zero."
elements = problem.inputs.inverse_transform(problem.test[0][:300])
oxygen = distances_from_coulomb(elements)[:, results.SIX]
off = np.abs(oxygen - results.blind(problem)[results.SIX]).mean()
assert abs(wrong["mean structure"] / off - 1) < 0.05, "wrong: mean of absolute errors, six nearest O, single sites?"
assert 0.2 < wrong["from the moments"] / off < 20, "wrong: are both errors in angstrom, and of the same six O?"

# %% [markdown] tags=["solution"]
# A single site is a much harder case. Its moments scatter for reasons that one latent variable cannot hold, and there is
# no mean over sites in which these errors cancel.

# %% [markdown]
# ### Exercise: noise
#
# Add noise of 0.1 standard deviations to the moments before the fit, ten times anew. Call the ten sets of distances
# `moved`. Which distances move? Call their standard deviation over the ten, mean over pressures, `spread`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
rng = np.random.default_rng(0)
noise = 0.1 * problem.targets.scale * rng.normal(size=(10, *known.moments.shape))
moved = [reconstruct(nnca, problem, known.moments + each).distances for each in noise]
spread = np.std(moved, axis=0).mean(axis=0)
{name: float(spread[rows].mean().round(3)) for name, rows in SHELLS.items()}

# %% tags=["solution", "check"]
shape = (10, len(known.pressure), 17)
assert np.shape(moved) == shape, "moved: ten sets of 17 distances at each pressure."
assert np.nanmax(np.abs(np.diff(moved, axis=0))) > 0, "moved: the ten are the same. Draw noise anew each time."
assert np.shape(spread) == (17,), "spread: a number for each distance."
deviations = np.array(moved) - np.mean(moved, axis=0)  # from the mean of the ten
expected = np.sqrt((deviations**2).mean(axis=0)).mean(axis=0)
assert np.allclose(spread, expected, rtol=0.1, equal_nan=True), "spread: over which axis do you take it?"

# %% [markdown] tags=["solution"]
# Those move that the vector leans on, all together and in proportion. Compare with
# [the layer-wise inversion](04_inverse_attempts.ipynb), where errors grow from layer to layer.

# %% [markdown]
# ### Exercise: a better expansion?
#
# Replace $\mathbf x^* = t\,\mathbf v$ by a regression: for each feature, the straight line through its values in the
# training set against $t$. Call the 153 slopes `line`. What becomes of the Ge–Ge distances? Call their mean spans over
# pressures (Å) `spans`, a dictionary with the keys `"vector"`, `"regression"` and `"known"`. Did the spectrum tell us about
# them?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
X_train = problem.train[0]
T = nnca.transform(X_train)
line = np.linalg.lstsq(T, X_train, rcond=None)[0]  # (1, 153): one slope for each feature; X and T have mean zero
regressed = distances_from_coulomb(problem.inputs.inverse_transform(t @ line))
ways = {"vector": distances, "regression": regressed, "known": known.distances}
spans = {name: float(np.ptp(each[:, ~OXYGEN], axis=0).mean()) for name, each in ways.items()}  # of Ge–Ge (Å)
spans

# %% tags=["solution", "check"]
assert np.size(line) == 153, "line: a slope for each of the 153 features."
first = nnca.transform(problem.train[0])
left = problem.train[0] - first * np.reshape(line, (1, 153))
share = np.abs(first.T @ left) / np.linalg.norm(first) / np.linalg.norm(problem.train[0], axis=0).max()
assert share.max() < 1e-3, "line: what is left of a feature still goes along with t. Which of the two is predicted?"
assert isinstance(spans, dict), "spans: a dictionary."
assert set(spans) == {"vector", "regression", "known"}, "spans: a number for each of the three keys."
far = known.distances[:, ~OXYGEN]
true_span = (far.max(axis=0) - far.min(axis=0)).mean()
assert abs(spans["known"] - true_span) < 1e-3, "spans: largest minus smallest over pressures, Ge only, then the mean."

# %% [markdown] tags=["solution"]
# Now the Ge–Ge distances move with the others. But they move because they did so in the *simulated* glasses. A glass
# in which Ge–O shrinks and Ge–Ge does not would get the same curves. This is the leak that the paper warns of: what the
# simulation knows slips into what the spectrum is said to show.

# %% [markdown]
# ### Exercise: three questions on reconstructions
#
# 1. A distance comes back flat. Does it not change in the glass?
# 2. A reconstruction has a small error. What must it be compared with before you praise it?
# 3. Why are test sites from boxes that nobody trained on the stricter test?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. Nobody knows. Flat means that the vector gives it no weight. The distance may change all the same.
# 2. With a guess that knows no spectrum, the mean structure: the grey bars in [Figure errors](#fig-errors).
# 3. Sites of one box are alike. Where some of them were trained on, a network may remember the box.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
nnca_six, eca_six = (found.mean((method, 1), results.SIX) for method in (tables.NNCA, tables.ECA))
say(
    "- Latent variables are fitted, not inverted.\n"
    f"- With one component the six nearest O come back to {nnca_six:.3f} Å by NNCA and {eca_six:.3f} Å by ECA. The mean "
    f"structure errs by {found.guess[results.SIX].mean():.3f} Å.\n"
    "- Distances that a vector gives no weight return as their mean. They look certain and tell nothing."
)
say("**Next:** [what a spectrum tells, and what the ensemble adds](07_what_a_spectrum_tells.ipynb).")
