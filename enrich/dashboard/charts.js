// Charts as inline SVG: lines over time, bars in pairs, a line in its interval, flows between two columns. They draw; they count nothing.
const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map((step) => step * power).find((edge) => edge >= value);
}

// The empty chart, its scale upwards, and where it lies; `floor` to `ceiling` is what there is room for.
function frame({ width, height, floor = 0, ceiling, axis, title }) {
  const left = 64, right = 14, top = 12, bottom = 28;
  const y = (value) => top + (height - top - bottom) * (1 - (value - floor) / (ceiling - floor));
  const chart = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const value = floor + share * (ceiling - floor);
    chart.append(
      drawn("line", { class: floor && value === 0 ? "axis zero" : "axis", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      drawn("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, axis(value)));
  }
  return { chart, y, left, right, top, bottom };
}

// Two bars per label, the second one in front; `tip(i)` is the text at a pair.
function barChart({ pairs, labels, axis, tip, width, title }) {
  const height = 240, ceiling = niceCeiling(Math.max(...pairs.flat()));
  const { chart, y, left, right, top, bottom } = frame({ width, height, ceiling, axis, title });
  const slot = (width - left - right) / pairs.length, bar = slot * 0.36;
  pairs.forEach((pair, i) => {
    const x = left + i * slot;
    pair.forEach((value, n) => chart.append(drawn("rect", { class: n ? "bar" : "bar old", x: x + slot * 0.12 + n * bar, y: y(value), width: bar, height: y(0) - y(value) })));
    chart.append(drawn("text", { x: x + slot / 2, y: height - 6, "text-anchor": "middle" }, labels[i]));
    const hit = drawn("rect", { class: "hit", x, y: top, width: slot, height: height - top - bottom });
    withTip(hit, () => tip(i));
    chart.append(hit);
  });
  return chart;
}

// A line of differences in the band of its intervals, around zero; `points` have difference, low and high.
function bandChart({ points, labels, axis, tip, width, title }) {
  const height = 240, ceiling = niceCeiling(Math.max(...points.flatMap((point) => [Math.abs(point.low), Math.abs(point.high)])));
  const { chart, y, left, right, top, bottom } = frame({ width, height, floor: -ceiling, ceiling, axis, title });
  const step = (width - left - right) / points.length, x = (i) => left + (i + 0.5) * step;
  const along = (name, list) => list.map(([point, i]) => `${x(i).toFixed(1)} ${y(point[name]).toFixed(1)}`).join("L");
  const placed = points.map((point, i) => [point, i]);
  chart.append(drawn("path", { class: "band", d: `M${along("low", placed)}L${along("high", [...placed].reverse())}Z` }),
    drawn("path", { class: "now", d: `M${along("difference", placed)}` }));
  const every = Math.ceil(points.length / Math.max(2, Math.floor((width - left) / 90)));
  points.forEach((point, i) => {
    if (i % every === 0) chart.append(drawn("text", { x: x(i), y: height - 6, "text-anchor": "middle" }, labels[i]));
    const hit = drawn("rect", { class: "hit", x: x(i) - step / 2, y: top, width: step, height: height - top - bottom });
    withTip(hit, () => tip(i));
    chart.append(drawn("circle", { class: "dot", cx: x(i), cy: y(point.difference), r: 3 }), hit);
  });
  return chart;
}

// One line per list of values; a null is a gap. `labels` are the days under it, `tip(i)` the text at a point.
function lineChart({ now, before, labels, axis, tip, width, title }) {
  const height = 260, ceiling = niceCeiling(Math.max(0, ...now, ...before));
  const { chart, y, left, right, top, bottom } = frame({ width, height, ceiling, axis, title });
  const step = (width - left - right) / Math.max(now.length - 1, 1);
  const x = (i) => (now.length === 1 ? (left + width - right) / 2 : left + i * step);
  const count = Math.max(2, Math.floor((width - left) / 110));
  const every = Math.max(1, Math.ceil(labels.length / count));
  labels.forEach((label, i) => {
    if (i % every || (i && x(i) > width - right - 20 && labels.length > 2)) return;
    const anchor = labels.length === 1 ? "middle" : i === 0 ? "start" : "middle";
    chart.append(drawn("text", { x: x(i), y: height - 6, "text-anchor": anchor }, label));
  });
  for (const [values, kind] of [[before, "was"], [now, "now"]]) {
    chart.append(drawn("path", { class: kind, d: linePath(values, x, y) }));
    values.forEach((value, i) => {
      const alone = value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
      if (alone || (value !== null && values.length <= 36 && kind === "now"))
        chart.append(drawn("circle", { class: kind === "was" ? "dot was" : "dot", cx: x(i), cy: y(value), r: 3 }));
    });
  }
  now.forEach((_, i) => {
    const half = now.length === 1 ? (width - left - right) / 2 : step / 2;
    const hit = drawn("rect", { class: "hit", x: x(i) - half, y: top, width: 2 * half, height: height - top - bottom });
    withTip(hit, () => tip(i));
    chart.append(hit);
  });
  return chart;
}

function linePath(values, x, y) {
  let path = "", pen = false;
  values.forEach((value, i) => {
    if (value === null) { pen = false; return; }
    path += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return path;
}

// Flows from a column of names to another; `flows` are {from, to, weight, kind, tip}.
function flowChart({ flows, order, name, width, title }) {
  const isNarrow = width < 500;
  const gap = 6, least = isNarrow ? 40 : 26, bar = 8, scale = 420 / Math.max(1, flows.reduce((all, flow) => all + flow.weight, 0));
  const margin = Math.min(210, width * 0.3);
  const side = (key) => {
    const heights = new Map();
    for (const flow of flows) heights.set(flow[key], (heights.get(flow[key]) ?? 0) + Math.max(2, flow.weight * scale));
    const names = [...heights.keys()].sort((a, b) => order.indexOf(b) - order.indexOf(a));
    let top = 14;
    return new Map(names.map((one) => {
      const height = heights.get(one), slot = Math.max(height, least);
      const place = { top: top + (slot - height) / 2, used: top + (slot - height) / 2, height };
      top += slot + gap;
      return [one, place];
    }));
  };
  const left = side("from"), right = side("to");
  const bottom = Math.max(...[...left.values(), ...right.values()].map((one) => one.top + Math.max(one.height, least)));
  const chart = drawn("svg", { viewBox: `0 0 ${width} ${bottom + 12}`, role: "img", "aria-label": title });
  const middle = width / 2;
  const inOrder = [...flows].sort((a, b) => order.indexOf(b.to) - order.indexOf(a.to) || order.indexOf(b.from) - order.indexOf(a.from));
  for (const flow of inOrder) {
    const thick = Math.max(2, flow.weight * scale), from = left.get(flow.from), to = right.get(flow.to);
    const y1 = from.used + thick / 2, y2 = to.used + thick / 2;
    from.used += thick; to.used += thick;
    const path = drawn("path", {
      class: `flow ${flow.kind}`, "stroke-width": thick,
      d: `M${margin + bar} ${y1}C${middle} ${y1} ${middle} ${y2} ${width - margin - bar} ${y2}` });
    withTip(path, () => flow.tip);
    chart.append(path);
  }
  for (const [places, x, textX, anchor] of [
    [left, margin, margin - 6, "end"], [right, width - margin - bar, width - margin + 6, "start"]]) {
    for (const [one, place] of places) {
      chart.append(drawn("rect", { class: "node", x, y: place.top, width: bar, height: place.height }));
      const [group, ...rest] = name(one).split(" · "), centre = place.top + place.height / 2;
      const lines = rest.length ? [["", group], ...wrapped(rest.join(" "), margin / 6.6).map((text) => ["ink", text])] : [["ink", group]];
      lines.forEach(([kind, text], i) => chart.append(drawn("text", {
        class: kind, x: textX, y: centre + 4 + (i - (lines.length - 1) / 2) * 13, "text-anchor": anchor }, text)));
    }
  }
  return chart;
}

// The text in lines of at most so many letters, as far as its words allow.
function wrapped(text, letters) {
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + word.length < letters) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

function withTip(node, text) {
  const tip = document.getElementById("tip");
  const show = (event) => {
    tip.textContent = text();
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${Math.max(4, event.clientY - box.height - 12)}px`;
  };
  node.addEventListener("pointermove", show);
  node.addEventListener("pointerdown", show);
  node.addEventListener("pointerleave", () => { tip.hidden = true; });
}
