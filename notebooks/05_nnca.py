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
# # NNCA: a projection that is trained
#
# **Question.** {term}`ECA` can be turned back into structures but covers less; {term}`EDNN` covers more but cannot be turned back. Is there a network
# with both virtues?
#
# :::{admonition} In this chapter
# - **You will** train a network whose encoder is a single orthonormal projection, complete Tables I and II, read its vectors as
#   structures, and see what is lost on the way: the order of the components.
# - **You need** [the EDNN chapter](02_ednn.ipynb), and [the failed inversions](03_inverse_attempts.ipynb) for the motive.
# - **Time** about 30 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
snapshots = None  # water snapshots used, 100 to 10,000; None: the preset's number
sites = None  # GeO2 sites used, 200 to 13,920; None: the preset's number
seed = 0  # of the split into training and test data, 0 or more
seeds = None  # networks for each entry of a table, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import numpy as np
from myst_nb import glue

from nnca import covered_variance
from nnca.book.parameters import note
from nnca.book.hyperparameters import STARTS, tuned
from nnca.data import load_geo2, load_h2o
from nnca.methods.network import fit_seeds
from nnca.figures import nnca as figures
from nnca.figures import use_style
from nnca.figures.ednn import scores
from nnca.figures.networks import diagram
from nnca.uncertainty import compare, over_seeds
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.book.tables import score_notes, score_table, verdict
from nnca.problem import WATER, glass_problem, water_problem
from nnca.book.trained_networks import fit_eca, fit_networks

use_style()

# %% [markdown]
# ## Between two methods
#
# Neural network component analysis keeps ECA's encoder, a projection on orthonormal vectors,
#
# $$
# t_j = \mathbf v_j \cdot \mathbf x, \qquad \mathbf v_i \cdot \mathbf v_j = \delta_{ij}, \qquad j = 1, \dots, k,
# $$ (eq-nnca)
#
# without bias and without activation, and EDNN's training: the vectors and a free decoder are optimised together
# (`nnca.NNCA`).

# %% tags=["remove-output"]
glue("fig_nnca", diagram("NNCA", latent=2))

# %% [markdown]
# ```{glue:figure} fig_nnca
# :name: fig-nnca
# :alt: A network drawn as dots and lines. Three inputs lead straight, by thick coloured lines, to two coloured latent neurons; from there two hidden layers lead to a spectrum. The first step is labelled as a projection.
#
# The idea of Fig. 4 of the paper, with two components. Thick lines: the projection. Backwards it is an expansion, Eq. {eq}`eq-projection`.
# ```
#
# The three methods are nested. Take any ECA: expansion and emulator together are one possible decoder for its vectors, so NNCA, which is free
# to choose both, can fit the *training* data no worse. Take any NNCA: an EDNN can imitate its projection, so neither can it.
# Such is the theory, for the best network of each kind. On test data no order is guaranteed: a freer method may overfit, training finds
# *good* networks and not the best, and neither the spaces that were searched nor the numbers of starts are equal.
# Whether $\mathrm{ECA} \le \mathrm{NNCA} \le \mathrm{EDNN}$ holds for trained networks is an experiment.
#
# :::{admonition} Deviation 15: how the vectors stay orthonormal
# :class: warning
# Here the encoder's weights are any matrix, and $\mathbf V$ is its orthonormal factor (QR), at every step. Torch offers a
# constraint of its own, `parametrizations.orthogonal`. In its default form for narrow matrices a weight decay, however small,
# turns the vectors into *zero* and the score with them: signs are kept on a diagonal that is cut to integers, and a decayed 1 is
# cut to 0. A test of this project shows it.
# :::

# %% [markdown]
# ## Train everything
#
# Emulators, EDNNs and NNCAs for the three spectra of water and the eight moments of GeO₂, {glue:text}`n_seeds` of each, with
# the hyperparameters that [the searches](06_model_selection.ipynb) chose. What [the EDNN chapter](02_ednn.ipynb) has trained already is read from its files.
# Training can end in a poor local minimum: each NNCA is the best of {glue:text}`nnca_starts` starts, each EDNN of GeO₂ of {glue:text}`ednn_starts`, judged on
# the part of the training data that is held out to choose the epoch. An EDNN of water has one start.

# %%
tasks = {
    kind: water_problem(load_h2o(p.data, p.snapshots), kind, p.seed) for kind in WATER
}
sites = load_geo2(p.geo2_data, p.sites)
tasks["moments"] = glass_problem(sites, p.seed)
networks = [("Emulator",), ("EDNN", 1), ("EDNN", 2), ("NNCA", 1), ("NNCA", 2)]
fitted = fit_networks(tasks, networks, range(p.seeds), epochs=p.epochs)
fitted |= fit_eca(tasks, fitted)

# %% tags=["remove-output"]
V = [
    one.components_ for key, group in fitted.items() if "NNCA" in key for one in group
]
note(skew=max(np.abs(v @ v.T - np.eye(len(v))).max() for v in V), n_seeds=p.seeds)
note(n_nnca=len(V), glass_sites=len(tasks["moments"].X))
note(nnca_starts=STARTS["NNCA", "geo2"], ednn_starts=STARTS["EDNN", "geo2"])

# %% [markdown]
# Of the {glue:text}`n_nnca` NNCAs trained, none has vectors that miss orthonormality by more than {glue:text}`skew:.0e`.
#
# ## Table I: water

# %% tags=["remove-output"]
methods = ("EDNN", "NNCA", "ECA", "ECA, training set")
gaps = [("EDNN", "NNCA"), ("NNCA", "ECA"), ("NNCA", "ECA, training set")]
boxes = {"moments": sites.frame.values[tasks["moments"].test_rows]}


def compared(targets):
    return {
        (t, k): compare(
            {m: fitted[t, m, k] for m in methods},
            *tasks[t].test,
            p.seed,
            boxes.get(t),
        )
        for t in targets
        for k in (1, 2)
    }


water = compared(("xes", "xas", "xps"))
note(**score_notes(water, [("EDNN", "ECA"), *gaps]))
glue("fig_table1", scores(water, TABLE_I))

# %% tags=["hide-input"]
score_table(water, gaps)

# %% [markdown]
# ```{glue:figure} fig_table1
# :name: fig-table1-all
# :alt: A chart with one row for each spectrum of water and number of components. Filled markers with intervals show EDNN, NNCA and ECA here, hollow markers the paper's values.
#
# Table I complete: ours filled, with 95 % intervals; the paper's hollow. Both variants of ECA share a colour: vectors found on the test set, as
# in the paper, and on the training set.
# ```
#
# With one component, NNCA covers {glue:text}`NNCA_over_ECA_train_xes1_word` ECA with vectors from the same training data for XES ({glue:text}`NNCA_xes1:.3f` against
# {glue:text}`ECA_train_xes1:.3f`) and {glue:text}`NNCA_over_ECA_train_xas1_word` it for XAS ({glue:text}`NNCA_xas1:.3f` against
# {glue:text}`ECA_train_xas1:.3f`); EDNN covers {glue:text}`EDNN_over_NNCA_xes1_word` NNCA for XES and {glue:text}`EDNN_over_NNCA_xas1_word` NNCA for XAS.

# %% [markdown]
# ## Table II: GeO₂

# %% tags=["remove-output"]
glass = compared(["moments"])
ceiling = [one.score(*tasks["moments"].test) for one in fitted["moments", "Emulator"]]
note(**score_notes(glass, [("EDNN", "ECA"), *gaps]), glass_emulator=np.mean(ceiling))
half = [values[::2] for values in tasks["moments"].train]
halves = fit_seeds(
    tuned("Emulator", "moments", epochs=p.epochs), *half, range(p.seeds)
)
note(glass_half=np.mean([one.score(*tasks["moments"].test) for one in halves]))
across = {"EDNN": fitted["moments", "EDNN", 1], "ECA": fitted["moments", "ECA", 2]}
across = compare(across, *tasks["moments"].test, p.seed, boxes["moments"])
mean, low, high = across.difference("EDNN", "ECA")
note(ednn1_over_eca2=mean, ednn1_over_eca2_low=low, ednn1_over_eca2_high=high)
note(
    ednn1_over_eca2_word=verdict(low, high), n_boxes=len(np.unique(boxes["moments"]))
)
entries = [row.mean(m) for row in glass.values() for m in methods]
note(
    n_entries=len(entries), n_above=sum(score > np.mean(ceiling) for score in entries)
)
nested = [("EDNN", "NNCA"), ("NNCA", "ECA, training set")]
settled = [
    row.difference(*pair) for row in (water | glass).values() for pair in nested
]
note(nested_right=sum(low > 0 for _, low, _ in settled))
note(nested_wrong=sum(high < 0 for *_, high in settled), nested_all=len(settled))
glue("fig_table2", scores(glass, TABLE_II))

# %% tags=["hide-input"]
score_table(glass, gaps)

# %% [markdown]
# ```{glue:figure} fig_table2
# :name: fig-table2
# :alt: A chart with two rows, one and two components, of covered variance of the moments of GeO2 for EDNN, NNCA and ECA, ours filled with intervals, the paper's hollow.
#
# Table II: the eight moments of {glue:text}`glass_sites:,` sites, split by site as in the paper. Sites of one box are alike, so the intervals
# come from resampling the {glue:text}`n_boxes` boxes that have test sites.
# ```
#
# An emulator without a bottleneck covers {glue:text}`glass_emulator:.3f` here, near what kernel ridge finds in [the data chapter](01_data.ipynb), and
# {glue:text}`glass_half:.3f` when half of the training sites are left out: so much does their number still matter. It is a mark for the entries of the table
# and in principle no bound, for a bottleneck restrains overfitting, too; {glue:text}`n_above` of the {glue:text}`n_entries` entries lie above it.
# The paper's observations, on our data: EDNN with *one* component covers {glue:text}`ednn1_over_eca2_word` ECA with *two*
# ({glue:text}`ednn1_over_eca2:+.3f`, between {glue:text}`ednn1_over_eca2_low:+.3f` and {glue:text}`ednn1_over_eca2_high:+.3f`); the difference between EDNN and NNCA with
# one component lies between {glue:text}`EDNN_over_NNCA_moments1_low:+.3f` and {glue:text}`EDNN_over_NNCA_moments1_high:+.3f` (the paper: none). Where
# ECA's vectors may look at the test set, 153 numbers for each of them are fitted to it; the training-set column is the fairer one.
#
# Over both tables, {glue:text}`nested_right` of the {glue:text}`nested_all` differences that nesting orders are settled as it says, {glue:text}`nested_wrong` against it.

# %% [markdown]
# ## What the vectors say: water
#
# A vector of NNCA lives in structure space, so it can be read. Its sign is free; we turn it so that its largest component is
# positive.


# %% tags=["remove-output"]
def turned(models, row=0):
    """Vectors of several networks, each with its largest mean component positive."""
    v = np.array([one.components_[row] for one in models])
    v *= np.sign(v @ v[0])[:, None]
    return v * np.sign(v.mean(axis=0)[np.abs(v.mean(axis=0)).argmax()])


names = {"XES": "xes", "XAS": "xas", "XPS": "xps"}
vectors = {
    title: {m: turned(fitted[kind, m, 1]) for m in ("NNCA", "ECA")}
    for title, kind in names.items()
}
for title, kind in names.items():
    v = vectors[title]["NNCA"].mean(axis=0)
    largest = ("the angle", "a bond length", "a bond length")[np.abs(v).argmax()]
    uneven = np.abs(np.diff(vectors[title]["NNCA"][:, 1:])).max()
    note(**{f"leads_{kind}": largest, f"asymmetry_{kind}": uneven})
glue("fig_vectors", figures.water_vectors(vectors))

# %% [markdown]
# ```{glue:figure} fig_vectors
# :name: fig-vectors
# :alt: Three panels of bars, for XES, XAS and XPS: the components of the first vector along angle and two bond lengths, for NNCA and for ECA side by side, with whiskers over seeds.
#
# The one vector of NNCA and of ECA (found on the test set) over the standardised features; whiskers span all seeds.
# ```
#
# The vector of XES leans most on {glue:text}`leads_xes`, that of XAS on {glue:text}`leads_xas`, that of XPS on {glue:text}`leads_xps`. Chemistry knows why.
# Opening the angle takes the $s$ share out of $3a_1$, raises it (Walsh's rule) and with it the middle line of XES, and lowers the ionisation energy of O 1s.
# The lowest empty orbitals, $4a_1$ and $2b_2$, are antibonding along O–H: they fall when a bond stretches, and XAS with them.
#
# The hydrogens are equal, so a vector either weighs both lengths alike or has a mirror image that serves as well. The largest difference
# between the two weights in any network is {glue:text}`asymmetry_xes:.2f` (XES), {glue:text}`asymmetry_xas:.2f` (XAS) and
# {glue:text}`asymmetry_xps:.2f` (XPS). No straight direction can know *the longer of the two bonds*, which
# the lowest line of XAS follows; a bent encoder can.

# %% [markdown]
# ## What the vectors say: GeO₂
#
# For the glass a vector has one component for each element of the {term}`Coulomb matrix` above its diagonal, and can be drawn in
# its shape.

# %% tags=["remove-output"]
drawn = {"NNCA, one": turned(fitted["moments", "NNCA", 1][:1])[0]}
for method in ("NNCA", "ECA"):
    for row in (0, 1):
        first = fitted["moments", method, 2][:1]
        drawn[f"{method}, {row + 1} of two"] = turned(first, row)[0]
weights = {
    m: np.array([one.components_[0, :17] ** 2 for one in fitted["moments", m, 1]])
    for m in ("NNCA", "ECA")
}
central = {m: weight.sum(axis=1) for m, weight in weights.items()}
gap, low, high = over_seeds(central["NNCA"], central["ECA"])
note(central_gap=gap, central_gap_low=low, central_gap_high=high)
for m, weight in weights.items():
    note(**{f"central_{m}": weight.sum(axis=1).mean()})
    note(**{f"central_Ge_{m}": weight[:, :8].sum(axis=1).mean()})
note(central_share=17 / 153)
glue("fig_coulomb_vectors", figures.coulomb_vectors(drawn))

# %% [markdown]
# ```{glue:figure} fig_coulomb_vectors
# :name: fig-coulomb-vectors
# :alt: Five square images in diverging colours, symmetric about the diagonal and divided into blocks for the central Ge, eight Ge and nine O: one vector of the one-component NNCA, two of the two-component NNCA, two of ECA.
#
# Counterpart of Fig. 8: basis vectors over the elements of the Coulomb matrix (c.: the central Ge), each of the first network of its kind; ECA's from
# the test set.
# ```
#
# Elements that hold the central Ge are {glue:text}`central_share:.2f` of all. In the mean over seeds they carry {glue:text}`central_NNCA:.2f` of the squared length of
# NNCA's vector and {glue:text}`central_ECA:.2f` of ECA's first; those of its distances to other Ge {glue:text}`central_Ge_NNCA:.2f` and
# {glue:text}`central_Ge_ECA:.2f`. The paper finds more weight on the active site for NNCA, and more on other sites, and on Ge, for ECA. Here the difference of the weight
# on the active site lies between {glue:text}`central_gap_low:+.2f` and {glue:text}`central_gap_high:+.2f`.

# %% [markdown]
# ## The lost hierarchy, found again
#
# ECA's first vector is the best single one, its second adds the most that is left. NNCA trains both together and
# any rotation of the pair would serve the decoder as well: the components come in no order. The paper remarks that a
# rotation afterwards could restore one. `NNCA.rotated` does: it runs ECA *inside* latent space, with the decoder as emulator,
#
# $$
# \mathbf t' = \mathbf R\,\mathbf t, \qquad \mathbf V' = \mathbf R\,\mathbf V, \qquad \text{decoder}'(\mathbf t') = \text{decoder}(\mathbf R^T \mathbf t').
# $$ (eq-rotation)


# %%
def shares(model, X, Y):
    """Covered variance by the first latent variable alone, and by all."""
    T = model.transform(X)
    first = model.decode(T * (np.arange(T.shape[1]) == 0))
    return covered_variance(Y, first), model.score(X, Y)


# %% tags=["remove-output"]
order, differ = {}, []
for title, target in (names | {"GeO₂": "moments"}).items():
    task, before = tasks[target], fitted[target, "NNCA", 2][0]
    after = before.rotated(*task.train)
    differ.append(np.abs(after.predict(task.X) - before.predict(task.X)).max())
    eca = fitted[target, "ECA, training set", 2][0]
    three = {"NNCA": before, "NNCA, rotated": after, "ECA": eca}
    order[title] = {name: shares(model, *task.test) for name, model in three.items()}
gained = [o["NNCA, rotated"][0] - o["NNCA"][0] for o in order.values()]
note(rotated_differ=max(differ), order_gained=max(gained))
note(ordered=sum(gain >= -1e-3 for gain in gained))
glue("fig_hierarchy", figures.hierarchy(order))

# %% [markdown]
# ```{glue:figure} fig_hierarchy
# :name: fig-hierarchy
# :alt: Four panels of bars, for XES, XAS, XPS and GeO2. For NNCA as trained, NNCA rotated and ECA, a pale bar shows what two components cover, a dark bar what the first covers alone.
#
# Covered variance of two components (pale) and of the first alone, the second set to zero (dark).
# ```
#
# In {glue:text}`ordered` of four cases the first component covers at least as much after the rotation, up to {glue:text}`order_gained:.3f` more;
# predictions change by {glue:text}`rotated_differ:.0e` at most, by rounding.

# %% [markdown]
# ## Exercises
#
# ```{exercise}
# :label: ex-linear-decoder
# Give NNCA a *linear* decoder, `NNCA(n_components=1, decoder=())`. Which classical method is this, and what does it cover for XES?
# ```
#
# ````{solution} ex-linear-decoder
# :class: dropdown
# ```python
# from nnca import NNCA
# for k in (1, 2, 3):
#     linear = NNCA(n_components=k, decoder=(), random_state=0).fit(*tasks["xes"].train)
#     print(k, linear.score(*tasks["xes"].test))
# ```
# It is reduced-rank regression. With three components it is plain linear regression; what is missing there to the emulator's score is the
# part of the spectrum that is not linear in the structure, and no bottleneck is to blame for it.
# ````
#
# ```{exercise}
# :label: ex-warm
# Start NNCA from ECA's vector instead of a random one. Should the result be better? Try it in thought first.
# ```
#
# ````{solution} ex-warm
# :class: dropdown
# Compare `turned(fitted["xes", "NNCA", 1])` over the seeds, and look at the whiskers in {numref}`fig-vectors`. Where they are short, random
# starts end in one place already, and a better start could only save time. Where seeds disagree it might do more.
# ````

# %% [markdown]
# ## Summary
#
# - NNCA projects, so its latent variables can be expanded to structures; it is trained, so its vectors serve the decoder that
#   uses them.
# - One component of NNCA covers {glue:text}`NNCA_xes1:.2f` (XES), {glue:text}`NNCA_xas1:.2f` (XAS), {glue:text}`NNCA_xps1:.2f` (XPS) and
#   {glue:text}`NNCA_moments1:.2f` (GeO₂); EDNN {glue:text}`EDNN_xes1:.2f`, {glue:text}`EDNN_xas1:.2f`, {glue:text}`EDNN_xps1:.2f` and {glue:text}`EDNN_moments1:.2f`.
# - Components come in no order; a rotation restores it at no cost.
#
# **Next:** from the spectra of a glass back to its structure.
