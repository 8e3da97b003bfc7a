// Sticks, a width, and what becomes of them.

/** Sticks of one kind of spectrum and the function that broadens them: mean, standard deviation, one molecule. */
function sticksOf(one, figure) {
  const energy = Float64Array.from(floats(one.energy), (value) => value + one.window[0]), strength = floats(one.strength);
  const m = figure.channels, step = (one.window[1] - one.window[0]) / (m - 1);
  const broaden = (fwhm, chosen) => {
    const mean = new Float64Array(m), square = new Float64Array(m), S = new Float64Array(m);
    let own = null;
    for (let n = 0, at = 0; n < figure.molecules; n++) {
      S.fill(0);
      for (let i = 0; i < one.lines; i++, at++) {
        if (!strength[at]) continue;
        const width = fwhm + (one.threshold ? figure.slope * Math.max(0, energy[at] - one.threshold) : 0);
        const sigma = width / figure.perSigma, height = strength[at] / (Math.sqrt(2 * Math.PI) * sigma);
        const place = (energy[at] - one.window[0]) / step, reach = (7 * sigma) / step;
        for (let c = Math.max(0, Math.ceil(place - reach)), end = Math.min(m - 1, place + reach); c <= end; c++)
          S[c] += height * Math.exp(-0.5 * (((c - place) * step) / sigma) ** 2);
      }
      for (let c = 0; c < m; c++) {
        mean[c] += S[c] / figure.molecules;
        square[c] += S[c] ** 2 / figure.molecules;
      }
      if (n === chosen) own = S.slice();
    }
    return { mean, sigma: mean.map((value, c) => Math.sqrt(Math.max(0, square[c] - value ** 2))), own };
  };
  return { ...one, energy, strength, broaden };
}

const peaks = (S) => S.reduce((n, value, c) => n + (c > 0 && c < S.length - 1 && value > S[c - 1] && value >= S[c + 1] && value > 0.02 * Math.max(...S)), 0);
const counted = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

function chart(parent, one) {
  parent.replaceChildren();
  const area = panel(parent, { width: 600, height: 240, x: one.window, y: [0, 1.05], ticks: 6, kind: "wide", xLabel: "energy (eV)",
    label: `${one.name}: sticks and spectrum of one molecule, mean and spread of many` });
  const band = make(area.svg, "path", { class: "band" }), mean = make(area.svg, "path", { class: "mean" });
  const sticks = make(area.svg, "path", { class: "sticks" }), curve = make(area.svg, "path", { class: "own" });
  return { area, band, mean, sticks, curve };
}

export default explorer(["kind", "fwhm", "molecule"], (stage) => {
  const { root, figure } = stage;
  const kinds = Object.fromEntries(Object.entries(figure.kinds).map(([kind, one]) => [kind, sticksOf(one, figure)]));
  const place = make(root, "div"), legend = make(root, "p", { class: "legend" });
  for (const [name, text] of [["own", "one molecule and its sticks"], ["mean", "mean"], ["band", "one standard deviation about it"]])
    make(legend, "span", { class: `key ${name}` }, text);
  const settings = make(root, "div", { class: "settings" });
  const kindOf = choice(settings, "Spectrum", Object.fromEntries(Object.entries(kinds).map(([kind, one]) => [kind, one.name])), (kind) => stage.change({ kind }));
  const [low, high] = figure.widths;
  const fwhmOf = slider(settings, { label: "width (FWHM)", unit: " eV", min: low, max: high, step: 0.05, digits: 2 }, (fwhm) => stage.change({ fwhm }));
  const moleculeOf = slider(settings, { label: "molecule", min: 0, max: figure.molecules - 1, step: 1, digits: 0 }, (molecule) => stage.change({ molecule }));
  button(make(settings, "div", { class: "actions" }), "Reset", stage.reset);
  stage.values = ({ kind, fwhm, molecule }) => {
    const found = kinds[kind].broaden(fwhm, molecule);
    return Object.fromEntries(Object.entries(found).map(([name, S]) => [name, Array.from(S)]));
  };
  let shown = "", parts;
  return ({ kind, fwhm, molecule }) => {
    const one = kinds[kind], { mean, sigma, own } = one.broaden(fwhm, molecule);
    if (kind !== shown) parts = chart(place, one);
    shown = kind;
    const { area } = parts, top = Math.max(...own, ...mean.map((value, c) => value + sigma[c])), y = (value) => area.y(value / top), [start, end] = one.window;
    const xs = Float64Array.from(mean, (_, c) => area.x(start + ((end - start) * c) / (mean.length - 1)));
    set(parts.band, { d: between(xs, mean.map((value, c) => y(Math.max(0, value - sigma[c]))), mean.map((value, c) => y(value + sigma[c]))) });
    set(parts.mean, { d: line(xs, mean.map(y)) });
    set(parts.curve, { d: line(xs, own.map(y)) });
    const from = molecule * one.lines, lines = Array.from(one.energy.slice(from, from + one.lines), (e, i) => [e, one.strength[from + i]]);
    const inside = lines.filter(([e, s]) => s > 0 && e >= start && e <= end), tallest = Math.max(...inside.map(([, s]) => s));
    set(parts.sticks, { d: inside.map(([e, s]) => `M${area.x(e)} ${area.bottom}V${area.y((0.9 * s) / tallest)}`).join("") });
    kindOf(kind);
    fwhmOf(fwhm);
    moleculeOf(molecule);
    const spread = sigma.reduce((a, b) => a + b, 0) / mean.reduce((a, b) => a + b, 0);
    return `With lines ${fixed(fwhm, 2)} eV wide, the ${counted(inside.length, "stick")} of molecule ${molecule} make ${counted(peaks(own), "peak")} of ${one.name}. Over ${figure.molecules} molecules one standard deviation is ${percent(spread)} of the mean.`;
  };
});
