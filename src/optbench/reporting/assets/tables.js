// Tables: sorted by a click on a header, filtered, columns hidden. Without a script they are plain tables.

const FEWEST_ROWS = 3;
const FILTERED_FROM = 8;

// The number that a cell begins with, by its text in English or the value beside it; null for other texts.
function valueOf(cell) {
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  const text = (cell.querySelector('[lang="en"]') || cell).textContent.trim();
  const found = /^[^\d-]{0,2}(-?\d[\d,]*(\.\d+)?(e[-+]?\d+)?)/.exec(text);
  return found && !/^[A-Za-z]/.test(text) ? Number(found[1].replace(/,/g, "")) : null;
}

// The text of an element in the page's language; innerText would lay out the whole page anew, once for each header.
function readable(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  return node.lang && node.lang !== root.lang ? "" : [...node.childNodes].map(readable).join("");
}

function sortTable(table, column, isDown) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map(row => ({row, text: readable(row.cells[column]), value: valueOf(row.cells[column])}));
  const sign = isDown ? -1 : 1;
  rows.sort((one, other) => {
    if (one.value === null || other.value === null) {
      if (one.value !== other.value) return one.value === null ? 1 : -1;
      return sign * one.text.localeCompare(other.text, root.lang, {numeric: true});
    }
    return sign * (one.value - other.value);
  });
  body.append(...rows.map(one => one.row));
}

// What a header says stays a text; the button stands behind it, and a click anywhere in the header does the same.
function makeSortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = element("button", {type: "button", class: "sort"});
    const name = () => button.setAttribute("aria-label", `${told(word("sort"))} ${readable(header).trim()}`);
    name();
    document.addEventListener("spoken", name);
    header.append(button);
    header.addEventListener("click", () => {
      const isDown = header.getAttribute("aria-sort") === "ascending";
      for (const one of headers) one.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      sortTable(table, column, isDown);
    });
  });
}

function makeTools(table) {
  const tools = element("div", {class: "tools"});
  const count = element("span", {class: "said-count", "aria-live": "polite"});
  const filter = element("input", {type: "search", "data-filter": "", "aria-label": told(word("filter")), placeholder: told(word("filter"))});
  document.addEventListener("spoken", () => {
    filter.placeholder = told(word("filter"));
    filter.setAttribute("aria-label", told(word("filter")));
  });
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLocaleLowerCase();
      row.hidden = !wanted.every(one => text.includes(one));
      left += row.hidden ? 0 : 1;
    }
    count.textContent = wanted.length ? `${left} / ${table.tBodies[0].rows.length}` : "";
  });
  const details = element("details", {class: "columns"}, element("summary", {}, say(word("columns"))));
  const choice = element("div", {class: "choice"});
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    if (!column) return;
    const button = element("button", {type: "button", "data-column": String(column), "aria-pressed": "true"});
    button.append(...[...header.childNodes].filter(node => node.localName !== "button").map(node => node.cloneNode(true)));
    button.addEventListener("click", () => {
      const isOff = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!isOff));
      for (const row of table.rows) row.cells[column].classList.toggle("off", isOff);
    });
    choice.append(button);
  });
  details.append(choice);
  tools.append(filter, count, details);
  table.closest(".scroll").before(tools);
}

for (const table of document.querySelectorAll("table.grid")) {
  const rows = table.tBodies[0].rows.length;
  if (rows >= FEWEST_ROWS) makeSortable(table);
  if (rows >= FILTERED_FROM) makeTools(table);
}
