// A network run backwards, layer by layer.

const FOLLOWS = 10; // an error goes with the noise if with less of it, it is so many times what it should be, or less

/**
 * Singular value decomposition of a matrix given row by row, by one-sided Jacobi rotations: U, s, V with rows for
 * vectors.  Rows of `left`, which are columns of the matrix, are turned until they are orthogonal.
 */
function decomposed(weight, rows, columns) {
  if (rows < columns) {
    const flipped = Float64Array.from(weight, (_, at) => weight[(at % rows) * columns + Math.floor(at / rows)]);
    const { U, s, V } = decomposed(flipped, columns, rows);
    return { U: V, s, V: U };
  }
  const left = Array.from({ length: columns }, (_, c) => Float64Array.from({ length: rows }, (_, r) => weight[r * columns + c]));
  const right = left.map((_, c) => Float64Array.from({ length: columns }, (_, r) => Number(r === c)));
  const turn = (a, b, c, s) => {
    for (let i = 0; i < a.length; i++) {
      const x = a[i];
      a[i] = c * x - s * b[i];
      b[i] = s * x + c * b[i];
    }
  };
  for (let sweep = 0, turned = true; turned && sweep < 30; sweep++) {
    turned = false;
    for (let p = 0; p < columns; p++)
      for (let q = p + 1; q < columns; q++) {
        const a = left[p], b = left[q];
        let aa = 0, bb = 0, ab = 0;
        for (let i = 0; i < rows; i++) {
          aa += a[i] * a[i];
          bb += b[i] * b[i];
          ab += a[i] * b[i];
        }
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb)) continue;
        const zeta = (bb - aa) / (2 * ab), t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta)), c = 1 / Math.hypot(1, t);
        turn(a, b, c, c * t);
        turn(right[p], right[q], c, c * t);
        turned = true;
      }
  }
  const size = left.map((column) => norm(column)), order = size.map((_, c) => c).sort((p, q) => size[q] - size[p]);
  return { U: order.map((c) => left[c].map((value) => value / size[c])), s: order.map((c) => size[c]), V: order.map((c) => right[c]) };
}

/** Layers that go forward, and back from one of them with a threshold for singular values. */
function undoable(exported) {
  return exported.layers.map(({ shape: [outputs, inputs], weight: text, bias: own, slope }) => {
    const weight = floats(text), bias = floats(own), { U, s, V } = decomposed(weight, outputs, inputs), z = new Float64Array(outputs);
    const forward = (a) => Float64Array.from(bias, (sum, row) => {
      for (let column = 0, at = row * inputs; column < inputs; column++, at++) sum += weight[at] * a[column];
      return sum < 0 ? slope * sum : sum;
    });
    const back = (a, rcond) => {
      const x = new Float64Array(inputs);
      for (let row = 0; row < outputs; row++) z[row] = (a[row] < 0 ? a[row] / slope : a[row]) - bias[row];
      for (let n = 0; n < s.length && s[n] > rcond * s[0]; n++) {
        const u = U[n], v = V[n];
        let part = 0;
        for (let row = 0; row < outputs; row++) part += u[row] * z[row];
        part /= s[n];
        for (let column = 0; column < inputs; column++) x[column] += part * v[column];
      }
      return x;
    };
    return { forward, back, s };
  });
}

/** A number of any size in words: 0.012, 3·10⁻⁸. */
function spoken(value) {
  if (value >= 0.01 && value < 1000) return String(Number(value < 100 ? value.toPrecision(2) : value.toFixed(0)));
  const [digit, power] = value.toExponential(0).split("e");
  return (digit === "1" ? "" : `${digit}·`) + tenTo(Number(power));
}

/** The errors at all layers on the way back, and how large the noise is at each layer for one standard deviation. */
function wayBack(figure, layers) {
  const X = floats(figure.X), noise = floats(figure.noise), width = X.length / figure.rows;
  const truth = Array.from({ length: figure.rows }, (_, row) => {
    const activations = [Float64Array.from(X.subarray(row * width, (row + 1) * width))];
    for (const one of layers) activations.push(one.forward(activations.at(-1)));
    return activations;
  });
  const errors = ({ layer, noise: size, rcond }) => {
    const worst = new Float64Array(layer + 1);
    truth.forEach((activations, row) => {
      let a = activations[layer].map((value, i) => value + size * noise[row * figure.widest + i]);
      for (let number = layer; ; number--) {
        for (let i = 0; i < a.length; i++) worst[number] = Math.max(worst[number], Math.abs(a[i] - activations[number][i]));
        if (!number) return;
        a = layers[number - 1].back(a, rcond);
      }
    });
    return worst;
  };
  const peaks = truth[0].map((_, number) => Math.max(...truth.flatMap((activations, row) =>
    Array.from(activations[number], (_, i) => Math.abs(noise[row * figure.widest + i])))));
  return { errors, peaks };
}

function verdict({ layer }, follows, bottleneck, left) {
  const stays = follows.lastIndexOf(false);
  if (stays < 0 && layer < bottleneck) return "All errors shrink with the noise: amplified, nothing is lost. No bottleneck is on this way.";
  if (stays < 0) return `All errors shrink with the noise: they are amplified. They hide what the bottleneck loses. Turn back at layer ${bottleneck} to see it.`;
  if (layer >= bottleneck && (stays === bottleneck - 1 || (stays < bottleneck && !left)))
    return "Up to the latent variable errors shrink with the noise: amplified. Beyond it they stay: what the bottleneck did not let through is lost.";
  return `From layer ${stays} on they stay, however small the noise: what the threshold left out is lost.`;
}

function sentenceOf(figure, state, errors, calm, follows, left, all) {
  const size = (value) => (value > figure.limit ? `over ${tenTo(Math.log10(figure.limit))}` : spoken(value)), b = figure.bottleneck;
  const where = state.layer === figure.network.layers.length ? "the outputs" : state.layer === b ? "the latent variable" : `layer ${state.layer}`;
  const off = state.layer > b ? `the latent variable is off by ${size(errors[b])} and the structure by` : "the structure is off by";
  const calmer = (state.layer > b ? `by ${size(calm[b])} and ` : "") + `by ${size(calm[0])}`;
  const cut = left ? ` The threshold leaves out ${left} of ${all} directions.` : "";
  return `${figure.name}: with noise of ${spoken(state.noise)} at ${where}, on the way back ${off} ${size(errors[0])} standard deviations. ` +
    `With a thousandth of the noise, ${calmer}.${cut} ${verdict(state, follows, b, left)}`;
}

/** Powers of ten at the left of a panel with a logarithmic axis. */
function powers(area, numbers) {
  for (const power of numbers) make(area.svg, "text", { x: area.left - 5, y: area.y(power) + 4, "text-anchor": "end", class: "tick" }, tenTo(power));
}

/** Errors at all layers, with a knob at the layer where we turn back. */
function errorsPanel(parent, figure, across) {
  const limit = Math.log10(figure.limit), low = Math.log10(figure.floor), high = limit + 1.8; // errors beyond the limit are in a band
  const area = panel(parent, { ...across, height: 300, y: [low, high], yLabel: "largest error", label: "Largest error at each layer on the way back" });
  make(area.svg, "rect", { class: "beyond", x: area.left, width: area.right - area.left, y: area.y(high), height: area.y(limit) - area.y(high) });
  make(area.svg, "path", { class: "unit", d: `M${area.left} ${area.y(0)}H${area.right}` });
  powers(area, [-12, -6, 0, 6]);
  make(area.svg, "path", { class: "ghost", d: `M${area.x(figure.bottleneck)} ${area.bottom}V${area.top}` });
  make(area.svg, "text", { x: area.x(figure.bottleneck) + 5, y: area.bottom - 6 }, "latent variable");
  const [calmer, curve, goes, stays] = ["mean", "first", "goes", "stays"].map((kind) => make(area.svg, "path", { class: kind }));
  const knob = make(area.svg, "g");
  make(knob, "circle", { r: 34, class: "reach" });
  make(knob, "circle", { r: 10, class: "hydrogen" });
  const places = (values) => Array.from(values, (value) => area.y(clip(Math.log10(value), low, limit + 0.9)));
  const draw = (errors, calm, follows) => {
    const xs = Array.from(errors, (_, i) => area.x(i)), ys = places(errors), last = errors.length - 1;
    const spots = (wanted) => follows.map((one, i) => (one === wanted ? `M${xs[i]} ${ys[i]}h0` : "")).join("");
    set(curve, { d: line(xs, ys) });
    set(calmer, { d: line(xs, places(calm)) });
    set(goes, { d: spots(true) });
    set(stays, { d: spots(false) });
    set(knob, { transform: `translate(${xs[last]} ${ys[last]})` });
  };
  const at = ([x, y]) => [across.x[0] + ((x - area.left) / (area.right - area.left)) * (across.x[1] - across.x[0]), low + ((area.bottom - y) / (area.bottom - area.top)) * (high - low)];
  return { svg: area.svg, knob, draw, at };
}

/** Singular values of all matrices on the way, with a line at the threshold. */
function valuesPanel(parent, layers, lowest, across) {
  const low = lowest - 0.3, high = 0.2;
  const area = panel(parent, { ...across, height: 190, y: [low, high], xLabel: "layer (0: the structure)", yLabel: "singular values", label: "Singular values of each matrix, and the threshold" });
  powers(area, Array.from({ length: Math.floor(-lowest) + 1 }, (_, i) => -i));
  const [used, unused] = ["used", "unused"].map((kind) => make(area.svg, "path", { class: kind })), edge = make(area.svg, "g");
  make(edge, "rect", { x: area.left, y: -14, width: area.right - area.left, height: 28, class: "reach" });
  make(edge, "path", { class: "second", d: `M${area.left} 0H${area.right}` });
  make(edge, "circle", { cx: area.right, r: 8, class: "hydrogen" });
  const draw = ({ layer, rcond }) => {
    const values = layers.slice(0, layer).flatMap(({ s }, i) => s.map((value) => [i + 0.5, value / s[0]]));
    const [kept, left] = [true, false].map((wanted) => values.filter(([, value]) => value > rcond === wanted));
    const spots = (some) => dots(some.map(([x, value]) => [area.x(x), area.y(Math.log10(value))]));
    set(used, { d: spots(kept) });
    set(unused, { d: spots(left) });
    set(edge, { transform: `translate(0 ${area.y(Math.log10(rcond))})` });
    return [left.length, values.length];
  };
  const at = (y) => low + ((area.bottom - y) / (area.bottom - area.top)) * (high - low);
  return { svg: area.svg, edge, draw, at };
}

export default explorer(["layer", "noise", "rcond"], (stage) => {
  const { root, figure } = stage, layers = undoable(figure.network), last = layers.length;
  stage.checks = [[network(figure.network), figure.network.check]];
  root.dataset.method = "EDNN";
  const { errors: errorsOf, peaks } = wayBack(figure, layers), lowest = Math.log10(figure.thresholds[0]);
  const across = { width: 620, x: [-0.3, last + 0.3], left: 56, ticks: [...Array(last + 1).keys()], kind: "wide" };
  const upper = errorsPanel(root, figure, across), lower = valuesPanel(root, layers, lowest, across);
  const sized = (power) => clip(10 ** power, ...figure.noises), cut = (power) => clip(10 ** power, ...figure.thresholds);
  draggable(upper.svg, upper.knob, (point) => {
    const [place, power] = upper.at(point), layer = clip(Math.round(place), 1, last);
    stage.change({ layer, noise: sized(power - Math.log10(peaks[layer])) });
  });
  draggable(lower.svg, lower.edge, ([, y]) => stage.change({ rcond: cut(lower.at(y)) }));

  const legend = make(root, "p", { class: "legend" });
  for (const [name, text] of [["goes", "goes with the noise: amplified"], ["stays", "stays: lost"], ["mean", "with a thousandth of the noise"]])
    make(legend, "span", { class: `key ${name}` }, text);
  const settings = make(root, "div", { class: "settings" }), log = { step: 0.05, text: (power) => spoken(10 ** power) };
  const layerOf = slider(settings, { label: "turn back at layer", min: 1, max: last, step: 1 }, (layer) => stage.change({ layer }));
  const noiseOf = slider(settings, { ...log, label: "noise there", min: Math.log10(figure.noises[0]), max: Math.log10(figure.noises[1]) },
    (power) => stage.change({ noise: sized(power) }));
  const rcondOf = slider(settings, { ...log, label: "threshold", min: lowest, max: Math.log10(figure.thresholds[1]) },
    (power) => stage.change({ rcond: cut(power) }));
  button(make(settings, "div", { class: "actions" }), "Reset", stage.reset);

  stage.values = (state) => ({ errors: Array.from(errorsOf(state), Math.log10) });
  return (state) => {
    const errors = errorsOf(state), calm = errorsOf({ ...state, noise: figure.calmer * state.noise });
    const follows = Array.from(errors, (value, i) => calm[i] <= FOLLOWS * figure.calmer * value);
    upper.draw(errors, calm, follows);
    const [left, all] = lower.draw(state);
    layerOf(state.layer);
    noiseOf(Math.log10(state.noise));
    rcondOf(Math.log10(state.rcond));
    return sentenceOf(figure, state, errors, calm, follows, left, all);
  };
});
