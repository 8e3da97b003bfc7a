// The molecule and its spectra.

const ZOOM = 165, CENTRE = [210, 42]; // of the molecule: pixels per angstrom, and where oxygen is
const METHOD_KEYS = ["oh_lengths", "angle", "method", "hold", "held_at"];
const HELD = 1e-3; // of the range of t: how exactly it is held

function place(angle, length, side) {
  const half = (angle * Math.PI) / 360;
  return [CENTRE[0] + side * ZOOM * length * Math.sin(half), CENTRE[1] + ZOOM * length * Math.cos(half)];
}

/** From features z towards `goal` on the surface where t stays; the features that give way most are `soft`. */
function walk(t, z, goal, range, soft, inside) {
  const goalT = t(z), exact = HELD * range, length = (a) => Math.sqrt(a.reduce((s, v, i) => s + (v * v) / soft[i], 0));
  for (let step = 0; step < 30; step++) {
    const wish = goal.map((value, i) => value - z[i]);
    let next = towards(t, z, wish, soft);
    for (let i = 0; i < 4 && Math.abs(t(next) - goalT) > exact / 4; i++) next = corrected(t, next, goalT, soft);
    const left = length(goal.map((value, i) => value - next[i]));
    if (Math.abs(t(next) - goalT) > exact || !inside(next) || left > length(wish) - 1e-4) break;
    z = next;
  }
  return z;
}

function slope(t, z) {
  const h = 1e-3;
  return z.map((_, i) => {
    const up = [...z], down = [...z];
    up[i] += h;
    down[i] -= h;
    return (t(up) - t(down)) / (2 * h);
  });
}

/** A short step along the surface, as near to the wish as it goes. */
function towards(t, z, wish, soft) {
  const g = slope(t, z), give = g.map((value, i) => value * soft[i]), size = dot(g, give);
  const along = wish.map((value, i) => value - (size > 0 ? (give[i] * dot(g, wish)) / size : 0));
  const part = Math.min(1, 0.12 / (norm(along) || 1));
  return z.map((value, i) => value + part * along[i]);
}

function corrected(t, z, goal, soft) {
  const g = slope(t, z), give = g.map((value, i) => value * soft[i]), size = dot(g, give);
  return size > 0 ? z.map((value, i) => value + (give[i] * (goal - t(z))) / size) : z;
}

function model(figure) {
  const standard = (x) => x.map((value, i) => (value - figure.mean[i]) / figure.scale[i]);
  const features = (z) => z.map((value, i) => value * figure.scale[i] + figure.mean[i]);
  const spectra = Object.entries(figure.spectra).map(([kind, one]) => {
    const mean = floats(one.mean), evaluate = network(one.network);
    const strength = (y) => Float64Array.from(y, (value, i) => value * one.scale + mean[i]);
    return { ...one, kind, evaluate, strength, of: (z) => strength(evaluate(z)), check: one.network.check };
  });
  const target = spectra.find((one) => one.kind === figure.target), checks = spectra.map((one) => [one.evaluate, one.check]);
  const methods = {};
  for (const [name, one] of Object.entries(figure.methods)) {
    const encode = network(one.encoder), inner = network(one.decoder ?? one.expansion);
    checks.push([encode, one.encoder.check], [inner, (one.decoder ?? one.expansion).check]);
    const decode = one.decoder ? inner : (t) => target.evaluate(inner(t));
    methods[name] = { t: (z) => encode(z)[0], range: one.range[1] - one.range[0],
      predict: (z) => target.strength(decode([encode(z)[0]])) };
  }
  const points = unpacked(figure.cloud.points, figure.cloud.low, figure.cloud.high);
  const known = (z) => {
    for (let i = 0; i < points.length; i += 3)
      if ((points[i] - z[0]) ** 2 + (points[i + 1] - z[1]) ** 2 + (points[i + 2] - z[2]) ** 2 < figure.cloud.near ** 2)
        return true;
    return false;
  };
  const inside = ([angle, a, b]) => angle >= figure.angles[0] && angle <= figure.angles[1] &&
    Math.min(a, b) >= figure.lengths[0] && Math.max(a, b) <= figure.lengths[1];
  return { standard, features, spectra, target, methods, checks, points, known, inside: (z) => inside(features(z)) };
}

/** The moving parts of the molecule's picture. */
function moleculePicture(parent, water, move) {
  const svg = make(parent, "svg", { viewBox: "0 0 420 232", role: "img",
    "aria-label": "A water molecule over the places that its hydrogen atoms take in the training data" });
  const cloud = [];
  for (let i = 0; i < water.points.length; i += 3) {
    const [angle, a, b] = water.features(Array.from(water.points.slice(i, i + 3)));
    cloud.push(place(angle, a, -1), place(angle, b, 1));
  }
  make(svg, "path", { class: "cloud", d: dots(cloud) });
  const ghost = make(svg, "path", { class: "ghost" });
  const bonds = make(svg, "path", { class: "bond" });
  make(svg, "circle", { cx: CENTRE[0], cy: CENTRE[1], r: 26, class: "oxygen" });
  make(svg, "text", { x: CENTRE[0], y: CENTRE[1] + 6, "text-anchor": "middle", class: "symbol" }, "O");
  const atoms = [-1, 1].map((side) => {
    const atom = make(svg, "g");
    make(atom, "circle", { r: 32, class: "reach" });
    make(atom, "circle", { r: 15, class: "hydrogen" });
    make(atom, "text", { y: 5.5, "text-anchor": "middle", class: "atom" }, "H");
    draggable(svg, atom, ([x, y]) => {
      const across = side * (x - CENTRE[0]), down = y - CENTRE[1];
      const angle = (Math.atan2(Math.max(across, 0), down) * 360) / Math.PI;
      move({ angle, [side < 0 ? "a" : "b"]: Math.hypot(Math.max(across, 0), down) / ZOOM });
    });
    return atom;
  });
  const bent = ([angle, a, b]) => `M${place(angle, a, -1)}L${CENTRE}L${place(angle, b, 1)}`;
  return (x, held) => {
    set(bonds, { d: bent(x) });
    set(ghost, { d: held ? bent(held) : "" });
    atoms.forEach((atom, i) => set(atom, { transform: `translate(${place(x[0], x[1 + i], i ? 1 : -1)})` }));
  };
}

/** One spectrum in front of the spread of the training data. */
function spectrumPanel(parent, one, isTarget, last) {
  const mean = floats(one.mean), low = floats(one.low), high = floats(one.high), [start, end] = one.window;
  const area = panel(parent, { width: 400, height: last ? 126 : 108, x: one.window, y: [0, 1.25 * one.top],
    xLabel: last ? "energy (eV)" : "", ticks: 6, label: `${one.name} of the molecule, and its spread in the training data` });
  const xs = Float64Array.from(mean, (_, i) => area.x(start + ((end - start) * i) / (mean.length - 1)));
  make(area.svg, "path", { class: "band", d: between(xs, low.map(area.y), high.map(area.y)) });
  make(area.svg, "text", { x: area.left + 4, y: 20, class: "name" }, one.name);
  const changed = make(area.svg, "text", { x: area.right, y: 20, "text-anchor": "end" });
  const ghost = make(area.svg, "path", { class: "ghost" });
  const curve = make(area.svg, "path", { class: "curve" });
  const predicted = make(area.svg, "path", { class: "predicted" });
  return (S, before, share, prediction) => {
    set(curve, { d: line(xs, S.map(area.y)) });
    set(ghost, { d: before ? line(xs, before.map(area.y)) : "" });
    if (isTarget) set(predicted, { d: line(xs, prediction.map(area.y)) });
    changed.textContent = share < 5e-4 ? "" : `changed by ${percent(share)}`;
  };
}

function controls(parent, figure, stage, move, water) {
  const length = { unit: " Å", min: figure.lengths[0], max: figure.lengths[1], step: 0.005, digits: 3 };
  const a = slider(parent, { ...length, label: "O–H bond, left" }, (value) => move({ a: value }));
  const b = slider(parent, { ...length, label: "O–H bond, right" }, (value) => move({ b: value }));
  const angle = slider(parent, { label: "H–O–H angle", unit: "°", min: figure.angles[0], max: figure.angles[1], step: 0.5,
    digits: 1 }, (value) => move({ angle: value }));
  const here = () => [stage.state().angle, ...stage.state().oh_lengths];
  const names = Object.fromEntries(Object.keys(water.methods).map((name) => [name, name]));
  const method = choice(parent, `One number for ${water.target.name}, by`, names,
    (value) => stage.change({ method: value, held_at: here() }));
  const row = make(parent, "div", { class: "actions" });
  const hold = checkbox(row, "hold that number, t₁", (value) => stage.change({ hold: value, held_at: here() }));
  button(row, "Reset", stage.reset);
  return (state) => {
    a(state.oh_lengths[0]);
    b(state.oh_lengths[1]);
    angle(state.angle);
    method(state.method);
    hold(state.hold);
  };
}

function sentenceOf(water, state, x, z, shares, known) {
  const list = water.spectra.map((one, i) => `${one.name} by ${percent(shares[i])}`).join(", ");
  const shape = `bonds ${fixed(x[1], 2)} and ${fixed(x[2], 2)} Å, angle ${fixed(x[0], 0)}°`;
  const guess = known ? "" : " No molecule like this is in the training data: the networks guess.";
  if (!state.hold) {
    const moved = Math.max(...shares) < 5e-4 ? `This is the mean molecule: ${shape}` : `From the mean molecule to this one (${shape}) change ${list}`;
    return `${moved}. ${state.method} makes t₁ = ${fixed(water.methods[state.method].t(z), 2)} of it.${guess}`;
  }
  const before = water.standard(state.held_at), away = norm(z, before), one = water.methods[state.method];
  if (away < 0.02) return `${state.method}'s t₁ is held at ${fixed(one.t(z), 2)}. Now move the molecule: it can go only where t₁ stays as it is.${guess}`;
  const g = slope(one.t, before), size = norm(g) * (dot(g, before) > 0 ? -1 : 1) || 1, S = water.target.of(before);
  const seen = water.target.of(before.map((value, i) => value + (away * g[i]) / size));
  return `${state.method}'s t₁ is held at ${fixed(one.t(z), 2)}, and the molecule moved: ${shape}. Changed: ${list}. ` +
    `A step as long that t₁ does see would change ${water.target.name} by ${percent(norm(seen, S) / norm(S))}.${guess}`;
}

export default explorer(METHOD_KEYS, (stage) => {
  const { root, figure } = stage, water = model(figure);
  stage.checks = water.checks;
  const move = (asked) => {
    const state = stage.state(), now = [state.angle, ...state.oh_lengths];
    const [low, high] = figure.lengths, names = ["angle", "a", "b"];
    let x = [clip(asked.angle ?? now[0], ...figure.angles), clip(asked.a ?? now[1], low, high), clip(asked.b ?? now[2], low, high)];
    if (state.hold) {
      const { t, range } = water.methods[state.method], soft = names.map((name) => (name in asked ? 0.1 : 1));
      x = water.features(walk(t, water.standard(now), water.standard(x), range, soft, water.inside));
    }
    stage.change({ angle: x[0], oh_lengths: [x[1], x[2]] });
  };
  const top = make(root, "div", { class: "two" }), left = make(top, "div"), right = make(top, "div");
  const draw = moleculePicture(left, water, move);
  const settings = controls(left, figure, stage, move, water);
  const panels = water.spectra.map((one, i) => spectrumPanel(right, one, one === water.target, i === water.spectra.length - 1));
  const legend = make(right, "p", { class: "legend" });
  make(legend, "span", { class: "key curve" }, "this molecule");
  make(legend, "span", { class: "key band" }, "spread of the training data");
  const key = make(legend, "span", { class: "key predicted" });
  const first = water.standard([figure.start.angle, ...figure.start.oh_lengths]);
  stage.values = ({ angle, oh_lengths, method }) => {
    const z = water.standard([angle, ...oh_lengths]), one = water.methods[method];
    const S = Object.fromEntries(water.spectra.map((spectrum) => [spectrum.kind, Array.from(spectrum.of(z))]));
    return { spectra: S, t: one.t(z), predicted: Array.from(one.predict(z)) };
  };
  return (state) => {
    const x = [state.angle, ...state.oh_lengths], z = water.standard(x), known = water.known(z);
    const before = state.hold ? water.standard(state.held_at) : first;
    const prediction = water.methods[state.method].predict(z);
    const shares = water.spectra.map((one, i) => {
      const S = one.of(z), old = one.of(before), share = norm(S, old) / norm(old);
      panels[i](S, state.hold && old, share, prediction);
      return share;
    });
    draw(x, state.hold && state.held_at);
    settings(state);
    root.dataset.method = state.method;
    root.classList.toggle("unknown", !known);
    key.textContent = `what ${state.method}'s one number says`;
    return sentenceOf(water, state, x, z, shares, known);
  };
});
