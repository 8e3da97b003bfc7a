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
# # What a spectrum tells, and what the ensemble adds
#
# **Question.** A structure comes back from a spectrum. Which part of it did the spectrum tell? Which part came from the
# structures that the network was trained on?
#
# > **In this chapter**
# > - **You will** meet the pattern beside the filter, draw Fig. 5 once more with it, measure for each distance what is
# >   told and what is added, train without high pressures, and look for the features that decide a spectrum.
# > - **You need** [the chapter on reconstruction](06_geo2_reconstruction.ipynb).
# > - **Time** about 30 minutes.
#
# The paper warns that a simulation may leak into the interpretation of a spectrum. It leaves open how to notice. This
# chapter goes *beyond the paper*: its claims are our own, and the scoreboard lists them apart.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
shift = None  # eV, added to the energies of your own water data: [XPS, XES, XAS]; None: nothing
windows = None  # eV, where your own water spectra begin and end: [[low, high], ...], three; None: as ours
geo2_shift = None  # eV, added to the energies of your own GeO2 data; None: nothing
geo2_windows = None  # eV, where moments of your own GeO2 data are taken: [Kβ″, Kβ₂], a pair each; None: as ours
snapshots = None  # water snapshots used, 100 or more; None: the preset's number, at most 2,000
sites = None  # GeO2 sites used, 200 or more; None: the preset's number
seed = 0  # of the first of five splits into training and test data, 0 or more
seeds = 2  # networks trained for each method in each split, 2 to 50
epochs = 30  # length of each training, 1 to 10,000

# %% tags=["hide-input"]
import numpy as np

from nnca.book import decisive_results, interpretation_claims as claims, interpretation_results as results, tables
from nnca.book.reconstruction_results import MARKED
from nnca.book.say import BEYOND, begin, claim, say, show, table
from nnca.data import load_geo2, load_h2o
from nnca.figures import interpretation as figures, reconstruction
from nnca.interpretation import decisive, patterns, told
from nnca.problem import water_problem
from nnca.reconstruction import SHELLS, ensemble

# %% [markdown]
# ## Filter and pattern
#
# NNCA and ECA read a latent variable out of a structure, $t = \mathbf v \cdot \mathbf x$. The vector is a **filter**: it
# says how to weigh the features so that $t$ is what the spectrum needs. The paper then expands along the same vector,
# $\mathbf x^* = t\,\mathbf v$. That is another question: what does the structure do when $t$ moves? Its answer is
# the mean of all structures with this $t$, and the straight line through these means is the **pattern** $\mathbf P$:
#
# $$
# \mathbf P = \operatorname{Cov}(\mathbf t)^{-1} \operatorname{Cov}(\mathbf t, \mathbf x),
# \qquad \mathbf x^* = \bar{\mathbf x} + (\mathbf t - \bar{\mathbf t})\, \mathbf P \approx \operatorname{E}[\mathbf x \mid \mathbf t] .
# \tag{pattern}
# $$
#
# `patterns_` holds $\mathbf P$, and `reconstruct(Y, by="pattern")` uses it. Filter and pattern are one only where
# features do not vary together. Brain research learned this the hard way, and
# [Haufe et al. (2014)](https://doi.org/10.1016/j.neuroimage.2013.10.067) tell it well. An example: two thermometers hang
# side by side, and one of them also feels the sun. The best filter for the air takes the good one and may *subtract* some
# of the bad one. Yet when the air gets warmer, both rise.
#
# Five splits hold back whole boxes of glass, or whole families of boxes where the data name them. ECA's vectors are from
# the training set in this chapter: its patterns must not see the test sites. Here are both ways back, for one NNCA with one
# component. The numbers are mean absolute errors (Å) over the 17 distances.

# %%
p = begin(globals())
glass = load_geo2(p.geo2_data, at_most=p.sites, shift=p.geo2_shift, windows=p.geo2_windows)
splits = results.strict_splits(glass, p.seed)  # five learning problems
models = [results.fit(one, p.seeds, p.epochs) for one in splits]  # NNCA and ECA

problem, nnca = splits[0], models[0][tables.NNCA, 1][0]
known = ensemble(glass, problem.test_rows)
m = problem.targets.transform(known.moments)  # (pressures, 8)
x = {way: nnca.reconstruct(m, by=way) for way in ("expansion", "pattern")}
back = {way: results.to_distances(problem, each) for way, each in x.items()}
{way: float(np.nanmean(known.error(each)).round(3)) for way, each in back.items()}

# %% [markdown]
# Both structures have the *same* $t$, because $\mathbf P \mathbf V^T = \mathbf 1$. So NNCA predicts the same spectrum for
# both, and $t$ alone cannot choose between them. What differs is what we assume about everything else: the expansion
# assumes that nothing else moves, the pattern that all else moves as it did in training.

# %% tags=["remove-input"]
both = (results.vectors(models, name) for name in ("components_", "patterns_"))
show(
    figures.filters_and_patterns(*both),
    "filters",
    "One component over the 17 distances, means and ranges over five splits. Above: the filter. Below: the pattern, in "
    "standard deviations for one unit of $t_1$. The filters of the two methods may differ where their patterns agree.",
    alt="Four panels against neighbour number, for nine O and eight Ge. Above, components of the filters of NNCA and ECA; "
    "below, their patterns.",
)
text = "NNCA and ECA agree on the pattern and less on the filter"
claim("pattern-settled", text, BEYOND, *claims.settled(results.likenesses(models)))

# %% tags=["remove-input"]
panels = {way: [each] for way, each in back.items()} | {"known": [known.distances]}
show(
    reconstruction.distances(known.pressure, panels, MARKED),
    "three-panels",
    "Distances from the central Ge against pressure: by expansion as in the paper, by the pattern, and known. One NNCA with "
    "one component, test boxes of the first split.",
    alt="Three panels of distances against pressure: by expansion, by pattern and known, nine O and eight Ge in two "
    "colours; the fifth and sixth O are thick.",
)

# %% tags=["remove-input"]
found = results.errors(models, splits, glass, p.seed)
table(
    results.error_table(found),
    "ways",
    "Mean absolute error (Å) by groups of neighbours, means over five splits and their networks. A *bent pattern* is the "
    "conditional mean with cubic splines in the place of a straight line.",
)
say(
    "How sure are the differences? Each interval draws splits, networks in each of them, and boxes at each pressure, whose "
    f"mean spectra are fitted anew. {results.nearest(found)}"
)

# %% tags=["remove-input"]
text = "A structure comes back nearer along the pattern than along the filter"
claim("pattern-nearer", text, BEYOND, *claims.nearer(found))
text = "Least squares from the moments straight to the structure comes nearer still"
claim("direct-nearer", text, BEYOND, *claims.simpler(found))

# %% [markdown]
# **Which is right for which question?** To ask *what does the spectrum respond to*, read the filter, with the care that
# [the NNCA chapter](05_nnca.ipynb) asks for. To ask *what does a structure with this spectrum look like*, take the pattern,
# or least squares, which needs no network. But then say that the ensemble is part of the answer.
#
# ## Water: features that hardly vary together
#
# In our water the angle and the bonds vary almost independently. So filter and pattern should agree there. A part of the
# molecules is enough to see it.

# %%
some = min(p.snapshots or results.WATER, results.WATER)
water = load_h2o(p.data, at_most=some, shift=p.shift, windows=p.windows)
free = {kind: water_problem(water, kind, p.seed) for kind in ("xes", "xas")}
fitted = results.fit_water(free, p.seeds, p.epochs)

xes = fitted["xes", "NNCA", 1][0]
xes.components_.round(2), xes.patterns_.round(2)  # angle, bond, bond

# %% [markdown]
# Now we spoil the ensemble on purpose. We train on those molecules alone whose wide angles go with long bonds, and
# narrow angles with short ones. We test on all the others. The physics of a spectrum has not changed. The ensemble has.

# %% tags=["remove-input"]
spoilt = {kind: results.tied(one) for kind, one in free.items()}
again = results.fit_water(spoilt, p.seeds, p.epochs)
waters = results.water_table(free, fitted, spoilt, again)
table(
    waters,
    "water",
    "Share of the variance of angle and bonds that comes back on test molecules, one component; mean over networks. *Tied*: "
    "trained where wide angles go with long bonds, tested on the other molecules. Below zero: worse than the mean.",
)
say(results.on_water(fitted, again, waters))

# %% [markdown]
# ## Told by the spectrum, added by the ensemble
#
# For each distance we want to know how much of what comes back the spectrum *told*. Here is the idea. Cut the distance
# from all others: shuffle its values over the sites, so that it goes along with nothing. An emulator gives the spectra of
# the new sites, and what it missed of the old ones is added as noise. What still comes back was told. What came back
# before and does not now was **added by the ensemble**:
#
# $$
# \text{added} = R^2_j(\text{glass as it is}) - R^2_j(\text{glass with distance } j \text{ cut loose}).
# \tag{added}
# $$
#
# Least squares brings the distances back in both cases. The emulator sees the 17 distances from the central Ge and
# nothing else.

# %%
emulators = results.distance_emulators(splits, p.epochs, p.seed)
train, test = results.near(problem)  # (X, Y) each, X has 17 columns

whole = told.recovered(train, test)  # share of the variance that comes back
alone = told.told(emulators[0], train, test, random_state=p.seed)

O5 = MARKED["O5"]  # column of the fifth O
[float(share.round(2)) for share in (whole[O5], alone[O5])]  # comes back, told

# %% tags=["remove-input"]
each = results.told_and_added(models, emulators, splits, glass, p.seed)
show(
    figures.told_and_added(results.NEIGHBOURS, each),
    "told",
    "What comes back of each distance on test sites (pale) and what the spectrum tells of it by itself (full). Lines span five "
    "splits. Where a diamond lies beyond the pale bar, knowing the pressure would have served better than the spectrum.",
    alt="Horizontal bars for nine O and eight Ge: a pale bar for the share of variance that comes back, a full bar for the "
    "share that is told by the spectrum, and a diamond for what the pressure alone gives.",
)

# %% tags=["remove-input"]
say(results.on_emulators(emulators, splits))
parts = {group: results.added(each, rows) for group, rows in SHELLS.items()}
text = "The ensemble adds most of what comes back of Ge, and less than half of the O that enter the shell"
claim("ensemble-adds", text, BEYOND, *claims.ensemble_adds(parts))
table(
    results.told_table(each),
    "four-numbers",
    "Each distance in numbers, means over splits. *Spectrum*: change of the moments for one standard deviation of the "
    "distance, others held, or others following. *Back from*: share of its variance on test sites. *Within one pressure*: "
    "the same for what is left of distance and moments when their mean at each pressure is taken off.",
)

# %% [markdown]
# A distance may have a large pale bar for two reasons. Pressure changes it, and pressure changes the spectrum. Then any
# signal of pressure brings it back. The column *within one pressure* takes that away.
#
# ## Leakage, seen
#
# Now the test that exposes it. The glasses above 30 GPa are left out of training. Then their mean spectra are given, and
# each way back must go where it has never been.

# %% tags=["remove-input"]
leaked = results.leak(splits, glass, p.seeds, p.epochs)
show(
    figures.leak(leaked, *results.at_all_pressures(glass)),
    "leak",
    "Mean distances against pressure. Grey ground: pressures trained on. Lines: brought back from the spectra at pressures that "
    "were left out, means of five splits with their range.",
    alt="Two panels, fifth and sixth O, and Ge: mean distance against pressure, known and by expansion, pattern and direct "
    "regression; the range of training is shaded.",
)

# %% tags=["remove-input"]
table(
    leaked.table(),
    "leak",
    "Error of the mean distances at the pressures left out, one component. *Direct*: least squares; *blind*: the mean structure.",
)
text = "Beyond the pressures trained on, the expansion moves too little and the pattern too much"
claim("leak-sides", text, BEYOND, *claims.sides(leaked))

# %% [markdown]
# Inside the range of training nothing warns you. Errors are small because the ensemble fills in what the spectrum does not
# tell. Outside it, each way back shows what it assumed. So hold back whole conditions and not only whole boxes, where
# the structure of something new is what you want to know.
#
# ## Which features decide?
#
# The paper asks for the *decisive* features and leaves the criterion open. A weight is none: it depends on what else is
# in the list. A cleaner question: does the spectrum still depend on a feature when all others are known? **Knockoffs**
# answer it ([Candès et al., 2018](https://doi.org/10.1111/rssb.12265)). A knockoff $\tilde{\mathbf x}_j$ varies with all other
# features as $\mathbf x_j$ does, but it was drawn without a look at the spectrum. Fit the moments to both. A feature that
# decides gets the larger weight; of one that does not, the knockoff wins as often as it loses. Those that lose tell how
# many false discoveries are among the winners.
#
# One draw is a lottery, so `decisive` averages the evidence of twenty
# ([Ren and Barber, 2024](https://doi.org/10.1093/jrsssb/qkad085)). Here of all features that it calls decisive a share of at
# most 0.2 is expected to be false.

# %%
pressure = glass.pressure.values[problem.train_rows]
verdict = decisive.decisive(*train, 0.2, random_state=p.seed, groups=pressure)

int(verdict.selected.sum()), "of 17 distances are called decisive"

# %% [markdown]
# Knockoffs are drawn as if the features were Gaussian. A glass under eleven pressures is not, but at each single pressure it
# nearly is. Does the stated rate hold? We check it where the truth is known: real distances, but made spectra on which
# eleven of the 17 act.
#
# There is a second doubt. In thousands of sites even a small influence is sure, so a yes says little. The *lead* of a
# feature over its knockoff is a finer measure. Two rivals stand beside it: the weight in NNCA's filter, and the permutation
# importance of scikit-learn. All three look at training data only. And one knows no spectrum: how well the pressure alone
# gives the distance. Which of them predicts what comes back on test data?

# %% tags=["remove-input"]
text = "Knockoffs keep their rate on this glass when drawn pressure by pressure, and not as one Gaussian"
made = decisive_results.made_truth(problem, glass.pressure.values)
claim("knockoff-rate", text, BEYOND, *claims.rate_kept(made))

# %% tags=["remove-input"]
ranked = decisive_results.criteria(emulators, splits, each, glass, p.seed)
judged = decisive_results.predictions(ranked, each)
table(
    decisive_results.prediction_table(judged),
    "criteria",
    "Rank correlation, over the 17 distances, of four criteria with the share of variance that comes back at all pressures, "
    "within one pressure, and with the share told. Means over five splits with 95 % intervals.",
)

# %% tags=["remove-input"]
selected = ranked["selected"].sum(axis=1).mean()
say(f"Knockoffs select {selected:.1f} of the 17 distances, mean over splits.")
text = "Decisive distances are those that come back"
claim("decisive-back", text, BEYOND, *claims.comes_back(judged))
text = "Decisive distances are those that the spectrum tells"
claim("decisive-told", text, BEYOND, *claims.tells(judged))

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: twins
#
# No Python needed. Two features are always equal. The spectrum depends on the first alone. What does the pattern say of the
# second? What can the filter say? How much of the second is told, and how much is added?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# The pattern gives both the same entry, for both move. The filter is not settled: any weights with the same sum read out the
# same $t$. Cut loose, the second feature leaves no trace in the spectrum, so nothing of it is told. It comes back as well as
# the first does, and all of that is added.

# %% [markdown]
# ### Exercise: why $t$ cannot choose
#
# Reconstruct from the moments `m` with the two-component NNCA, `models[0][tables.NNCA, 2][0]`, by expansion and by pattern.
# What latent variables do the two structures have? Call them `of_expansion` and `of_pattern`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
two = models[0][tables.NNCA, 2][0]
of_expansion, of_pattern = (
    two.transform(two.reconstruct(m, by=way)) for way in ("expansion", "pattern")
)
float(np.abs(of_expansion - of_pattern).max()), (two.patterns_ @ two.components_.T).round(6)

# %% tags=["solution", "check"]
fitted_t = models[0][tables.NNCA, 2][0].fit_latent(m)
for name, latent in {"of_expansion": of_expansion, "of_pattern": of_pattern}.items():
    assert np.shape(latent) == fitted_t.shape, f"{name}: two numbers at each pressure."
    assert np.allclose(latent, fitted_t, atol=1e-3), f"{name}: which vectors read t out of a structure?"

# %% [markdown] tags=["solution"]
# $\mathbf V (\bar{\mathbf x} + (\mathbf t - \bar{\mathbf t}) \mathbf P)^T = \bar{\mathbf t} + \mathbf t - \bar{\mathbf t} = \mathbf t$.

# %% [markdown]
# ### Exercise: a pattern belongs to its ensemble
#
# Compute the pattern of `nnca` from the training sites of the lowest pressure alone, and from those of the highest. Call
# them `lowest` and `highest`, 153 numbers each. Take the means of these sites off first. How alike are the two, and how
# alike is each to the pattern of all pressures? Does the filter change?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
X = problem.train[0]
own = {}
for level in (pressure.min(), pressure.max()):
    some = X[pressure == level] - X[pressure == level].mean(axis=0)
    line = np.linalg.lstsq(nnca.transform(some), some, rcond=None)[0]  # (1, 153)
    own[f"{level:g} GPa"] = line[0]
lowest, highest = own.values()
among = {"each other": patterns.likeness(lowest, highest)}
among | {name: patterns.likeness(v, nnca.patterns_[0]) for name, v in own.items()}

# %% tags=["solution", "check"]
for pattern, where in ((lowest, pressure.min()), (highest, pressure.max())):
    assert np.shape(pattern) == (153,), "lowest, highest: a number for each feature."
    sites = problem.train[0][pressure == where]
    sites = sites - sites.mean(axis=0)
    read = nnca.transform(sites)[:, 0]
    left = np.abs(read @ (sites - np.outer(read, pattern)))
    share = left.max() / np.linalg.norm(read) / np.linalg.norm(sites, axis=0).max()
    assert share < 1e-3, f"at {where:g} GPa something that goes along with t is left. Which sites took part?"

# %% [markdown] tags=["solution"]
# The filter is the same by construction: it is `components_`. The pattern is a property of the ensemble, and another
# ensemble has another one. Much of the pattern of all pressures is what pressure does.

# %% [markdown]
# ### Exercise: 153 features
#
# `decisive.freedom(C)` takes the correlations of features and says how far knockoffs can be from each, 1 at most. Compare the
# mean for the 17 distances, `train[0]`, with the mean for all 153 Coulomb elements, `problem.train[0]`. Call the two `freedoms`,
# a dictionary with the keys 17 and 153. What follows for `decisive` with 153 features? Where does it come from? Count the coordinates
# of 18 atoms.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
sets = {17: train[0], 153: problem.train[0]}
freedoms = {count: float(decisive.freedom(np.corrcoef(A.T)).mean()) for count, A in sets.items()}
freedoms

# %% tags=["solution", "check"]
assert isinstance(freedoms, dict) and set(freedoms) == {17, 153}, "freedoms: a number for each of the keys 17 and 153."
expected = np.mean(decisive.freedom(np.corrcoef(train[0], rowvar=False)))
assert abs(freedoms[17] - expected) < 0.01, "freedoms: the mean over features. Are rows of C features or sites?"
assert freedoms[153] <= freedoms[17], "freedoms: which of the two sets has features that follow from each other?"

# %% [markdown] tags=["solution"]
# 18 atoms have 54 coordinates, and six of them are motions of the whole. So 48 numbers lie behind 153 elements, and each
# element nearly follows from the others. Its knockoff must be nearly a copy, and no data can tell them apart. Which of the
# 153 elements decide is then no question that data can answer.

# %% [markdown]
# ### Exercise: three questions on what is told
#
# 1. A filter has a zero at a feature. Can the pattern have a number there?
# 2. A distance comes back well. Why does this not prove that the spectrum tells it?
# 3. Why are whole pressures left out, and not single sites?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. Yes. The feature is not needed to read $t$, but it may move with $t$.
# 2. The ensemble may add it: the distance may only go along with another one that the spectrum tells.
# 3. Sites of one pressure are alike. What an ensemble adds shows only where the ensemble is another.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
pair, shares = results.in_short(found, parts)
say(
    "- A filter reads $t$ out of a structure. A pattern says what a structure with this $t$ looks like. $t$ alone cannot "
    "choose between them.\n"
    f"- The six nearest O come back to {pair[0]:.3f} Å by expansion and to {pair[1]:.3f} Å by the pattern, with one component.\n"
    f"- Of what comes back, the ensemble adds {100 * shares[0]:.0f} % for the fifth and sixth O and {100 * shares[1]:.0f} % for Ge.\n"
    "- Leave out whole conditions to see what a way back assumes.\n"
    "- What decides a spectrum and what comes back from it are two questions."
)
say("**Next:** [what simpler methods can do](07b_rivals_and_limits.ipynb).")
