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
# # Inverse attempts: the network run backwards
#
# **Question.** An {term}`EDNN` goes from structure to spectrum. Every one of its steps is a matrix and a simple function. Why not undo them
# one by one, and read the structure off the spectrum?
#
# :::{admonition} In this chapter
# - **You will** build EDNNs that are as easy to invert as possible, invert them layer by layer, watch the attempt fail, and
#   find out which part of the failure is rounding, which is noise, and which is information that no longer exists.
# - **You need** [the EDNN chapter](02_ednn.ipynb), and what singular values are.
# - **Time** about 30 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
snapshots = None  # water snapshots used, 100 to 10,000; None: the preset's number
sites = None  # GeO2 sites used, 200 to 13,920; None: the preset's number
seed = 0  # of the split into training and test data and of the noise, 0 or more
seeds = None  # networks trained for each system, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from myst_nb import glue
from sklearn.base import clone
from sklearn.neighbors import KNeighborsRegressor

from nnca import covered_variance
from nnca.book.parameters import note
from nnca.book.hyperparameters import CHANNELS, RATES, tuned, read_search
from nnca.data import load_geo2, load_h2o
from nnca.methods.network import fit_seeds, fit_together
from nnca.figures import inversion as figures
from nnca.figures import use_style
from nnca.inversion import CLAIMS, SMALL, THRESHOLDS, error_bound, evidence
from nnca.inversion import invert_layers, judge, layers_of, layerwise_errors
from nnca.inversion import square_matrices, verdict
from nnca.networks import mlp
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.selection import spaces
from nnca.problem import TARGETS, WATER, glass_problem, water_problem

use_style()

# %% [markdown]
# ## The easiest network to invert
#
# Layer $l$ of a network turns the activations $\mathbf a_{l-1}$ of the layer before it into
#
# $$
# \mathbf a_l = g(\mathbf z_l), \qquad \mathbf z_l = \mathbf W_l\,\mathbf a_{l-1} + \mathbf b_l ,
# $$ (eq-layer)
#
# and $\mathbf a_0 = \mathbf x$. To undo it, undo $g$, subtract $\mathbf b_l$, solve with $\mathbf W_l$. ReLU cannot be undone: it
# answers zero to every negative number. So the paper gives up ReLU for its leaky sister {cite:p}`maas2013`,
#
# $$
# g(z) = \begin{cases} z & z \ge 0\\ s\,z & z < 0\end{cases},\qquad
# g^{-1}(a) = \begin{cases} a & a \ge 0\\ a/s & a < 0\end{cases},
# $$ (eq-leaky)
#
# here with $s$ = {glue:text}`slope`, and makes as many matrices square as can be: all hidden layers of the encoder are as wide as the input, all of the
# decoder as wide as the output. Only at the {term}`bottleneck`, $k = 1$, two matrices cannot be square. Depths and penalty come from
# an exhaustive search of the paper's Table IV.
#
# :::{admonition} Deviation 13: the searched space
# :class: warning
# The paper's water spectra have {glue:text}`channels` channels, and so do ours in this chapter (elsewhere more), so that decoders are as wide as the paper's. All
# {glue:text}`tried_paper` combinations of Table IV are tried, each at {glue:text}`n_rates` learning rates of our own ({glue:text}`rates`), because the
# paper's single one is for a constant schedule and ours is the peak of one cycle; the worse ones are given up early.
# :::
#
# :::{admonition} Deviation 14: whole targets, and our own thresholds
# :class: warning
# Everywhere else we train on principal components of the targets (Deviation 11), which leaves the last matrix with as few independent rows
# as there are components: nothing for a prediction, but an artefact here. In this chapter every output is
# trained (`reduce_targets=False`). The thresholds of the pseudo-inverse are ours, since the paper's text does not list its own.
# :::

# %%
water = load_h2o(p.data, p.snapshots)
tasks = {kind: water_problem(water, kind, p.seed, channels=CHANNELS) for kind in WATER}
tasks["moments"] = glass_problem(load_geo2(p.geo2_data, p.sites), p.seed)
names = {kind: figures.SYSTEMS[kind] for kind in TARGETS}

jobs = [(tuned("EDNN inverse", kind, 1, epochs=p.epochs), kind) for kind in TARGETS]
groups = Parallel(n_jobs=-1)(
    delayed(fit_seeds)(model, *tasks[kind].train, range(p.seeds))
    for model, kind in jobs
)
fitted = dict(zip(TARGETS, groups, strict=True))
modules = {kind: group[0].module_ for kind, group in fitted.items()}

# %% tags=["hide-input"]
rows = {}
for kind in TARGETS:
    record = read_search("EDNN inverse", kind, 1)
    widths = [len(layer.bias) for layer in layers_of(modules[kind])]
    scores = [one.score(*tasks[kind].test) for one in fitted[kind]]
    rows[names[kind]] = {
        "layers": "–".join(map(str, [tasks[kind].X.shape[1], *widths])),
        "penalty": f"{record['chosen']['alpha']:.0e}",
        "R² (test)": f"{np.mean(scores):.3f} ± {np.std(scores):.3f}",
        "paper's EDNN, ReLU": (TABLE_I | TABLE_II)[kind, 1]["EDNN"],
        "short of the paper": (TABLE_I | TABLE_II)[kind, 1]["EDNN"] - np.mean(scores),
    }
pd.DataFrame.from_dict(rows, orient="index").style.format(precision=2)

# %% tags=["remove-output"]
tried = read_search("EDNN inverse", "xes", 1)["combinations_in_the_space"]
note(tried_paper=tried // len(RATES), n_rates=len(RATES), n_seeds=p.seeds)
note(shortfall=max(row["short of the paper"] for row in rows.values()))
note(rates=", ".join(f"{rate:g}" for rate in RATES), channels=CHANNELS)
note(slope=min(layer.slope for layer in layers_of(modules["xes"])))

# %% [markdown]
# They predict, and miss at most {glue:text}`shortfall:.2f` of the variance that the paper's unconstrained networks of one latent variable cover. Can they
# be reversed?
#
# ## Undoing it
#
# `nnca.inversion.invert_layers` goes back from any layer's activations to the input. Its default is the paper's: a square matrix is solved
# exactly, unless it is singular to working precision; any other has its {term}`pseudo-inverse`, which drops singular values below
# $10^{-15}$ of the largest. With `rcond` the pseudo-inverse is used throughout, and drops those below that threshold.
#
# First a network that was never trained, four square layers with orthogonal matrices, which are as well conditioned as matrices can be:

# %%
rng = np.random.default_rng(p.seed)
square = mlp((20,) * 5, "leaky_relu")
for layer in square[::2]:
    layer.weight.data = layer.weight.data.new_tensor(
        np.linalg.qr(rng.normal(size=(20, 20)))[0]
    )
inputs = rng.normal(size=(100, 20))
round_trip = layerwise_errors(square, inputs)
print("largest error at each layer:", *(f"{e:.0e}" for e in round_trip.at_layers))
note(round_trip=round_trip.at_layers.max())

# %% [markdown]
# From the output back to the input the error is at most {glue:text}`round_trip:.0e`, and it grows from layer to layer. Keep that in mind.
#
# ## GeO₂: the paper's Fig. 6
#
# The paper looks in two ways (`nnca.inversion.layerwise_errors`). First, start from the network's *own* predictions of the test set and go back:
# how wrong is each layer's activation? Second, go forward only to some layer, turn round, and go back from there: how wrong is the input?


# %% tags=["remove-output"]
def curves(kind):
    X = tasks[kind].test[0]
    return {th: layerwise_errors(modules[kind], X, th) for th in THRESHOLDS}


errors = {kind: curves(kind) for kind in TARGETS}
note(
    **{f"best_{k}": min(e.at_layers[0] for e in errors[k].values()) for k in TARGETS}
)
glue("fig_glass_errors", figures.glass_errors(errors["moments"]))
glue("fig_water_errors", figures.water_errors({kind: errors[kind] for kind in WATER}))

# %% tags=["remove-output"]
facts = {}
for kind, group in fitted.items():
    facts[kind] = [evidence(one.module_, *tasks[kind].test) for one in group]
    typical = pd.DataFrame(facts[kind]).median()
    note(**{f"{name}_{kind}": float(value) for name, value in typical.items()})

# %% [markdown]
# ```{glue:figure} fig_glass_errors
# :name: fig-glass-errors
# :alt: Two panels with logarithmic error axes over the layers of the GeO2 network, one curve for each threshold of the pseudo-inverse, a dashed vertical line at the bottleneck. Left, errors rise from the output at the right to the input at the left. Right, errors at the input jump at the bottleneck.
#
# The counterpart of the paper's Fig. 6: (a) the largest error at every layer, going back (leftwards) from the predicted moments; (b) the largest error at the
# input after going forward to a layer and back. Dashed: the bottleneck. In units of standard deviations at the input; errors of zero are not drawn.
# ```
#
# With the default method the decoder brings back the latent variable within {glue:text}`decoder_moments:.0e` of its standard deviation (median of
# {glue:text}`n_seeds` networks). The encoder, even without the bottleneck, brings back the input within {glue:text}`encoder_moments:.0e`; the error that the
# bottleneck leaves it multiplies {glue:text}`amplification_moments:.0e`-fold. A larger threshold saves amplification and drops directions instead: the best
# of them leaves an error of {glue:text}`best_moments:.0e` standard deviations at the input.
#
# ## Water: the paper's Fig. 7
#
# ```{glue:figure} fig_water_errors
# :name: fig-water-errors
# :alt: Three rows of two panels, for XPS, XES and XAS of water, with logarithmic error axes over layers and one curve for each threshold. Errors grow through the decoder towards the bottleneck, and jump at the bottleneck.
#
# The counterpart of the paper's Fig. 7, as in {numref}`fig-glass-errors`: XPS (a, b), XES (c, d), XAS (e, f); errors
# in standard deviations at the input.
# ```
#
# Here the encoder is small and the decoder large. Through the encoder and back, short of the bottleneck, the input returns within {glue:text}`encoder_xes:.0e` (XES), while
# the way back through the decoder leaves the latent variable wrong by {glue:text}`decoder_xps:.0e` (XPS), {glue:text}`decoder_xes:.0e` (XES) and
# {glue:text}`decoder_xas:.0e` (XAS) of its standard deviations.
#
# ## From spectra that are not the network's own
#
# A prediction of the network lies exactly where its decoder can reach. A measured or computed spectrum does not, nor does a prediction
# with noise on it. What then?

# %% tags=["remove-output"]
starts = {}
for kind in TARGETS:
    (X, Y), S = tasks[kind].test, fitted[kind][0].predict(tasks[kind].test[0])
    noise = np.random.default_rng(p.seed).normal(size=S.shape)
    values = {f"+ noise {n:.0e}": S + n * noise for n in (1e-10, 1e-6, 1e-2)}
    values = {"prediction": S} | values | {"known": Y}
    starts[kind] = {
        name: layerwise_errors(modules[kind], X, outputs=v)
        for name, v in values.items()
    }
glue("fig_divergence", figures.divergence(starts))

# %% [markdown]
# ```{glue:figure} fig_divergence
# :name: fig-divergence
# :alt: Four panels, one for each system, of errors at every layer on a logarithmic axis, for the prediction, three levels of noise and the known outputs. Curves with more noise run higher by about as many decades as the noise is larger.
#
# The default method from the prediction, from the prediction with Gaussian noise (in standard deviations of the targets), and from the known targets.
# ```
#
# Up to the bottleneck the curves run nearly parallel: more noise at the right is as much more error further left. Known targets differ from the prediction by the
# network's own error, and act like noise of that size. The latent variable is then wrong by {glue:text}`known_moments:.0e` (GeO₂), {glue:text}`known_xps:.0e` (XPS),
# {glue:text}`known_xes:.0e` (XES) and {glue:text}`known_xas:.0e` (XAS) of its standard deviations, before the
# bottleneck is even crossed. One would already be useless.

# %% [markdown]
# ## Why: singular values
#
# Solving with $\mathbf W$ divides an error by as little as the smallest singular value, undoing leaky ReLU by as little as $s$. So an error
# $\varepsilon_l$ of layer $l$ becomes at most
#
# $$
# \varepsilon_{l-1} \le \frac{\varepsilon_l / s + \rho_l}{\sigma_{\min}(\mathbf W_l)} ,
# $$ (eq-growth)
#
# where $\rho_l$ is the rounding of the machine (`nnca.inversion.error_bound`). The ratio of the largest to the smallest singular value is the
# {term}`condition number`. Grey in the figure: the same networks before training.

# %% tags=["remove-output"]
trained, drawn = (
    {kind: square_matrices(module) for kind, module in modules.items()},
    {},
)
for kind in TARGETS:  # a learning rate of zero leaves a network as it was drawn
    still = tuned("EDNN inverse", kind, 1, learning_rate=0, epochs=1, random_state=0)
    drawn[kind] = square_matrices(still.fit(*tasks[kind].train).module_)
glue("fig_weights", figures.spectra_of_weights(trained, drawn))

# %% [markdown]
# ```{glue:figure} fig_weights
# :name: fig-weights
# :alt: Four panels, one for each system, of singular values on a logarithmic axis, from the largest to the smallest. Curves of encoder and decoder matrices lie over grey ones of untrained networks; those of large matrices reach lowest.
#
# Singular values of all square matrices. Blue, solid: encoder. Green, dashed: decoder. Grey: before training.
# ```

# %% tags=["hide-input"]
rows = {}
for kind in TARGETS:
    every = [square_matrices(one.module_) for one in fitted[kind]]
    for part, before in drawn[kind].items():
        first = np.median([s[0] / s[-1] for s in before])
        after = [s[0] / s[-1] for network in every for s in network[part]]
        rows[names[kind], part] = len(before[0]), first, np.median(after), max(after)
columns = ["width", "before training", "trained, median", "trained, highest"]
index = pd.MultiIndex.from_tuples(rows)
table = pd.DataFrame(list(rows.values()), index=index, columns=columns)
table.style.format("{:.1e}", subset=columns[1:])

# %% tags=["remove-output"]
large = table[table.width == table.groupby(level=0).width.transform("max")]
added = large[columns[2]] / large[columns[1]]
note(training_least=added.min(), training_most=added.max())

# %% [markdown]
# Large matrices are worse conditioned than small ones before any training, and training multiplies the median condition number of the large ones by
# {glue:text}`training_least:.0f` to {glue:text}`training_most:.0e`. Why should it? The signals in a decoder with
# one latent variable lie on a curve. Directions across that curve carry nothing, no data hold their weights, and the $L_2$ penalty
# may shrink them. If that is the reason, the penalty must decide. We train the XES network with each of Table IV's:

# %% tags=["hide-input"]
model = tuned("EDNN inverse", "xes", 1, epochs=p.epochs, random_state=0)
group = [
    clone(model).set_params(alpha=a) for a in spaces["EDNN inverse", "h2o"]["alpha"]
]
rows = {}
for one in fit_together(group, *tasks["xes"].train):
    e = evidence(one.module_, *tasks["xes"].test)
    rows[f"{one.alpha:.0e}"] = (
        one.score(*tasks["xes"].test),
        e["larger"],
        e["decoder"],
    )
columns = ["R² (test)", "condition of the decoder", "error of t, from the prediction"]
shrunk = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
shrunk.style.format("{:.1e}").format("{:.4f}", subset=columns[:1])

# %% tags=["remove-output"]
note(condition_grows=shrunk.iloc[-1, 1] / shrunk.iloc[0, 1])
note(t_weakest=shrunk.iloc[0, 2], t_strongest=shrunk.iloc[-1, 2])
note(score_range=np.ptp(shrunk.iloc[:, 0]))

# %% [markdown]
# From the weakest to the strongest penalty the condition number grows {glue:text}`condition_grows:.1e`-fold and the error of the latent variable from
# {glue:text}`t_weakest:.0e` to {glue:text}`t_strongest:.0e` standard deviations. All scores lie within {glue:text}`score_range:.4f`. Model
# selection looks at scores alone: how invertible a network is, it leaves to chance.
#
# How good is Eq. {eq}`eq-growth` as a prediction? And does it matter with how many digits the machine computes?

# %% tags=["remove-output"]
compared = {kind: {} for kind in TARGETS}
for kind in TARGETS:
    X, module = tasks[kind].test[0], modules[kind]
    for name, dtype in {"double": np.float64, "single": np.float32}.items():
        found = layerwise_errors(module, X, dtype=dtype)
        compared[kind][name] = found, error_bound(module, X, dtype=dtype)
glue("fig_growth_bound", figures.growth(compared))
pairs = [pair for both in compared.values() for pair in both.values()]
pairs = [(found.at_layers[:-1], bounds[:-1]) for found, bounds in pairs]
margins = np.concatenate([np.log10(b / f)[np.isfinite(f)] for f, b in pairs])
note(bound_holds="never" if (margins >= 0).all() else "sometimes")
note(margin=np.median(margins))

# %% [markdown]
# ```{glue:figure} fig_growth_bound
# :name: fig-growth-bound
# :alt: Four panels of errors at every layer, measured as solid lines and bounds as dashed lines, for double and for single precision. Dashed lines lie above solid ones throughout; single precision starts many decades higher.
#
# Going back from the prediction in double and in single precision: measured (solid) and the bound from singular values, Eq. {eq}`eq-growth` (dashed).
# ```
#
# The bound is {glue:text}`bound_holds` exceeded and, in the median, {glue:text}`margin:.0f` orders of magnitude too pessimistic: it supposes that every layer's error points in
# the worst direction. Errors that look harmless in double precision are so for want of digits to go wrong with. Back at the latent
# variable of XES, {glue:text}`decoder_xes:.0e` standard deviations become {glue:text}`decoder_single_xes:.0e` in single precision, for GeO₂ {glue:text}`decoder_moments:.0e` become
# {glue:text}`decoder_single_moments:.0e`, and nothing but the number of
# digits changed. A method whose success hangs on the last digits of a *prediction* will not survive a *measurement*.

# %% [markdown]
# ## Lost, or only amplified?
#
# An ill-conditioned square matrix still has an inverse: with enough digits, everything comes back. The bottleneck has none. All structures
# $\mathbf x$ that the encoder maps to one $t$ are one to the decoder, and the pseudo-inverse picks, of all activations before the bottleneck that fit,
# the shortest. That is one guess. How good could the best be? A nearest-neighbour regression from the encoder's exact $t$ to
# the structure tells what $t$ knows.

# %% tags=["hide-input"]
rows = {}
for kind, task in tasks.items():
    (X, _), (X_test, _) = task.train, task.test
    T, T_test = (fitted[kind][0].transform(A) for A in (X, X_test))
    guess = invert_layers(modules[kind], T_test, errors[kind][None].bottleneck)[0]
    best = covered_variance(X_test, KNeighborsRegressor(25).fit(T, X).predict(T_test))
    medians = [np.median(np.abs(wrong)) for wrong in (guess - X_test, X_test)]
    rows[names[kind]] = [*medians, best]
    note(**{f"known_from_t_{kind}": best})
columns = ["error, inverted", "error, mean structure", "R², best guess from t"]
lost = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
lost.style.format("{:.2g}")

# %% tags=["remove-output"]
ahead = int((lost.iloc[:, 0] < lost.iloc[:, 1]).sum())
note(ahead=f"{ahead or 'none'} of {len(lost)}")

# %% [markdown]
# Median errors are in standard deviations of the features. The inverse does better than answering the mean structure every time in {glue:text}`ahead`
# systems. Even a guess made of all that $t$ knows has only {glue:text}`known_from_t_xes:.2f` (XES) or {glue:text}`known_from_t_moments:.2f` (GeO₂) of the structure's
# variance. *That* part of the failure no method can repair: the rest was never let through.

# %% [markdown]
# ## Which of the paper's claims hold here?
#
# Each claim of the supplement, judged on every network of ours. An error is called small below {glue:text}`small` and large above one standard
# deviation; the default method throughout.

# %% tags=["hide-input"]
rows = {}
for key, counts in judge(facts).items():
    claim, kinds, _ = CLAIMS[key]
    shares = {names[kind]: f"{held}/{n}" for kind, (held, n) in counts.items()}
    system = {1: "GeO₂", 3: "water", 4: "all"}[len(kinds)]
    rows[f"{system}: {claim}"] = {"verdict": verdict(counts)} | shares
    share = "{} of {}".format(*np.sum(list(counts.values()), axis=0))
    note(**{f"claim_{key}": verdict(counts), f"claim_{key}_count": share})
note(small=SMALL)
pd.DataFrame.from_dict(rows, orient="index").fillna("")

# %% [markdown]
# For GeO₂, that the decoder adds little to the exact prediction {glue:text}`claim_glass_decoder` here, and in single precision it
# {glue:text}`claim_glass_single`; that the encoder's large matrices amplify {glue:text}`claim_glass_encoder`; that the latent variable diverges from known moments
# {glue:text}`claim_glass_known`. For water, that the decoder builds up errors {glue:text}`claim_water_decoder` in double and {glue:text}`claim_water_single` in single precision;
# that the encoder is inverted accurately {glue:text}`claim_water_encoder`. That the step over the bottleneck always fails {glue:text}`claim_bottleneck`.
#
# Two things the paper's figures do not separate. An encoder that is accurate on its own way back still multiplies what the bottleneck got wrong, for
# XES {glue:text}`amplification_xes:.0e`-fold: undoing
# leaky ReLU alone may cost a factor $1/s$ at each of its layers. And how large the errors of a decoder are is a matter of penalty and
# digits as much as of its size.

# %% [markdown]
# ## What does work: fitting, not inverting
#
# Instead of undoing the decoder, ask which $t$ makes it produce a spectrum nearest to the one given,
#
# $$
# t^* = \arg\min_t \bigl\lVert \mathbf S - \mathbf S_\mathrm{dec}(t) \bigr\rVert^2 .
# $$ (eq-fit)
#
# Least squares divides by nothing small: an error across the curve of possible spectra is dropped, not amplified. `fit_latent` does it for every test
# spectrum, from the *known* targets, where inversion diverged.

# %% tags=["hide-input"]
rows, latent = {}, {}
for kind in TARGETS:
    one, (X, Y) = fitted[kind][0], tasks[kind].test
    t, fit = one.transform(X)[:, 0], one.fit_latent(Y)[:, 0]
    inverted = invert_layers(modules[kind], Y)[errors[kind][None].bottleneck][:, 0]
    off = [np.median(np.abs(way - t)) / t.std() for way in (inverted, fit)]
    rows[names[kind]] = [*off, covered_variance(Y, one.decode(fit[:, None]))]
    note(**{f"t_inverted_{kind}": off[0], f"t_fitted_{kind}": off[1]})
    latent[kind] = t, fit
columns = ["error of t, inverted", "error of t, fitted", "R² of the spectra"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns).style.format("{:.2g}")

# %% tags=["remove-output"]
task, (t, fit), X_test = tasks["xes"], latent["xes"], tasks["xes"].test[0]
guess = invert_layers(modules["xes"], t[:, None], errors["xes"][None].bottleneck)[0]
away = np.abs(t - np.median(t))
near = away <= np.quantile(away, 0.05)
x = task.inputs.inverse_transform(X_test)
plane = np.column_stack([x[:, 0], x[:, 1:].mean(axis=1)])
glue("fig_shared", figures.shared_latent(t, fit, plane, near))
low, high = X_test.min(axis=0), X_test.max(axis=0)
note(inside=((guess > low) & (guess < high)).all(axis=1).mean())
angle, *lengths = X_test[near].std(axis=0)
note(near=int(near.sum()), width=away[near].max() / t.std())
note(angle_spread=angle, length_spread=np.mean(lengths))

# %% [markdown]
# ```{glue:figure} fig_shared
# :name: fig-shared
# :alt: Two scatter plots for XES of water. Left, the latent variable fitted to each known spectrum against the one of the encoder, near the diagonal. Right, structures in the plane of angle and mean bond length in grey, those with almost one latent variable in colour along a band.
#
# XES. (a) The latent variable, fitted to each known spectrum, against the encoder's. (b) The {glue:text}`near` test molecules nearest to the median $t$, all within {glue:text}`width:.2f` of its
# standard deviations.
# ```
#
# Fitting finds the latent variable to {glue:text}`t_fitted_xes:.2g` standard deviations for XES and {glue:text}`t_fitted_moments:.2g` for GeO₂ (medians), where inverting was off by
# {glue:text}`t_inverted_xes:.0e` and {glue:text}`t_inverted_moments:.0e`. So from a spectrum we do get $t$. From $t$ we do not get a structure: molecules of
# one $t$ still spread over {glue:text}`angle_spread:.2f` (angle) and {glue:text}`length_spread:.2f` (bond lengths) of the whole spread. The inverted encoder, given the exact $t$, finds a
# point within the range of the test molecules for {glue:text}`inside:.0%` of them. A set of structures is the honest answer, and an EDNN
# gives no way to describe that set. If only the encoder were so simple that its sets were planes, with a shortest vector to
# stand for each…

# %% [markdown]
# ## Exercises
#
# ```{exercise}
# :label: ex-by-hand
# Invert by hand: $\mathbf W = \begin{pmatrix}2&1\\1&1\end{pmatrix}$, $\mathbf b = 0$, leaky ReLU with $s = 0.1$, and the activations
# $\mathbf a = (-0.1, 2)$. How large an error of $\mathbf x$ can an error of $0.01$ in $a_1$ make?
# ```
#
# ````{solution} ex-by-hand
# :class: dropdown
# Undo $g$: $\mathbf z = (-1, 2)$. $\mathbf W^{-1} = \begin{pmatrix}1&-1\\-1&2\end{pmatrix}$, so $\mathbf x = (-3, 5)$. An error of $0.01$ in $a_1$ is one of
# $0.1$ in $z_1$, and of $(0.1, -0.1)$ in $\mathbf x$. Check:
# ```python
# from torch import nn
#
# layer = nn.Sequential(nn.Linear(2, 2, bias=False), nn.LeakyReLU(0.1))
# layer[0].weight.data = layer[0].weight.data.new_tensor([[2, 1], [1, 1]])
# print(invert_layers(layer, [[-0.1, 2], [-0.09, 2]], layer=1)[0])
# ```
# ````
#
# ```{exercise}
# :label: ex-rcond
# The predictions of the XES network get noise of $0.03$ standard deviations. Undo the last layer alone: which `rcond` brings the activations before it back
# best, and why is it neither the smallest nor the largest?
# ```
#
# ````{solution} ex-rcond
# :class: dropdown
# ```python
# from nnca.inversion import activations_of
#
# *_, before, S = activations_of(modules["xes"], tasks["xes"].test[0])
# noisy = S + 0.03 * np.random.default_rng(0).normal(size=S.shape)
# for rcond in (0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 0.3):
#     back = invert_layers(modules["xes"], noisy, rcond=rcond)[-2]
#     print(rcond, np.sqrt(((back - before) ** 2).mean()))
# ```
# A small threshold keeps directions in which the noise is divided by next to nothing; a large one drops directions that carry signal. A direction is worth keeping
# while the noise over its singular value is less than the signal along it. Do the same for all layers at once and there is no good threshold left: what one layer
# drops is an error that the next one amplifies.
# ````
#
# ```{exercise}
# :label: ex-bound
# Build the bound of Eq. {eq}`eq-growth` for noise alone (no rounding, nothing lost) and compare it with the default method from noisy predictions.
# ```
#
# ````{solution} ex-bound
# :class: dropdown
# ```python
# X, module, noise = tasks["moments"].test[0], modules["moments"], 1e-6
# S = fitted["moments"][0].predict(X)
# noisy = S + noise * np.random.default_rng(0).normal(size=S.shape)
# from nnca.inversion import singular_values
#
# bound = [np.linalg.norm(noisy - S, axis=1).max()]
# for layer, s in list(zip(layers_of(module), singular_values(module)))[::-1]:
#     bound.append(bound[-1] / layer.slope / s[-1])
# print(np.array(bound[::-1]))
# print(layerwise_errors(module, X, outputs=noisy).at_layers)
# ```
# The measured errors stay below until the bottleneck. Behind it they may exceed this simple bound, because what the bottleneck lost comes on top:
# `error_bound` adds it.
# ````

# %% [markdown]
# ## Summary
#
# - Networks made for it, bijective and square, still cannot be run backwards. From known spectra the latent variable is off by {glue:text}`known_xes:.0e` (XES) and
#   {glue:text}`known_moments:.0e` (GeO₂) standard deviations.
# - Two different things fail: ill-conditioned matrices and the slope of leaky ReLU amplify errors, which more digits would cure; the bottleneck loses information, which nothing cures.
# - The larger matrices are the worse conditioned ones (in {glue:text}`claim_larger_count` networks): the decoder's for water, the encoder's for GeO₂. How badly, the penalty decides.
# - Fitting $t$ by least squares works. What is missing is a way from $t$ to a structure.
#
# **Next:** an encoder so simple that it can be undone.
