// One direction in the space of structures, on the half sphere of all of them (v and -v are one).

const RADIUS = 150, MIDDLE = [190, 166];

const unit = (v) => v.map((value) => value / norm(v));

/** Two angles that name a line: from the first feature to the others, and between those two. */
function anglesOf(v, b0) {
  if (Math.hypot(v[1], v[2]) < 1e-6) return [v[0] > 0 ? 0 : 180, b0]; // the first feature alone: b may be anything
  const b = Math.atan2(v[2], v[1]), flip = b < -1e-9 || b > Math.PI - 1e-9, size = clip(flip ? -v[0] : v[0], -1, 1);
  return [(Math.acos(size) * 180) / Math.PI, clip(((flip ? b + (b < 0 ? Math.PI : -Math.PI) : b) * 180) / Math.PI, 0, 180)];
}

function lineOf(a, b) {
  const [p, q] = [a, b].map((value) => (value * Math.PI) / 180);
  return [Math.cos(p), Math.sin(p) * Math.cos(q), Math.sin(p) * Math.sin(q)];
}

function disc(parent, figure, stage) {
  const svg = make(parent, "svg", { viewBox: "0 0 380 332", role: "img", "aria-label": "The half sphere of all directions, coloured by the covered variance" });
  const onDisc = (v) => {
    const side = dot(figure.view[2], v) < 0 ? -1 : 1;
    return [MIDDLE[0] + side * RADIUS * dot(figure.view[0], v), MIDDLE[1] - side * RADIUS * dot(figure.view[1], v)];
  };
  const ball = make(svg, "g");
  make(ball, "image", { href: colourMap(bytes(figure.map), figure.size), x: MIDDLE[0] - RADIUS, y: MIDDLE[1] - RADIUS,
    width: 2 * RADIUS, height: 2 * RADIUS, style: "clip-path: circle(50%)" });
  make(ball, "circle", { cx: MIDDLE[0], cy: MIDDLE[1], r: RADIUS, class: "rim" });
  const mark = (v, name, kind) => {
    const [x, y] = onDisc(v), before = kind === "ECA" || x > MIDDLE[0] + RADIUS / 2;
    make(svg, "circle", { cx: x, cy: y, r: kind === "axis" ? 3.5 : 6, class: `mark ${kind}` });
    make(svg, "text", { x: x + (before ? -11 : 11), y: y + 4.5, "text-anchor": before ? "end" : "start", class: "on" }, name);
  };
  figure.features.forEach((name, i) => mark([0, 1, 2].map((j) => Number(i === j)), name, "axis"));
  for (const [name, one] of Object.entries(figure.marks)) if (one.v) mark(one.v, name, name);
  const ring = make(svg, "circle", { r: 10, class: "ring" });
  draggable(svg, ball, ([x, y]) => {
    let p = [(x - MIDDLE[0]) / RADIUS, (MIDDLE[1] - y) / RADIUS];
    const r = Math.hypot(...p);
    if (r > 0.999) p = p.map((value) => (0.999 * value) / r);
    const depth = Math.sqrt(1 - p[0] ** 2 - p[1] ** 2);
    stage.change({ v: unit([0, 1, 2].map((j) => p[0] * figure.view[0][j] + p[1] * figure.view[1][j] + depth * figure.view[2][j])) });
  });
  return (v) => {
    const [cx, cy] = onDisc(v);
    set(ring, { cx, cy });
  };
}

export default explorer(["v"], (stage) => {
  const { root, figure } = stage, covered = covering(figure.covered), names = Object.keys(figure.marks);
  stage.checks = [covered.check];
  const top = make(root, "div", { class: "two" }), left = make(top, "div"), right = make(top, "div");
  const draw = disc(left, figure, stage);
  const setBar = bars(right, ["your line", ...names], "Covered variance of your line and of the three methods");
  names.forEach((name, i) => setBar(i + 1, figure.marks[name].r2));
  let bonds = 45;
  const now = () => anglesOf(stage.state().v, bonds);
  const turn = { unit: "°", min: 0, max: 180, step: 1, digits: 0 };
  const a = slider(right, { ...turn, label: "angle to bonds" }, (value) => stage.change({ v: lineOf(value, now()[1]) }));
  const b = slider(right, { ...turn, label: "left to right" }, (value) => {
    bonds = value;
    stage.change({ v: lineOf(now()[0], value) });
  });
  const row = make(right, "div", { class: "actions" });
  for (const name of names) if (figure.marks[name].v) button(row, `To ${name}'s line`, () => stage.change({ v: figure.marks[name].v }));
  button(row, "Reset", stage.reset);
  stage.values = ({ v }) => ({ r2: covered.along(unit(v)) });
  return ({ v: given }) => {
    const v = unit(given), r2 = covered.along(v), [p, q] = anglesOf(v, bonds), straight = Math.max(figure.best, r2);
    draw(v);
    setBar(0, r2);
    a(p);
    b(q);
    const parts = v.map((value, i) => `${fixed(value, 2)} × ${figure.features[i]}`).join(", ");
    const bent = figure.marks.EDNN && figure.marks.EDNN.r2 > straight + 5e-4
      ? ` No straight line covers more than ${fixed(straight, 3)}; EDNN's curved encoder covers ${fixed(figure.marks.EDNN.r2, 3)}.` : "";
    return `Your line: ${parts}. The molecule is flattened onto it, and the emulator still covers ${fixed(r2, 3)} of the ${figure.name} of ${figure.covered.rows} test molecules.${bent}`;
  };
});
