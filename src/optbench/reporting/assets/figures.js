// Figures: values by mouse, finger and arrow keys; rows on and off; other axes; the data as a table; files.

const UNITS = 1000;
const hiddenRows = new Set();

function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const share = value => `${(100 * value).toFixed(2)}%`;
const lookOf = row => {
  const look = pageData.looks[row];
  return look ? `c${look[0]} d${look[1]}` : "grey";
};

// ---- scales: the same as those of the drawings

function place(axis, value) {
  if (!axis.log) return (value - axis.low) / (axis.high - axis.low);
  return value > 0 ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : -1;
}

function ticks(axis) {
  const low = Math.min(axis.low, axis.high) * axis.factor;
  const high = Math.max(axis.low, axis.high) * axis.factor;
  if (axis.log) {
    const first = Math.floor(Math.log10(low));
    const last = Math.ceil(Math.log10(high));
    const parts = last - first <= 2 ? [1, 2, 5] : [1];
    const every = Math.max(1, Math.ceil((last - first) / 6));
    const found = [];
    for (let power = first; power <= last; power += every) {
      for (const part of parts) found.push(part * 10 ** power);
    }
    return found.filter(value => value >= low * 0.999999 && value <= high * 1.000001).map(value => [value, significant(value)]);
  }
  const raw = (high - low) / 6;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(one => one * size).find(one => one >= raw * 0.999999);
  let digits = 0;
  while (digits < 9 && Math.abs(Number(step.toFixed(digits)) - step) > 1e-3 * step) digits += 1;
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n <= Math.floor(high / step + 1e-9); n += 1) {
    found.push([step * n, (step * n + 0).toFixed(digits)]);
  }
  return found.length < 2 ? found.map(([value]) => [value, significant(value)]) : found;
}

// A number with up to six digits; far from 1 as a power of ten.
function significant(value) {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-4 && size < 1e6) ? String(Number(value.toPrecision(6))) : value.toExponential(0).replace("e+", "e");
}

// ---- one figure

class Chart {
  constructor(figure, record) {
    this.figure = figure;
    this.record = record;
    this.view = 0;
    this.choice = {scale: null, x: "epochs", spread: "band"};
    this.at = null;
    this.tip = element("div", {class: "tip", hidden: ""});
    this.ears = element("p", {class: "for-ears", "aria-live": "polite"});
    this.views = figure.querySelector(".views");
    this.views.append(this.tip);
    this.tools = element("div", {class: "tools"});
    this.views.before(this.tools);
    this.views.after(this.ears);
    for (const view of record.views || []) for (const line of view.lines) line.x = line.x || view.across;
    if (record.kind === "lines") this.makeChoices();
    this.figure.append(this.makeValues());
    this.boxes = [...this.views.querySelectorAll(".view-box")];
    this.boxes.forEach((box, n) => this.listen(box.querySelector("svg.plot"), n));
    this.showView(0);
  }

  // -- what can be chosen

  makeChoices() {
    const views = this.record.views;
    const select = (name, options) => {
      const control = element("select", {"data-choice": name, "aria-label": told(word(name))});
      for (const [value, text] of options) {
        const option = element("option", {value});
        option.append(told(text));
        control.append(option);
      }
      document.addEventListener("spoken", () => {
        control.setAttribute("aria-label", told(word(name)));
        options.forEach(([, text], n) => { control.options[n].textContent = told(text); });
      });
      control.addEventListener("change", () => this.choose(name, control.value));
      this.tools.append(control);
    };
    if (views.length > 1) select("view", views.map((view, n) => [String(n), view.name]));
    if (views.some(view => view.x.switch || view.y.switch)) {
      select("scale", [["", word("as-drawn")], ["linear", word("linear")], ["log", word("logarithmic")]]);
    }
    const units = ["steps", "seconds"].filter(unit => views.every(view => view.lines.every(line => line.per && unit in line.per)));
    if (units.length) select("x", ["epochs", ...units].map(unit => [unit, word(unit)]));
    if (views.some(view => view.lines.some(line => line.runs))) {
      select("spread", [["band", word("bands")], ["runs", word("single-runs")]]);
    }
  }

  choose(name, value) {
    if (name === "view") this.showView(Number(value));
    else {
      this.choice[name] = value || null;
      this.record.views.forEach((view, n) => this.draw(n));
    }
    this.clear();
  }

  showView(n) {
    this.view = n;
    if (this.record.kind === "lines") this.boxes.forEach((box, m) => box.classList.toggle("on", m === n));
  }

  // -- drawing again: what the page came with, on the axes that were chosen

  axes(n) {
    const view = this.record.views[n];
    const lines = view.lines.map(line => ({...line, x: this.across(line)}));
    const x = {...view.x};
    if (this.choice.x !== "epochs") {
      x.title = word(this.choice.x);
      x.high = Math.max(...lines.flatMap(line => line.x)) || 1;
    }
    return {x: this.scaled(x, lines.flatMap(line => line.x)), y: this.scaled({...view.y}, valuesOf(lines)), lines};
  }

  across(line) {
    const unit = this.choice.x;
    return unit === "epochs" || !line.per ? line.x : line.x.map(epoch => epoch * line.per[unit]);
  }

  scaled(axis, values) {
    const wanted = this.choice.scale;
    if (!axis.switch || !wanted || (wanted === "log") === axis.log) return axis;
    const known = values.filter(value => Number.isFinite(value) && (wanted !== "log" || value > 0));
    const low = Math.min(...known);
    const high = Math.max(...known);
    if (wanted === "log") {
      const room = high > low ? (high / low) ** 0.04 : 2;
      return {...axis, log: true, low: low / room, high: high * room};
    }
    const room = 0.04 * ((high - low) || 1);
    return {...axis, log: false, low: low - room, high: high + room};
  }

  draw(n) {
    const svg = this.boxes[n].querySelector("svg.plot");
    const view = this.record.views[n];
    const {x, y, lines} = this.axes(n);
    const parts = [...axisMarks(x, "x"), ...axisMarks(y, "y")];
    if (view.diagonal) parts.push(shape("line", {class: "diagonal", x1: 0, y1: "100%", x2: "100%", y2: 0}));
    const marks = shape("svg", {class: "marks", viewBox: `0 0 ${UNITS} ${UNITS}`, preserveAspectRatio: "none", width: "100%", height: "100%"});
    for (const line of lines) marks.append(this.lineMarks(line, x, y));
    parts.push(marks);
    for (const line of lines.filter(one => one.marks || one.scatter)) parts.push(pointMarks(line, x, y));
    svg.replaceChildren(...parts);
    svg.nextElementSibling.replaceChildren(say(x.title));
    hideRows(svg);
  }

  lineMarks(line, x, y) {
    const group = shape("g", {"data-row": line.row, class: lookOf(line.row)});
    if (this.choice.spread === "runs" && line.runs) {
      for (const run of Object.values(line.runs)) group.append(shape("path", {class: "single", d: path(line.x, run, x, y)}));
      return group;
    }
    if (line.low && line.scatter) {
      line.x.forEach((one, n) => group.append(shape("path", {class: "line", d: path([one, one], [line.low[n], line.high[n]], x, y)})));
    } else if (line.low) {
      const back = path([...line.x].reverse(), [...line.low].reverse(), x, y).replace(/M/g, "L");
      group.append(shape("path", {class: "band", d: `${path(line.x, line.high, x, y)}${back}z`}));
    }
    if (!line.scatter) group.append(shape("path", {class: line.dashed ? "line dashed" : "line", d: path(line.x, line.y, x, y)}));
    return group;
  }

  // -- values

  listen(svg, n) {
    if (!svg) return;
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("role", "application");
    const move = event => {
      const box = svg.getBoundingClientRect();
      this.nearest(n, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    };
    svg.parentElement.addEventListener("pointermove", move);
    svg.parentElement.addEventListener("pointerdown", move);
    svg.parentElement.addEventListener("pointerleave", () => this.clear());
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) this.step(n, 0, 0); });
    svg.addEventListener("blur", () => this.clear());
    svg.addEventListener("keydown", event => {
      const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
      if (event.key === "Escape") this.clear();
      else if (event.key === "Home") this.step(n, -1e9, 0);
      else if (event.key === "End") this.step(n, 1e9, 0);
      else if (event.key in steps) this.step(n, ...steps[event.key]);
      else return;
      event.preventDefault();
    });
  }

  // What can be pointed at: per series its points, each with its place in the box.
  series(n) {
    const kind = this.record.kind;
    if (kind === "lines") {
      const {x, y, lines} = this.axes(n);
      return lines.filter(line => !hiddenRows.has(line.row)).flatMap(line => this.curves(line)).map(line => ({
        row: line.row, run: line.run, name: line.name || line.row, x, y,
        points: line.x.map((value, m) => ({
          x: value, y: line.y[m], low: line.low && line.low[m], high: line.high && line.high[m],
          at: [place(x, value), 1 - place(y, line.y[m])],
        })).filter(point => Number.isFinite(point.y) && point.at[1] > -0.05 && point.at[1] < 1.05),
      })).filter(one => one.points.length);
    }
    if (kind === "rows") {
      const {x, marks} = this.record;
      return marks.map((mark, m) => ({mark, m})).filter(({mark}) => !mark.rows.some(row => hiddenRows.has(row)) && (mark.mean !== null || mark.dots.length))
        .map(({mark, m}) => {
          const [height, above] = [(m + 0.74) / marks.length, (m + 0.56) / marks.length];
          const mean = mark.mean === null ? [] : [{x: mark.mean, low: mark.low, high: mark.high, at: [place(x, mark.mean), height]}];
          const dots = mark.dots.map(([dot, value]) => ({x: value, dot, at: [place(x, value), above]}));
          return {row: mark.row, name: mark.name, x, points: [...mean, ...dots]};
        });
    }
    const {panels, classes} = this.record;
    const panel = panels[n];
    return panel.counts.map((counts, row) => ({
      row: panel.row, name: panel.name, x: null,
      points: counts.map((count, column) => ({
        count, share: count / (counts.reduce((sum, one) => sum + Math.abs(one), 0) || 1),
        pair: [classes[row], classes[column]], at: [(column + 0.5) / classes.length, (row + 0.5) / classes.length],
      })),
    }));
  }

  // What is drawn of a line: itself, or each of its runs.
  curves(line) {
    if (this.choice.spread !== "runs" || !line.runs) return [line];
    return Object.entries(line.runs).map(([run, y]) => ({row: line.row, name: line.name, run, x: line.x, y}));
  }

  nearest(n, across, down) {
    const all = this.series(n);
    const box = this.boxes[n].querySelector("svg.plot").getBoundingClientRect();
    let best = null;
    all.forEach((one, m) => one.points.forEach((point, k) => {
      const far = Math.hypot((point.at[0] - across) * box.width, (point.at[1] - down) * box.height);
      if (best === null || far < best.far) best = {far, m, k};
    }));
    if (best) this.show(n, all, best.m, best.k);
  }

  step(n, along, over) {
    const all = this.series(n);
    if (!all.length) return;
    const at = this.at && this.at.n === n ? this.at : {m: 0, k: 0};
    const m = Math.min(Math.max(at.m + over, 0), all.length - 1);
    let k = Math.min(Math.max(at.k + along, 0), all[m].points.length - 1);
    if (over && this.record.kind === "rows") k = 0;
    this.show(n, all, m, k, true);
  }

  show(n, all, m, k, isByKey = false) {
    const one = all[m];
    const point = one.points[k];
    this.at = {n, m, k};
    const svg = this.boxes[n].querySelector("svg.plot");
    for (const old of this.figure.querySelectorAll(".pointer")) old.remove();
    const pointer = shape("g", {class: "pointer"});
    if (this.record.kind === "lines") pointer.append(shape("line", {class: "cross", x1: share(point.at[0]), x2: share(point.at[0]), y1: 0, y2: "100%"}));
    pointer.append(shape("circle", {class: "shown", cx: share(point.at[0]), cy: share(point.at[1]), r: 7}));
    svg.append(pointer);
    this.fillTip(all, one, point);
    this.placeTip(svg, point.at);
    if (isByKey) this.ears.textContent = this.tip.innerText.replace(/\s+/g, " ");
  }

  fillTip(all, one, point) {
    const lines = [];
    const line = (text, isOn = false) => {
      const made = element("p", isOn ? {class: "on"} : {});
      for (const part of text) made.append(say(part));
      lines.push(made);
    };
    const kind = this.record.kind;
    const range = (axis, low, high) => low === null || low === undefined ? [] : [" (", shown(low, axis.factor), " – ", shown(high, axis.factor), ")"];
    const facts = {"data-row": one.row};
    if (kind === "cells") {
      line([point.pair[0], " → ", point.pair[1]], true);
      line([shown(point.count), "  (", shown(point.share, 100), " %)"]);
      Object.assign(facts, {"data-value": point.count, "data-true": point.pair[0], "data-predicted": point.pair[1]});
    } else if (kind === "rows") {
      line([one.name], true);
      line([...(point.dot === undefined ? [word("mean")] : [this.record.dots, " ", point.dot]), ": ", shown(point.x, one.x.factor), ...range(one.x, point.low, point.high)]);
      Object.assign(facts, {"data-x": point.x});
      if (point.dot !== undefined) facts["data-dot"] = point.dot;
    } else {
      line([one.x.title, ": ", shown(point.x, one.x.factor)]);
      const named = series => series.run === undefined ? [series.name] : [series.name, ", ", word("seed"), " ", series.run];
      line([...named(one), ": ", shown(point.y, one.y.factor), ...range(one.y, point.low, point.high)], true);
      for (const other of all) {
        const same = other === one ? null : other.points.find(that => that.x === point.x);
        if (same && lines.length < 9) line([...named(other), ": ", shown(same.y, other.y.factor)]);
      }
      if (one.run !== undefined) facts["data-run"] = one.run;
      Object.assign(facts, {"data-x": point.x, "data-y": point.y});
    }
    if (point.low !== null && point.low !== undefined) Object.assign(facts, {"data-low": point.low, "data-high": point.high});
    for (const name of [...this.tip.attributes].map(attribute => attribute.name).filter(name => name.startsWith("data-"))) this.tip.removeAttribute(name);
    for (const [name, value] of Object.entries(facts)) this.tip.setAttribute(name, String(value));
    this.tip.replaceChildren(...lines);
  }

  placeTip(svg, at) {
    this.tip.hidden = false;
    const outer = this.views.getBoundingClientRect();
    const box = svg.getBoundingClientRect();
    const x = box.left - outer.left + at[0] * box.width;
    const y = box.top - outer.top + at[1] * box.height;
    const left = x + 14 + this.tip.offsetWidth <= outer.width ? x + 14 : Math.max(0, x - 14 - this.tip.offsetWidth);
    this.tip.style.left = `${Math.min(left, Math.max(0, outer.width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${Math.max(0, y - this.tip.offsetHeight - 10)}px`;
  }

  clear() {
    this.at = null;
    this.tip.hidden = true;
    for (const old of this.figure.querySelectorAll(".pointer")) old.remove();
  }

  // -- the data as a table and as files

  makeValues() {
    const details = element("details", {class: "values"});
    const body = element("div", {class: "scroll tall", tabindex: "0"});
    const save = element("p", {class: "tools"});
    for (const kind of ["svg", "png", "csv"]) {
      const button = element("button", {type: "button", "data-save": kind});
      button.append(say(word(`save-${kind}`)));
      button.addEventListener("click", () => this.save(kind));
      save.append(button);
    }
    const summary = element("summary");
    summary.append(say(word("data")));
    details.append(summary, save, body);
    details.addEventListener("toggle", () => {
      if (details.open && !body.firstChild) body.append(...this.tables().map(one => this.valuesTable(one)));
    });
    return details;
  }

  valuesTable({name, heads, rows}) {
    const table = element("table");
    const caption = element("caption", name ? {} : {class: "for-ears"});
    caption.append(say(name || this.record.title));
    const filled = heads.map((head, n) => rows.some(row => row[n] !== null && row[n] !== undefined && row[n] !== ""));
    const kept = cells => cells.filter((cell, n) => filled[n]);
    const isNumber = kept(heads.map((head, n) => rows.some(row => typeof row[n] === "number")));
    const head = element("tr", {}, ...kept(heads).map((text, n) => element("th", {scope: "col", class: isNumber[n] ? "number" : ""}, say(text))));
    const body = rows.map(row => element("tr", {}, ...kept(row).map((value, n) => valueCell(value, n === 0))));
    table.append(caption, element("thead", {}, head), element("tbody", {}, ...body));
    return table;
  }

  // What people read of the values: a table for each view, or one; heads are words of the page and titles of axes, in whose units the numbers are.
  tables() {
    const {kind, x, marks, dots, panels, classes, views} = this.record;
    const ends = [word("low"), word("high")];
    if (kind === "rows") {
      const means = marks.map(mark => [mark.name, word("mean"), ...[mark.mean, mark.low, mark.high].map(value => inUnits(value, x))]);
      const single = marks.flatMap(mark => mark.dots.map(([dot, value]) => [mark.name, dots ? [dots, " ", dot] : dot, inUnits(value, x), null, null]));
      return [{heads: [word("series"), word("what"), x.title, ...ends], rows: [...means, ...single]}];
    }
    if (kind === "cells") {
      const rows = panels.flatMap(panel => panel.counts.flatMap((counts, row) =>
        counts.map((count, column) => [panel.name, classes[row], classes[column], count])));
      return [{heads: ["series", "true", "predicted", "count"].map(word), rows}];
    }
    return views.map(({name, x: across, y, lines}) => ({
      name,
      heads: [word("series"), across.title, y.title, ...ends],
      rows: lines.flatMap(line => line.x.map((value, n) => [line.name || line.row, inUnits(value, across),
        ...[line.y[n], line.low && line.low[n], line.high && line.high[n]].map(one => inUnits(one, y))])),
    }));
  }

  // What stands above a drawing in a file: the title, what is shown, the rows that are seen with their colours.
  names(n) {
    const view = (this.record.views || this.record.panels || [])[n] || {};
    const seen = [...this.figure.querySelectorAll(".legend input:checked")].map(box => [
      box.dataset.row, getComputedStyle(box.parentElement.querySelector("line")).stroke]);
    const below = this.boxes[n].querySelector(".across");
    return {title: told(this.record.title), what: told((view.y && view.y.title) || view.name || ""), below: below ? below.innerText : "", seen};
  }

  // Rows of values at full precision, names first, for programs: in no language, and in the units of the records.
  values() {
    const record = this.record;
    if (record.kind === "rows") {
      const rows = record.marks.map(mark => [told(mark.name), "mean", mark.mean, mark.low, mark.high]);
      const dots = record.marks.flatMap(mark => mark.dots.map(([dot, value]) => [told(mark.name), dot, value, null, null]));
      return [["row", "of", "value", "low", "high"], ...rows, ...dots];
    }
    if (record.kind === "cells") {
      const cells = record.panels.flatMap(panel => panel.counts.flatMap((counts, row) =>
        counts.map((count, column) => [told(panel.name), record.classes[row], record.classes[column], count])));
      return [["row", "true", "predicted", "count"], ...cells];
    }
    const rows = record.views.flatMap(view => view.lines.flatMap(line => line.x.map((value, n) =>
      [told(line.name || line.row), told(view.name), value, line.y[n], line.low ? line.low[n] : null, line.high ? line.high[n] : null])));
    return [["row", "view", "x", "y", "low", "high"], ...rows];
  }

  save(kind) {
    const name = `${this.figure.id}.${kind}`;
    if (kind === "csv") return download(name, new Blob([csv(this.values())], {type: "text/csv"}));
    const shown = this.record.kind === "cells" ? this.boxes.map((box, n) => n).filter(n => this.boxes[n].offsetParent) : [this.view];
    const drawn = beside(shown.map(n => standalone(this.boxes[n].querySelector("svg.plot"), this.names(n))));
    const source = new XMLSerializer().serializeToString(drawn);
    const blob = new Blob([source], {type: "image/svg+xml"});
    if (kind === "svg") return download(name, blob);
    return raster(drawn, blob).then(picture => download(name, picture));
  }
}

// A value as the axis counts it, without the last digits that only the multiplication made.
function inUnits(value, axis) {
  return Number.isFinite(value) ? Number((value * axis.factor).toPrecision(12)) : null;
}

function valueCell(value, isName) {
  const isNumber = typeof value === "number";
  const cell = element(isName ? "th" : "td", isName ? {scope: "row"} : {class: isNumber ? "number" : ""});
  for (const part of Array.isArray(value) ? value : [value ?? ""]) cell.append(say(isNumber ? number(String(part)) : part));
  return cell;
}

// ---- pieces of drawings

const valuesOf = lines => lines.flatMap(line => [...line.y, ...(line.low || []), ...(line.high || [])]);

function path(xs, ys, x, y) {
  let isOpen = false;
  let steps = "";
  xs.forEach((one, n) => {
    const other = ys[n];
    if (!Number.isFinite(one) || !Number.isFinite(other)) { isOpen = false; return; }
    const keep = value => Math.min(Math.max(value, -1), 2);
    steps += `${isOpen ? "L" : "M"}${Math.round(UNITS * keep(place(x, one)))} ${Math.round(UNITS * (1 - keep(place(y, other))))}`;
    isOpen = true;
  });
  return steps;
}

function axisMarks(axis, which) {
  const found = [];
  for (const [value, written] of ticks(axis)) {
    const at = place(axis, value / axis.factor);
    const where = share(which === "x" ? at : 1 - at);
    const line = which === "x" ? {x1: where, x2: where, y1: 0, y2: "100%"} : {x1: 0, x2: "100%", y1: where, y2: where};
    const text = which === "x" ? {x: where, y: "100%", dy: 18, "text-anchor": "middle"} : {x: -8, y: where, dy: 4, "text-anchor": "end"};
    found.push(shape("line", {class: "grid", ...line}), shape("text", {class: "tick", ...text}, say(number(written), "tspan")));
  }
  return found;
}

function pointMarks(line, x, y) {
  const group = shape("g", {"data-row": line.row, class: lookOf(line.row)});
  line.x.forEach((one, n) => {
    const up = Number.isFinite(line.y[n]) ? place(y, line.y[n]) : -1;
    if (up < 0 || up > 1) return;
    const isBest = n === line.best;
    group.append(pointMark(line.row, share(place(x, one)), share(1 - up), isBest ? 6 : 3, isBest ? {class: "best"} : {}));
  });
  return group;
}

// A point in the shape of its row; a shape other than a circle stands in a drawing of its own, which can be at a percentage.
function pointMark(row, x, y, size, attributes) {
  const look = pageData.looks[row];
  const outline = [null, [[-1, -1], [1, -1], [1, 1], [-1, 1]], [[0, -1.3], [1.2, 1], [-1.2, 1]], [[0, -1.5], [1.3, 0], [0, 1.5], [-1.3, 0]]][look ? look[1] : 0];
  if (!outline) return shape("circle", {...attributes, cx: x, cy: y, r: size});
  const d = `M${outline.map(([across, down]) => `${across * size} ${down * size}`).join("L")}z`;
  return shape("svg", {class: "at", x, y}, shape("path", {...attributes, d}));
}

// ---- rows on and off

function hideRows(within) {
  for (const one of within.querySelectorAll("[data-row], [data-about]")) {
    const rows = one.dataset.about ? one.dataset.about.split(" ").map(row => row.replace(/\u00a0/g, " ")) : [one.dataset.row];
    one.classList.toggle("off", rows.some(row => hiddenRows.has(row)));
  }
}

function switchRow(row, isOn) {
  hiddenRows[isOn ? "delete" : "add"](row);
  for (const box of document.querySelectorAll("input[data-row]")) {
    if (box.dataset.row === row) box.checked = isOn;
  }
  for (const views of document.querySelectorAll("figure .views")) hideRows(views);
}

for (const item of document.querySelectorAll(".legend li[data-row]")) {
  const box = element("input", {type: "checkbox", "data-row": item.dataset.row, autocomplete: "off"});
  box.checked = true;
  box.addEventListener("change", () => switchRow(item.dataset.row, box.checked));
  item.replaceChildren(element("label", {}, box, ...item.firstElementChild.childNodes));
}

// ---- files

function csv(rows) {
  const cell = value => {
    if (typeof value === "number" || value === null || value === undefined) return value ?? "";
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return `${rows.map(row => row.map(cell).join(",")).join("\n")}\n`;
}

function download(name, blob) {
  const link = element("a", {href: URL.createObjectURL(blob), download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A drawing that needs no style sheet: what is computed becomes attributes, one language, and room for what overflows.
function standalone(svg, {title, what, below, seen}) {
  const {width, height} = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true);
  const styled = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "vector-effect", "paint-order", "overflow"];
  const originals = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((one, n) => {
    const style = getComputedStyle(originals[n]);
    if (style.display === "none") one.setAttribute("data-gone", "");
    else for (const name of styled) one.setAttribute(name, style.getPropertyValue(name));
  });
  for (const gone of copy.querySelectorAll("[data-gone], .pointer")) gone.remove();
  const [left, top, right, bottom] = [80, 75, 30, 60];
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("x", left);
  copy.setAttribute("y", top);
  copy.setAttribute("overflow", "visible");
  for (const name of ["role", "tabindex", "aria-labelledby"]) copy.removeAttribute(name);
  const paper = getComputedStyle(document.body);
  const whole = shape("svg", {xmlns: SVG, width: width + left + right, height: height + top + bottom});
  const line = (y, size, ...parts) => shape("text", {x: y > top ? left : 12, y, "font-family": paper.fontFamily, "font-size": size, fill: paper.color}, ...parts);
  const rows = seen.map(([row, fill]) => shape("tspan", {fill, "font-weight": 600}, `${row}\u2003`));
  whole.append(shape("rect", {width: "100%", height: "100%", fill: paper.backgroundColor}));
  whole.append(line(22, 14, title), line(42, 12, ...rows), line(60, 12, what), line(top + height + 42, 12, below), copy);
  return whole;
}

// Drawings side by side in one.
function beside(drawings) {
  if (drawings.length === 1) return drawings[0];
  const whole = shape("svg", {xmlns: SVG, height: Math.max(...drawings.map(one => Number(one.getAttribute("height"))))});
  let across = 0;
  for (const one of drawings) {
    one.setAttribute("x", across);
    across += Number(one.getAttribute("width"));
    whole.append(one);
  }
  whole.setAttribute("width", across);
  return whole;
}

function raster(drawn, blob) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const canvas = document.createElement("canvas");
    image.onload = () => {
      canvas.width = 2 * image.width;
      canvas.height = 2 * image.height;
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.drawImage(image, 0, 0);
      URL.revokeObjectURL(image.src);
      canvas.toBlob(resolve, "image/png");
    };
    image.onerror = reject;
    image.src = URL.createObjectURL(blob);
  });
}

for (const figure of document.querySelectorAll("figure.chart")) {
  const record = pageData.figures[figure.id];
  if (record) new Chart(figure, record);
}
