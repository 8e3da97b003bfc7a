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
# **Question.** An [EDNN](#term-EDNN) goes from structure to spectrum. Each of its steps is a matrix and a simple
# function. Can we undo them one by one, and read the structure off the spectrum?
#
# > **In this chapter**
# > - **You will** build EDNNs that are as easy to invert as possible, invert them layer by layer, watch the attempt
# >   fail, and find out why: rounding, noise, and information that is gone.
# > - **You need** [the EDNN chapter](03_ednn.ipynb), and an idea of what singular values are.
# > - **Time** about 25 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
shift = None  # eV, added to the energies of your own water data: [XPS, XES, XAS]; None: nothing
windows = None  # eV, where your own water spectra begin and end: [[low, high], ...], three; None: as ours
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
geo2_shift = None  # eV, added to the energies of your own GeO2 data; None: nothing
geo2_windows = None  # eV, where moments of your own GeO2 data are taken: [Kβ″, Kβ₂], a pair each; None: as ours
snapshots = None  # water snapshots used at most, 100 or more; None: the preset's number
sites = None  # GeO2 sites used at most, 200 or more; None: the preset's number
seed = 0  # of the split into training and test data and of the noise, 0 or more
seeds = None  # 2 to 50; None: the preset's; half of them, and one, train at each penalty
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["hide-input"]
import numpy as np
from sklearn.base import clone

from nnca.book import inverse_results as results, inverse_words as words
from nnca.book.hyperparameters import CHANNELS, tuned
from nnca.book.say import begin, claim, explore, say, show, table
from nnca.data import load_geo2, load_h2o
from nnca.explorer import Layers
from nnca.figures import inversion as figures
from nnca.inversion import activations_of, error_bound, invert_layers, layerwise_errors, square_matrices
from nnca.networks import mlp
from nnca.problem import glass_problem, water_problem

# %% [markdown]
# ## The easiest network to invert
#
# Layer $l$ of a network takes the activations $\mathbf a_{l-1}$ of the layer before it and makes
#
# $$
# \mathbf a_l = g(\mathbf W_l\,\mathbf a_{l-1} + \mathbf b_l), \qquad \mathbf a_0 = \mathbf x .
# \tag{layer}
# $$
#
# To go back, undo $g$, subtract $\mathbf b_l$, and solve with $\mathbf W_l$. ReLU cannot be undone, because it gives
# zero for every negative number. The paper therefore takes leaky ReLU,
#
# $$
# g(z) = \begin{cases} z & z \ge 0\\ s\,z & z < 0\end{cases},\qquad
# g^{-1}(a) = \begin{cases} a & a \ge 0\\ a/s & a < 0\end{cases}
# \qquad (s = 0.01),
# \tag{leaky}
# $$
#
# and makes as many matrices square as it can. All hidden layers of the encoder are as wide as the input, all of the
# decoder as wide as the output. Only around the [bottleneck](#term-bottleneck), here one neuron, two matrices cannot be
# square. The number of layers and the strength of the $L_2$ penalty come from an exhaustive search of the paper's
# Table IV.
#
# > **Deviation 13: the searched space.** We try every combination of Table IV, each at several learning rates of our
# > own, because the paper's single one is for another schedule. Poor ones are given up early. Water's spectra have 100
# > channels in this chapter, as in the paper, so that the decoders are as wide as the paper's.
#
# > **Deviation 14: whole targets, and our own thresholds.** Elsewhere we train on principal components of the targets
# > (Deviation 11). The last weight matrix would then be singular by construction. Here every output is trained
# > (`reduce_targets=False`). The thresholds of the pseudo-inverse are ours, since the paper's text does not list its own.
#
# `nnca.inversion.invert_layers` goes back from any layer to the input. It solves exactly with a square matrix, unless
# that is singular to working precision. Any other matrix has its [pseudo-inverse](#term-pseudo-inverse), which leaves
# out singular values below $10^{-15}$ of the largest. That is the paper's default method.

# %%
p = begin(globals())
water = load_h2o(p.data, at_most=p.snapshots, shift=p.shift, windows=p.windows)
xes = water_problem(water, "xes", p.seed, channels=CHANNELS)
easy = tuned("EDNN inverse", "xes", 1, epochs=p.epochs, random_state=0)
easy.fit(*xes.train)

X, S = xes.test[0], easy.predict(xes.test[0])
back = invert_layers(easy.module_, S)  # activations of every layer, the input first
missed = np.abs(back[0] - X).max()
{"R2 forwards": easy.score(*xes.test), "largest error backwards": float(missed)}

# %% [markdown]
# The network predicts well. Run backwards from its own predictions, it misses the structure by a number that has no
# meaning any more: errors are in standard deviations of the features, and one of them would already be useless. (Is it
# the program? See [Exercise](#ex-is-it-the-program).)
#
# Now the same for all spectra, for GeO₂, and for every penalty of Table IV among which the search had to choose. All else
# stays as the search chose it.

# %% tags=["remove-stderr"]
glass = load_geo2(p.geo2_data, at_most=p.sites, shift=p.geo2_shift, windows=p.geo2_windows)
problems = {"moments": glass_problem(glass, p.seed)}
for kind in ("xps", "xes", "xas"):
    problems[kind] = water_problem(water, kind, p.seed, channels=CHANNELS)
seeds_here = range(p.seeds // 2 + 1)
fitted = results.fit_penalties(problems, seeds_here, p.epochs)  # {(target, penalty): EDNNs}
facts = results.measure(problems, fitted)  # a row for each network

# %% tags=["remove-input"]
table(
    results.networks_table(problems, fitted, facts),
    "inverse-networks",
    "The networks with the penalty that the search chose: widths of their layers from input to output, and covered variance of the test "
    "set (mean and spread over seeds) beside that of the paper's unconstrained EDNN of one latent variable.",
)

# %% [markdown]
# ## GeO₂: the paper's Fig. 6
#
# The paper looks in two ways (`nnca.inversion.layerwise_errors`). It starts from the network's *own* predictions and
# goes back: how wrong is the activation of each layer? Then it goes forward only as far as some layer, turns round
# there, and comes back: how wrong is the input? [Figure glass-errors](#fig-glass-errors) shows both, for a moderate
# penalty and for the strongest of Table IV.

# %% tags=["remove-input"]
shown = {f"penalty {a:g}": fitted["moments", a][0] for a in (results.GENTLE, results.STRONG)}
show(
    figures.layer_errors({name: results.curves(problems["moments"], one) for name, one in shown.items()}),
    "glass-errors",
    "The counterpart of the paper's Fig. 6 for two penalties. Left: read from right to left, from the predicted moments "
    "to the structure. Right: the error of the structure after turning round at a layer. It rises with every layer of "
    "the encoder and stays high from the bottleneck (dashed) on. Errors above a million standard deviations lie in the "
    "grey band; zero is not drawn.",
    alt="Four panels with logarithmic error axes over the layers of two GeO2 networks, one curve for each threshold of "
    "the pseudo-inverse, a dashed line at the bottleneck. Errors rise from the output to the input and reach the grey "
    "band at the top.",
)

# %% [markdown]
# A larger threshold leaves directions out instead of dividing by small singular values. It saves amplification and pays
# with what lies in those directions. No threshold brings the structure back.
#
# The rows differ in nothing but the penalty. [Figure penalties](#fig-penalties) has all penalties and all networks.
# Each claim below is judged over all of them; errors are in standard deviations.

# %% tags=["remove-input"]
chosen = results.folds(problems)
show(
    figures.penalties(facts, chosen),
    "penalties",
    words.penalties_caption(facts),
    alt="Two rows of four panels, for GeO2, XPS, XES and XAS, against the penalty. Above, differences of covered variance. "
    " Below, errors of the latent variable in double and single precision on a "
    "logarithmic axis.",
)
say(words.choice_in_words(facts, chosen))
say(words.precision_in_words(facts))

# %% tags=["remove-input"]
moments, judge = facts[facts.target == "moments"], results.judge
text = "For GeO₂ the decoder can be inverted from the network's own prediction"
said = judge(moments, moments.decoder < 0.01, "$t$ is off by less than 0.01 standard deviations")
claim("inverse-decoder", text, "Fig. 6 (a), small deviations", *said, words.DECODER)
text = "For GeO₂ the large matrices of the encoder amplify errors"
said = judge(moments, moments.amplification > 100, "the encoder multiplies the bottleneck's error by more than 100")
claim("inverse-encoder", text, "Fig. 6 (a)", *said, words.ENCODER)
text = "For GeO₂ the decoder has no further effect on the error of the structure"
said = judge(moments, moments.whole < 10 * moments.bottleneck, "the decoder multiplies it by less than ten")
claim("inverse-after", text, "Fig. 6 (b)", *said, words.AFTER)

# %% [markdown]
# ## Water: the paper's Fig. 7
#
# Here the encoder is small, three neurons wide, and the decoder large.

# %% tags=["remove-input"]
spectra = {"xps": "XPS", "xes": "XES", "xas": "XAS"}
shown = {kind: fitted[kind, results.GENTLE][0] for kind in spectra}
show(
    figures.layer_errors({name: results.curves(problems[kind], shown[kind]) for kind, name in spectra.items()}),
    "water-errors",
    f"The counterpart of the paper's Fig. 7, at the penalty {results.GENTLE:g}, drawn as [Figure glass-errors]"
    "(#fig-glass-errors). Left of the bottleneck the right panels lie low: the encoder alone can be undone.",
    alt="Three rows of two panels, for XPS, XES and XAS of water, with logarithmic error axes over layers and one curve "
    "for each threshold. Errors grow through the decoder towards the bottleneck, and jump at the bottleneck.",
)

# %% tags=["remove-input"]
of_water = facts[facts.target != "moments"]
text = "For water the error builds up in the decoder"
said = judge(of_water, of_water.decoder > 0.01, "$t$ is off by more than 0.01 standard deviations")
claim("inverse-water-decoder", text, "Fig. 7 (a, c, e)", *said, words.WATER)
text = "For water the inverse of the encoder is accurate"
said = judge(of_water, of_water.encoder < 0.01, "the encoder alone and back leave an error below 0.01")
claim("inverse-water-encoder", text, "Fig. 7 (b, d, f)", *said, words.SMALL_ENCODER)
text = "The step back over the bottleneck is always problematic"
said = judge(facts, facts.bottleneck > 1, "the structure, from the exact $t$, is off by more than 1")
claim("inverse-bottleneck", text, "Figs. 6 and 7", *said, words.BOTTLENECK)

# %% [markdown]
# ## Spectra that are not the network's own
#
# A decoder with one latent variable can reach only the points of a curve. The network's own prediction lies on it. A
# computed or measured spectrum does not, and neither does a prediction with noise.

# %% tags=["remove-input"]
show(
    figures.divergence(results.from_other_outputs(problems, fitted, results.GENTLE, p.seed)),
    "divergence",
    words.DIVERGENCE,
    alt="Four panels, one for each system, of errors at every layer on a logarithmic axis, for the prediction, three "
    "levels of noise and the known outputs. Curves with more noise run higher by about as many decades.",
)
text = "For GeO₂ the inversion diverges from known moments"
said = judge(moments, moments.known > 1, "$t$ is off by more than its standard deviation")
claim("inverse-known", text, "supplement, inverse studies", *said, words.KNOWN)

# %% [markdown]
# ## Why: singular values
#
# To solve with $\mathbf W$ may divide an error by as little as its smallest singular value. To undo leaky ReLU may divide
# by $s$. So an error $\varepsilon_l$ of layer $l$ becomes at most
#
# $$
# \varepsilon_{l-1} \le \frac{\varepsilon_l / s + \rho_l}{\sigma_{\min}(\mathbf W_l)} ,
# \tag{growth}
# $$
#
# where $\rho_l$ is the rounding of the machine (`nnca.inversion.error_bound`). Largest over smallest singular value is
# the [condition number](#term-condition_number) of a matrix.

# %% tags=["remove-input"]
drawn = results.untrained(problems)
trained = {target: square_matrices(fitted[target, chosen[target][0]][0].module_) for target in problems}
alt = "Four panels of singular values on a logarithmic axis, from the largest to the smallest, one for each system. Curves "
alt += "of encoder and decoder matrices lie over grey ones of untrained networks."
show(figures.singular_values(trained, drawn), "weights", words.WEIGHTS, alt)
caption = "Condition numbers of the larger square matrices (medians): as drawn, and trained with each penalty."
table(results.conditions(facts, drawn), "conditions", caption)
text = "The larger matrices, in encoder or decoder, are the ill-conditioned ones"
said = judge(facts, facts.larger > facts.smaller, "their median condition number is higher")
claim("inverse-larger", text, "Figs. 6 and 7, and Section III C", *said, words.LARGER)
say(words.bound_in_words(results.bound_margins(problems, fitted, results.GENTLE)))

# %% [markdown]
# Why does training do that? With one latent variable, the signals in a decoder lie on a curve. Directions across that
# curve carry nothing. No data hold the weights there, and the penalty shrinks them. If that is the reason, condition
# numbers must grow with the penalty: compare the columns of [Table conditions](#tab-conditions). The score hardly notices. Model
# selection looks at scores alone, so it leaves to chance how invertible a network is.
#
# ## Lost, or only amplified?
#
# An ill-conditioned square matrix still has an inverse. With enough digits everything comes back. The bottleneck has no
# inverse. All structures $\mathbf x$ that the encoder maps to one $t$ are the same to the decoder. The pseudo-inverse
# picks the shortest of all fitting activations, which is one guess among many. How good could the best guess be? A
# nearest-neighbour regression from the encoder's exact $t$ to the structure shows what $t$ knows
# ([Table lost](#tab-lost)). First try it by hand ([Figure layers-by-hand](#fig-layers-by-hand)).

# %% tags=["remove-input"]
explore(
    Layers(xes, easy, "XES"),
    "layers-by-hand",
    "Drag the white dot. It says at which layer we turn back, and how much noise is added there. Errors that shrink with "
    "the noise (round) are only amplified. Errors that stay (square) are lost. Turn back at the latent variable, and the "
    "bottleneck shows its loss. Raise the threshold below, and what it leaves out is lost too.",
)

# %% tags=["remove-input"]
table(
    results.structure_from_latent(problems, fitted, results.GENTLE),
    "lost",
    "The structure from the encoder's exact latent variable. Median errors in standard deviations of the features: of "
    "the inverted encoder, and of the mean structure as the answer every time. Last: the share of the structures' "
    "variance that is known once $t$ is.",
)

# %% [markdown]
# Where the inverted encoder is worse than the mean structure, it would be better not to look at the spectrum at all. The
# last column is about the most that any method can get from $t$. The rest was never let through, and nothing brings it back.
#
# ## What does work: fitting
#
# We need not undo the decoder. We can ask which $t$ makes it produce the spectrum nearest to the one given,
#
# $$
# t^* = \arg\min_t \bigl\lVert \mathbf S - \mathbf S_\mathrm{dec}(t) \bigr\rVert^2 .
# \tag{fit}
# $$
#
# Least squares divides by nothing small. An error across the curve of possible spectra is dropped, not amplified.

# %%
Y, t = xes.test[1], easy.transform(X)  # known spectra, and what we hope to find
layer = len(easy.encoder) + 1  # of the latent variable
ways = {"fitted": easy.fit_latent(Y), "inverted": invert_layers(easy.module_, Y)[layer]}
{way: float(np.median(np.abs(found - t)) / t.std()) for way, found in ways.items()}

# %% tags=["remove-input"]
latent = results.latent_from_spectrum(problems, fitted, results.GENTLE)
table(
    results.latent_table(latent),
    "fitted-latent",
    "The latent variable from known outputs of the test set, inverted and fitted: median errors in its standard "
    "deviations, and covered variance of the outputs that the fitted one gives.",
)

# %% tags=["remove-input"]
*seen, spread = results.sharers(xes, easy)
show(
    figures.shared_latent(*seen),
    "shared",
    "XES. (a) The latent variable fitted to each known spectrum, against the encoder's. (b) The test molecules whose "
    "latent variable is nearest to the median.",
    alt="Two scatter plots. Left, fitted latent variables against those of the encoder, near the diagonal. Right, "
    "molecules in the plane of angle and mean bond length in grey, those with almost one latent variable in colour.",
)
say(words.sharing_in_words(seen[-1], spread))
say(words.SETS)

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: one layer by hand
#
# No Python needed. Invert $\mathbf W = \begin{pmatrix}2&1\\1&1\end{pmatrix}$, $\mathbf b = 0$, leaky ReLU with $s = 0.1$,
# from the activations $\mathbf a = (-0.1, 2)$. How large an error of $\mathbf x$ can an error of $0.01$ in $a_1$ make? Call
# the two numbers of $\mathbf x$ `x`, and the two of its error `error`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# Undo $g$: $\mathbf z = (-1, 2)$. The inverse is $\mathbf W^{-1} = \begin{pmatrix}1&-1\\-1&2\end{pmatrix}$, so
# $\mathbf x = (-3, 5)$. An error of $0.01$ in $a_1$ is one of $0.1$ in $z_1$, and of $(0.1, -0.1)$ in $\mathbf x$: more
# than tenfold. The module finds the same:

# %% tags=["solution"]
by_hand = mlp((2, 2, 2), "leaky_relu")[:2]
by_hand[0].weight.data = by_hand[0].weight.data.new_tensor([[2, 1], [1, 1]])
by_hand[0].bias.data[:] = 0
by_hand[1].negative_slope = 0.1
x, shifted = invert_layers(by_hand, [[-0.1, 2], [-0.09, 2]], layer=1)[0]
error = shifted - x
x, error

# %% tags=["solution", "check"]
assert np.shape(x) == (2,) and np.shape(error) == (2,), "x and error: two numbers each."
W = np.array([[2, 1], [1, 1]])
z = W @ x  # forwards again
assert np.allclose(np.where(z < 0, 0.1 * z, z), [-0.1, 2], atol=1e-4), "x: go forwards from it. Do you come back to a?"
assert np.allclose(np.abs(W @ error), [0.1, 0], atol=1e-4), "error: how large is the error of a_1 before the leaky ReLU?"

# %% [markdown]
# ### Exercise: is it the program?
#
# Build a network that must come back: four square layers with orthogonal matrices, which are as good to solve with as
# matrices can be. Call it `square`. How large is the error at each layer, and how does it grow? Call the errors
# `returned`, that of the input first.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
rng = np.random.default_rng(0)
square = mlp((20,) * 5, "leaky_relu")
for linear in square[::2]:
    orthogonal = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    linear.weight.data = linear.weight.data.new_tensor(orthogonal)
returned = layerwise_errors(square, rng.normal(size=(100, 20))).at_layers  # the input first
returned

# %% tags=["solution", "check"]
assert hasattr(square, "parameters"), "square: a network, such as mlp makes."
matrices = [one.detach().numpy() for one in square.parameters() if one.ndim == 2]
assert len(matrices) == 4, "square: four layers."
for matrix in matrices:
    assert matrix.shape[0] == matrix.shape[1], "square: each layer is as wide as the one before."
    assert np.allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-5), "square: a matrix is not orthogonal."
assert np.shape(returned) == (5,), "returned: an error for the input and for each of the four layers."
assert np.max(returned) < 1e-6, "returned: errors are too large for such a network. Where did the way back begin?"
assert returned[0] >= returned[-1], "returned: the input comes first."

# %% [markdown] tags=["solution"]
# Rounding alone, and it grows from layer to layer: each leaky ReLU may multiply it by a hundred.

# %% [markdown]
# ### Exercise: which threshold?
#
# Give the predictions `S` for XES noise of 0.03 standard deviations and undo the last layer alone. Which `rcond` brings the
# activations before it back best? Call the root mean square errors `wrong`, a dictionary with at least five thresholds
# from 0 to 0.9. Why is the best neither the smallest nor the largest?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
before = activations_of(easy.module_, X)[-2]
noisy = S + 0.03 * np.random.default_rng(0).normal(size=S.shape)
wrong = {}
for rcond in (0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 0.3, 0.9):
    undone = invert_layers(easy.module_, noisy, rcond=rcond)[-2]
    wrong[rcond] = float(np.sqrt(((undone - before) ** 2).mean()))
wrong

# %% tags=["solution", "check"]
assert isinstance(wrong, dict) and len(wrong) >= 5, "wrong: a dictionary {rcond: error} of at least five thresholds."
assert min(wrong) < 0.01 and max(wrong) >= 0.5, "wrong: try smaller and larger thresholds."
other = S + 0.03 * np.random.default_rng(1).normal(size=S.shape)
for threshold in (min(wrong), max(wrong)):
    off = invert_layers(easy.module_, other, rcond=threshold)[-2] - activations_of(easy.module_, X)[-2]
    ratio = wrong[threshold] / np.sqrt((off**2).mean())
    assert 0.75 < ratio < 1.33, f"wrong: look at {threshold}. How large is the noise? Which activations are compared?"

# %% [markdown] tags=["solution"]
# A small threshold keeps directions in which noise is divided by next to nothing. A large one leaves out directions that
# carry signal. A direction is worth keeping while the noise over its singular value is less than the signal along it.
# For all layers at once no good threshold is left: what one layer leaves out is an error that the next one amplifies.

# %% [markdown]
# ### Exercise: the bound for noise alone
#
# `error_bound` takes the size of an error of the outputs. Compare it with what noise of one millionth does to the decoder
# for GeO₂, in the network `fitted["moments", results.GENTLE][0]`. Call the error at each layer `measured`, and its bound
# `bound`, the input first.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
one = fitted["moments", results.GENTLE][0]
module, inputs = one.module_, problems["moments"].test[0]
outputs = one.predict(inputs)
noise = 1e-6 * np.random.default_rng(0).normal(size=outputs.shape)
measured = layerwise_errors(module, inputs, outputs=outputs + noise).at_layers
bound = error_bound(module, inputs, start=np.linalg.norm(noise, axis=1).max())
np.log10(bound) - np.log10(measured)

# %% tags=["solution", "check"]
depth = len(activations_of(fitted["moments", results.GENTLE][0].module_, problems["moments"].test[0]))
assert np.shape(measured) == (depth,), "measured: an error for the input and for each layer."
assert np.shape(bound) == (depth,), "bound: one for each error."
assert 1e-7 < measured[-1] < 1e-4, "measured: at the outputs it should be the noise itself. Which noise did you give?"
assert (np.array(measured) <= np.array(bound)).all(), "bound: an error exceeds it. Does the bound know of the noise?"

# %% [markdown] tags=["solution"]
# The bound is never exceeded and gets looser from layer to layer: it supposes the worst direction every time.

# %% [markdown]
# ### Exercise: no bottleneck
#
# Give the network for XES three latent variables, and call it `wide`. No matrix of its encoder narrows any more. What
# becomes of the jump? Turn round at each layer (`layerwise_errors(...).at_input`). Call the errors of the structure
# `inward` for `wide`, and `jump` for `easy`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
wide = clone(easy).set_params(n_components=3).fit(*xes.train)
inward, jump = (layerwise_errors(one.module_, X).at_input for one in (wide, easy))
float(inward[layer]), float(jump[layer])  # after the bottleneck

# %% tags=["solution", "check"]
assert isinstance(wide, type(easy)) and wide.n_components == 3, "wide: a fitted network with three latent variables."
assert wide.transform(X).shape[1] == 3, "wide: fit it again after you have set n_components."
for error_at in (inward, jump):
    assert np.ndim(error_at) == 1 and len(error_at) > layer, "inward and jump: an error for each layer, the input first."
assert inward[layer] < jump[layer], "inward, jump: which of the two networks narrows? Turn round at the latent layer."

# %% [markdown] tags=["solution"]
# It is gone. What remains is amplification in the decoder, and noise would still be fatal there.

# %% [markdown]
# ### Exercise: three questions on going backwards
#
# 1. Every matrix of a network is square and has an inverse. Can a structure always be brought back from a prediction?
# 2. Double precision loses the structure at the bottleneck. Would more digits bring it back?
# 3. Why does fitting the latent variable work where inverting the decoder does not?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. With enough digits, yes. With those of a computer only if the matrices are well conditioned: small singular values
#    amplify rounding and noise.
# 2. No. Many structures have the same latent variable. What the bottleneck does not let through is gone.
# 3. It looks for the nearest spectrum that the decoder can make. Errors across the curve are dropped, and nothing is
#    divided by a small number.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(words.summary(facts, latent))
say("**Next:** [an encoder so simple that it can be undone](05_nnca.ipynb).")
