// The latent plane of two components and its axes.

export default explorer(["turn"], (stage) => {
  const { root, figure } = stage, covered = covering(figure.covered), curve = floats(figure.curve);
  stage.checks = [covered.check];
  root.dataset.method = "NNCA";
  const total = covered.score(() => {}), step = 180 / (curve.length - 1), span = 1.1 * figure.range;
  const best = curve.indexOf(Math.max(...curve)) * step, axis = (turn) => [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const top = make(root, "div", { class: "two" }), left = make(top, "div"), right = make(top, "div");

  const plane = panel(left, { width: 360, height: 330, x: [-1.12 * span, 1.12 * span], y: [-span, span], left: 46, ticks: 5, yTicks: 5,
    xLabel: "t₁ as trained", yLabel: "t₂ as trained", label: "Test molecules in the latent plane, and the turned axes" });
  const points = [];
  for (let i = 0; i < covered.X.length; i += 2) points.push([plane.x(covered.X[i]), plane.y(covered.X[i + 1])]);
  make(plane.svg, "path", { class: "cloud", d: dots(points) });
  const second = make(plane.svg, "path", { class: "second" }), first = make(plane.svg, "path", { class: "first" });
  const knob = make(plane.svg, "g");
  let side = 1;
  make(knob, "circle", { r: 24, class: "reach" });
  make(knob, "circle", { r: 11, class: "hydrogen" });
  make(knob, "text", { y: 4.5, "text-anchor": "middle" }, "1");
  draggable(plane.svg, knob, ([x, y]) => {
    const angle = (Math.atan2(plane.y(0) - y, x - plane.x(0)) * 180) / Math.PI;
    side = angle < 0 ? -1 : 1; // an axis turned by 180 degrees is the same one: the knob is at the end that is dragged
    stage.change({ turn: angle < 0 ? angle + 180 : angle });
  });

  const scores = panel(right, { width: 400, height: 300, x: [0, 180], y: [Math.min(0, ...curve), 1.02], left: 46, ticks: [0, 45, 90, 135, 180], yTicks: 5,
    xLabel: "turn (degree)", yLabel: "covered variance R²", label: "Covered variance against the turn" });
  const xs = Float64Array.from(curve, (_, i) => scores.x(i * step));
  make(scores.svg, "path", { class: "ghost", d: `M${scores.left} ${scores.y(total)}H${scores.right}` });
  make(scores.svg, "text", { x: scores.right, y: scores.y(total) + 16, "text-anchor": "end" }, "both components");
  make(scores.svg, "path", { class: "curve", d: line(xs, curve.map(scores.y)) });
  const spot = make(scores.svg, "circle", { r: 7, class: "dot" });
  const turned = slider(right, { label: "turn", unit: "°", min: 0, max: 180, step: 1, digits: 0 }, (value) => stage.change({ turn: value }));
  const row = make(right, "div", { class: "actions" });
  button(row, "Best first component", () => stage.change({ turn: best }));
  button(row, "Reset", () => {
    side = 1;
    stage.reset();
  });

  stage.values = ({ turn }) => ({ first: covered.along(axis(turn)), total });
  return ({ turn }) => {
    const u = axis(turn), alone = covered.along(u), end = 0.97 * span;
    const across = ([a, b]) => `M${plane.x(-end * a)} ${plane.y(-end * b)}L${plane.x(end * a)} ${plane.y(end * b)}`;
    set(first, { d: across(u) });
    set(second, { d: across([-u[1], u[0]]) });
    set(knob, { transform: `translate(${plane.x(side * end * u[0])} ${plane.y(side * end * u[1])})` });
    set(spot, { cx: scores.x(turn), cy: scores.y(alone) });
    turned(turn);
    const order = turn === best ? " This is the best first component that the plane has." : ` At ${fixed(best, 0)}° it would cover ${fixed(Math.max(...curve), 3)}.`;
    return `Turned by ${fixed(turn, 0)}°: both components cover ${fixed(total, 3)} of the ${figure.name}, as at any angle. The first alone covers ${fixed(alone, 3)}.${order}`;
  };
});
