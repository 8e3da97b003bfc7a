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
# # Rivals and limits
#
# **Question.** Are networks needed at all, or does something older and simpler do as well? And what can no method tell
# from a spectrum, because the spectrum does not hold it?
#
# > **In this chapter**
# > - **You will** hold EDNN, NNCA and ECA against older methods on the same splits, see what the width of the sample and
# >   the choice of moments decide, and map all structures that explain one spectrum.
# > - **You need** [the NNCA chapter](05_nnca.ipynb) and [the reconstruction chapter](06_geo2_reconstruction.ipynb).
# > - **Time** about 40 minutes.
#
# The paper compares its three methods with each other. Everything here goes beyond it.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
shift = None  # eV, added to the energies of your own water data: [XPS, XES, XAS]; None: nothing
windows = None  # eV, where your own water spectra begin and end: [[low, high], ...], three; None: as ours
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
geo2_shift = None  # eV, added to the energies of your own GeO2 data; None: nothing
geo2_windows = None  # eV, where moments of your own GeO2 data are taken: [Kβ″, Kβ₂], a pair each; None: as ours
snapshots = None  # water snapshots used at most, 100 or more; None: the preset's number
sites = None  # GeO2 sites used, 200 or more; None: the preset's number
seed = 0  # of the first split into training and test data, 0 or more
seeds = None  # splits, each with networks of its own, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["hide-input"]
import numpy as np

from nnca import Emulator
from nnca.book import degeneracy_results, rivals_structures, whole_spectra, width_results
from nnca.book import rivals_claims as claims, rivals_results as results
from nnca.book.say import begin, claim, say, show, table
from nnca.book.trained_networks import fit_eca, fit_networks
from nnca.data import load_geo2, load_h2o
from nnca.figures import rivals as figures
from nnca.interpretation import degeneracy, reweighting, rivals
from nnca.problem import WATER, water_problem

# %% [markdown]
# ## Older ways to a projection
#
# NNCA and ECA look for a few directions in structure space. Statistics has looked for such directions for a century:
#
# - *Principal components* (PCR) are the directions in which structures vary most. No spectrum is asked.
# - *Partial least squares* (PLS) takes directions in which structures and spectra vary together. The paper's reference 6
#   holds ECA against it.
# - *Reduced-rank regression* takes the linear map from structures to spectra that is best with $k$ directions. It is a
#   singular value decomposition ([Izenman (1975)](https://doi.org/10.1016/0047-259X%2875%2990042-1)).
# - *Sliced inverse regression* (SIR, [Li (1991)](https://doi.org/10.1080/01621459.1991.10475035)) sorts molecules by their
#   spectra and looks where their mean structures differ.
# - *Active subspaces* ([Constantine et al. (2014)](https://doi.org/10.1137/130916138)) ask an
#   [emulator](#term-emulator) in which directions its spectra change most:
#
# $$
# \mathbf C = \big\langle \mathbf J^T \mathbf J \big\rangle, \qquad
# J_{ci} = \frac{\partial S_c}{\partial x_i} ,
# \tag{active}
# $$
#
# whose first eigenvectors they take. Each is a few lines in `nnca.interpretation.rivals`, and all but the last need no
# network.
#
# A projection needs a decoder behind it. The textbook forms have a linear one. That would be unfair against NNCA, whose
# decoder is free. So every projection gets both: its *linear* decoder, and a *free* one, a smooth function of $t$ that is
# fitted in closed form.

# %%
p = begin(globals())
water = load_h2o(p.data, at_most=p.snapshots, shift=p.shift, windows=p.windows)
xes, covered = water_problem(water, "xes", p.seed), {}

ways = {"PLS": rivals.partial_least_squares, "reduced rank": rivals.reduced_rank}
for name, directions in ways.items():
    for decoder, behind in {"linear": None, "free": rivals.smooth()}.items():
        model = rivals.Projected(directions, n_components=1, decoder=behind)
        covered[name, decoder] = round(model.fit(*xes.train).score(*xes.test), 3)
covered

# %% [markdown]
# ## One table, the same splits
#
# Now all methods on all targets. A split deals rows into training and test data by chance, so one split
# proves little. There are several, and each has networks of its own seed. Sites of one box of GeO₂ are alike. So its
# moments are split twice: by [site](#term-site) as in the paper, and by box. Whole GeO₂ spectra are split by box.
#
# > **Deviation 16: smaller networks, fewer rows.** Many splits of many methods take time. In this chapter water's networks
# > are small (two or three hidden layers of 64), all trainings are shorter, and every method sees the same limited number of
# > training rows. GeO₂ has the networks that the search chose for its moments. For three components and for whole spectra
# > there was no search. Scores therefore differ a little from [Tables I and II](05_nnca.ipynb). All methods share the
# > limits.

# %%
glass = load_geo2(p.geo2_data, at_most=p.sites, shift=p.geo2_shift, windows=p.geo2_windows)
tasks = results.tasks(water, glass, p.seeds, p.seed)  # {task: one problem a split}

# {(task, method, k): one network a split}
networks = results.fit_all(tasks, p.epochs, p.seed)
scores, ecas = results.compete(tasks, networks)
networks |= ecas

# %% tags=["remove-input"]
rows = len(tasks["xes"][0].train_rows), len(tasks[results.BOX][0].train_rows)
caption = f"Covered variance of test data: mean over {p.seeds} splits and half of its 95 % interval, which is corrected for "
caption += f"what the splits share. At most {rows[0]:,} training molecules and {rows[1]:,} sites; kernel ridge sees "
caption += f"{min(results.RIDGE_ROWS, *rows):,}. One component; the last three methods have no bottleneck."
table(results.score_table(scores, 1), "rivals-1", caption)
table(results.score_table(scores, 2), "rivals-2", "The same with two components.")
caption = "The same with three components. Three of water's three features would be no bottleneck."
table(results.score_table(scores, 3), "rivals-3", caption)

# %% tags=["remove-input"]
show(
    figures.scores(results.drawn(scores), results.TASKS),
    "rivals",
    "The three tables drawn. Circles: one component, squares: two, triangles: three. Filled: a free decoder or the "
    "network's own; hollow: a linear one. Look at the step from hollow to filled.",
    alt="Six panels, one for each target. Every row is a method, markers on it show covered variance with one, two and "
    "three components, filled for free and hollow for linear decoders, with intervals.",
)
say(results.on_rival(scores))
say(results.on_decoder(scores))

# %% [markdown]
# What to see: compare hollow with filled. The projection is the same, so this step is the decoder's doing. Then compare
# filled with the networks. What is left is what training the vectors is worth. A closed form takes a moment where a
# training takes minutes. It has no seed and no learning rate, and it cannot get stuck.

# %% tags=["remove-input"]
claim("nnca-over-reduced-rank", *claims.rival(scores))
claim("eca-over-pls", *claims.partial_least_squares(scores, results.LINEAR))
claim("eca-over-pls-free", *claims.partial_least_squares(scores, results.FREE))

# %% [markdown]
# ## Straight back, without latent variables
#
# The same doubt about the way back. A reconstruction fits $t$ and expands it. Regression can go from spectra to structures
# directly. [Table backwards](#tab-backwards) judges both by the covered variance of *structures*.

# %% tags=["remove-input"]
back = rivals_structures.backwards(tasks, networks)
caption = f"Covered variance of structures from {rivals_structures.TURNED} test spectra, mean over splits with its interval: "
caption += "all features of water, the elements with the central Ge of GeO₂. A value below zero is worse than the mean."
table(rivals_structures.backwards_table(back), "backwards", caption)
claim("direct-over-expansion", *claims.direct(back))

# %% [markdown]
# The two answer different questions. Regression gives the *mean* of all structures with such a spectrum, and so leans on
# the ensemble. The expansion moves only what the vector points at. Where they differ, ask which of the
# two your conclusion rests on.
#
# ## Regions of a spectrum
#
# The paper's reference 6 also analyses parts of a spectrum: the strength in a region of interest, one number for each
# molecule. We keep the emulator and sum its channels.

# %% tags=["remove-input"]
areas = rivals_structures.integrated(water, tasks, networks)
caption = "Covered variance of the strength inside regions of water's spectra, mean over splits with its interval. "
caption += f"A region reaches {rivals_structures.REACH:g} eV to both sides of a measured line."
table(rivals_structures.region_table(areas), "regions", caption)
claim("eca-over-pls-regions", *claims.regions(areas))

# %% [markdown]
# ## The width of the sample decides
#
# A straight direction is a good summary of a small range and a poor one of a wide range. So scores of one component depend
# on how wide the structures spread, and that is the simulator's choice: here a hot classical molecule
# ([Deviation 2](../deviations.md)). We need no new simulation to see what another choice would do. Weights
#
# $$
# w_i \propto \exp\!\Big[-E_i \Big(\frac{1}{k_B T'} - \frac{1}{k_B T}\Big)\Big]
# \tag{boltzmann}
# $$
#
# turn a sample at temperature $T$ into one at $T'$. They cost snapshots: many get nearly no weight. The effective number
# $(\sum w)^2 / \sum w^2$ says how many are left.

# %%
if "total_energy" in water and "temperature_K" in water.attrs:
    sampled = float(water.attrs["temperature_K"])
    weights = reweighting.boltzmann(water.total_energy.values, sampled, 300)
    left = reweighting.effective_size(weights)
    say(f"{left:,.0f} of {len(weights):,} snapshots are left at 300 K.")

# %% [markdown]
# One more ensemble has the widths of *quantum* nuclei. Wilson's method gives normal modes from the classical spread, and
# each mode then gets the spread of a quantum oscillator at room temperature. In every ensemble as many rows are drawn and
# all networks are trained anew.

# %% tags=["remove-input"]
ensembles = width_results.ensembles(water)
caption = "Standard deviation of a bond and of the angle in each ensemble, and how many snapshots it rests on."
table(width_results.widths(water, ensembles), "ensembles", caption)
wide = width_results.by_width(water, ensembles, min(p.seeds, width_results.SPLITS), p.epochs, p.seed)
caption = f"Scores of one component in each ensemble, {width_results.DRAWN:,} training rows drawn from it. Bands are the "
caption += "range over splits, dotted lines the paper's values."
alt = "Two panels, for XES and XAS: covered variance of EDNN, NNCA and ECA with one component in ensembles of rising "
alt += "temperature and in one of quantum widths, with dotted lines for the paper."
show(figures.widths(wide, width_results.PAPER, results.TASKS), "widths", caption, alt)
say(width_results.on_cooler(wide))
claim("cooler-is-nearer", *claims.cooler(wide))

# %% [markdown]
# ## Whole spectra of GeO₂
#
# The paper's reference 8 could not predict whole spectra of the glass and fell back on eight moments. Here they are in the
# tables above, beside the moments of the same boxes. What do moments leave out?

# %% tags=["remove-input"]
ratio, told = whole_spectra.intensity_ratio(glass), whole_spectra.told_by_moments(glass, tasks)
caption = "Strength of Kβ″ over that of Kβ₂ against pressure: the mean with its 95 % interval, and one standard deviation "
caption += "over sites in grey."
alt = "A line with error bars in a grey band: the ratio of two line strengths against pressure."
show(figures.intensity(ratio), "intensity", caption, alt)
say(whole_spectra.on_ratio(ratio, told))
say(results.without_bottleneck(scores))
caption = "Covered variance of held-back boxes over all pressures, and within pressure, where a guess of the pressure earns nothing."
table(whole_spectra.within_table(glass, tasks, networks), "within", caption)

# %% tags=["remove-input"]
errors = whole_spectra.distance_errors(glass, tasks, networks)
caption = "Mean absolute errors of distances from mean spectra of test boxes, by expansion, mean over splits with its "
caption += "interval. The mean structure is what no spectrum at all would give."
table(whole_spectra.error_table(errors), "whole-errors", caption)
claim("whole-over-moments", *claims.whole(errors))
say(whole_spectra.on_minima(whole_spectra.minima(tasks, networks)))

# %% [markdown]
# ## All structures that explain a spectrum
#
# For water we can do what no inversion does: look at *every* structure. An emulator gives the spectra of a fine grid over
# the angle and both bonds in seconds. A structure explains a measured spectrum $\mathbf y$ of noise $\sigma$ where
#
# $$
# \lVert \mathbf S(\mathbf x) - \mathbf y \rVert^2 - \min_{\mathbf x'} \lVert \mathbf S(\mathbf x') - \mathbf y \rVert^2
# \le \sigma^2 \chi^2_3(0.95) .
# \tag{explains}
# $$
#
# This is the region of 95 % of a likelihood ratio, with three parameters. The emulator's own error counts as noise, too.

# %%
problems = {kind: water_problem(water, kind, p.seed) for kind in WATER}
tuned = [("Emulator",), ("NNCA", 1), ("NNCA", 2)]  # those of the NNCA chapter
fitted = fit_networks(problems, tuned, range(p.seeds), epochs=p.epochs)
fitted |= fit_eca(problems, fitted, ("train",))

mapped = degeneracy_results.maps(water, problems, fitted)
grid, y = mapped["xes"].grid, problems["xes"].test[1][0]
noise = 0.1 * degeneracy_results.peak(problems["xes"])  # a tenth of the highest point
inside = mapped["xes"].distance(y) <= degeneracy.threshold(noise, parameters=3)
f"{inside.sum():,} of {inside.size:,} structures explain the first test spectrum"

# %% tags=["remove-input"]
off = degeneracy_results.emulator_errors(problems, fitted)
drawn = degeneracy_results.drawn(mapped, problems, fitted, off)
caption = "The test molecule with the most uneven bonds. Blue: bonds that explain its spectrum with some angle, darker for "
caption += f"less noise ({degeneracy_results.in_words()} of the peak). Dots and squares: what methods answer."
alt = "Four panels of one bond length against the other, for XPS, XES, XAS and all three: blue areas of structures that "
alt += "explain the spectrum, a cross for the true one, a plus for its mirror image, markers for the answers of methods."
show(figures.sets(drawn[0], grid, *drawn[1:], degeneracy_results.KINDS), "sets", caption, alt)
open_sets, hits = degeneracy_results.sets(water, mapped, problems, fitted, off)
table(degeneracy_results.set_table(open_sets), "sets", degeneracy_results.set_caption(off))
say(degeneracy_results.on_sets(open_sets))

# %% [markdown]
# Each method sees its own thing. XES fixes the angle and the sum of the bonds, and is nearly blind to their difference.
# XAS feels the longer bond. XPS gives one number, and a number leaves a whole surface open. No spectrum can say which of
# two equal hydrogens is the nearer one: a molecule and its mirror image have the same spectra. Their *mean* is a molecule
# with equal bonds, and it may explain neither. That is what a regression answers.

# %% tags=["remove-input"]
caption = "Share of answers that explain their own spectrum, that is, lie in its set."
table(degeneracy_results.answer_table(hits), "answers", caption)
claim("mirror-image", *claims.mirror(open_sets))
claim("answers-explain", *claims.answers(hits))

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: which comparison is fair?
#
# No Python needed. A paper reports that its network with two latent variables covers more variance than PLS with two
# components. Name two changes to PLS that you would ask for before you believe that the *projection* of the network is
# better.

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# Give PLS a free decoder, so that only the projections differ. And give both the same training rows, splits and number of
# trials: a network that was chosen among thousands of candidates has been compared with its own luck. A third request:
# let reduced-rank regression stand beside PLS. It is as simple, and it asks for what the score measures.

# %% [markdown]
# ### Exercise: an active subspace by hand
#
# Compute Eq. [(active)](#eq-active) for XES with finite differences of `networks["xes", "Emulator", None][0]` at 200
# structures of its training set. Call its first eigenvector, of length one, `by_hand`. Compare it with `active_subspace` and
# with NNCA's vector.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
emulator, (X, Y) = networks["xes", "Emulator", None][0], tasks["xes"][0].train
x, h = X[:200], 1e-3
ends = [(emulator.predict(x + h * e), emulator.predict(x - h * e)) for e in np.eye(3)]
J = np.array([(up - down) / (2 * h) for up, down in ends])  # (3, 200, channels)
by_hand = np.linalg.eigh(np.einsum("inc,jnc->ij", J, J))[1][:, -1]
ready = rivals.active_subspace(X, Y, 1, emulator, rows=200)[0]
v = networks["xes", "NNCA", 1][0].components_[0]
{"by hand": f"{abs(by_hand @ ready):.4f}", "NNCA's vector": f"{abs(ready @ v):.3f}"}

# %% tags=["solution", "check"]
assert np.shape(by_hand) == (3,), "by_hand: three numbers."
assert np.isclose(np.linalg.norm(by_hand), 1), "by_hand: a vector of length one."
net, pairs = networks["xes", "Emulator", None][0], tasks["xes"][0].train
steepest = rivals.active_subspace(*pairs, 1, net, rows=200)[0]
assert abs(by_hand @ steepest) > 0.98, "by_hand: which eigenvector did you take? Its eigenvalue is the largest."

# %% [markdown]
# ### Exercise: how much does noise cost?
#
# Take the test molecule of [Figure sets](#fig-sets) and XES. Begin with noise of a fifth of the peak, and halve it three
# times. How does the volume of the set fall? Call the four volumes `volumes`. What power of the noise would you expect if
# the set were a small ellipsoid?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
apart, steps = mapped["xes"].distance(y), 0.2 / 2.0 ** np.arange(4)
edges = [degeneracy.threshold(noise * step / 0.1, parameters=3) for step in steps]
volumes = [degeneracy.shape(apart <= edge, grid).volume for edge in edges]
[f"noise {step:.3f}: {one:.4f}" for step, one in zip(steps, volumes, strict=True)]

# %% tags=["solution", "check"]
assert np.shape(volumes) == (4,), "volumes: four numbers, the largest noise first."
assert (np.diff(volumes) <= 0).all(), "volumes: less noise cannot allow more structures."
half = degeneracy.shape(inside, grid).volume  # of a tenth of the peak, the chapter's own
assert np.isclose(volumes[1], half), "volumes: the second is known from the chapter. Which noise, which molecule?"

# %% [markdown] tags=["solution"]
# A small ellipsoid in three dimensions would lose a factor of eight each time. A long, bent tube loses less, for the grid
# ends it or the spectrum hardly changes along it. Where the set becomes thinner than the grid, the last numbers are the
# grid's and not the spectrum's.

# %% [markdown]
# ### Exercise: a better start for NNCA?
#
# Reduced-rank vectors come in closed form. Fit XAS with `rivals.Projected(rivals.reduced_rank, 2, decoder=...)` and an
# `Emulator` as decoder; call it `closed`. Does a network behind the closed form cover more than NNCA trained from random
# vectors?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
xas = tasks["xas"][0]
network = Emulator(random_state=0, epochs=p.epochs)
closed = rivals.Projected(rivals.reduced_rank, 2, decoder=network).fit(*xas.train)
trained = networks["xas", "NNCA", 2][0]
{"closed form": closed.score(*xas.test), "NNCA": trained.score(*xas.test)}

# %% tags=["solution", "check"]
assert isinstance(closed, rivals.Projected) and hasattr(closed, "decoder_"), "closed: a fitted Projected."
assert isinstance(closed.decoder_, Emulator), "closed: its decoder is a network."
own = tasks["xas"][0].train
vectors = rivals.Projected(rivals.reduced_rank, 2).fit(*own).components_
assert closed.components_.shape == vectors.shape, "closed: two components of three features."
assert np.allclose(closed.components_.T @ closed.components_, vectors.T @ vectors, atol=1e-4), "closed: of which data?"

# %% [markdown] tags=["solution"]
# Compare over all splits before you say which is better; [Table rivals-2](#tab-rivals-2) has them with a smooth decoder.

# %% [markdown]
# ### Exercise: three questions on rivals and limits
#
# 1. An old method covers less than a network. What else differs beside the projection?
# 2. A set of structures explains a spectrum. What does one reconstruction tell of it?
# 3. A method wins on one split. Is it better?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. The decoder. Give both the same one before you compare.
# 2. One point, and perhaps not even a point of the set. How large the set is must be asked for.
# 3. Nobody knows. Take several splits, and an interval for the difference.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(results.summary(scores))
say(
    "- A comparison needs several splits, and the same rows and decoders for all.\n"
    "- Scores of one component depend on the width of the sample.\n"
    "- A spectrum is explained by a *set* of structures. A reconstruction is one point, and it need not lie in the set."
)
say("**Next:** [how the networks were chosen](09_model_selection.ipynb).")
