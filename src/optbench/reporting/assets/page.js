"use strict";
// What every page does: switch the language in place, copy, mark the section that is read, open everything for paper.

const SVG = "http://www.w3.org/2000/svg";
const root = document.documentElement;
root.classList.add("js");
const dataElement = document.getElementById("data");
const pageData = dataElement ? JSON.parse(dataElement.textContent) : {figures: {}, words: {}, marks: {}, looks: {}};

// ---- elements, without any text taken for markup

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

// ---- texts: a string, or one for each language, of which the style sheet hides all but one

function say(text, tag = "span") {
  if (typeof text !== "object") return document.createTextNode(text);
  const all = document.createDocumentFragment();
  for (const [lang, told] of Object.entries(text)) {
    const one = tag === "tspan" ? document.createElementNS(SVG, tag) : document.createElement(tag);
    one.setAttribute("lang", lang);
    one.textContent = told;
    all.append(one);
  }
  return all;
}

const told = text => typeof text === "object" ? (text[root.lang] || Object.values(text)[0]) : text;
const word = code => pageData.words[code] || code;

// A number that is written with the marks of English, in every language.
function number(written) {
  const all = {};
  for (const [lang, mark] of Object.entries(pageData.marks)) all[lang] = marked(written, mark);
  const different = new Set(Object.values(all));
  return different.size === 1 ? [...different][0] : all;
}

function marked(written, mark) {
  const [, sign, whole, rest] = /^([^\d]*)(\d+)(.*)$/.exec(written) || [null, written, "", ""];
  const size = whole.length;
  const joint = size === 4 ? mark.four : mark.thousands;
  const grouped = size > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, joint) : whole;
  return sign + grouped + rest.replace(".", mark.decimal);
}

// Digits that tell two neighbouring points apart, without those that are noise.
function shown(value, factor = 1) {
  if (value === null || value === undefined) return "–";
  const scaled = value * factor;
  const size = Math.abs(scaled);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return number(scaled.toExponential(2).replace("e+", "e"));
  const digits = size >= 1000 ? 0 : Math.max(0, 4 - Math.max(1, Math.floor(Math.log10(size || 1)) + 1));
  return number(String(Number(scaled.toFixed(factor === 1 ? Math.min(digits + 1, 5) : digits))));
}

function setLanguage(lang) {
  root.lang = lang;
  for (const one of document.querySelectorAll("[data-say]")) {
    const text = one.getAttribute(`data-${lang}`);
    if (text === null) continue;
    if (one.localName === "title") document.title = text;
    else one.setAttribute(one.dataset.say, text);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === lang));
  }
  document.dispatchEvent(new CustomEvent("spoken"));
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.language));
}

// ---- copy; where the browser gives no clipboard to a file, what is to be copied is marked

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const before = [...button.childNodes];
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.replaceChildren(say(word("copied")));
    setTimeout(() => button.replaceChildren(...before), 2000);
  } catch (refused) {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    source.focus();
  }
}

for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));

// ---- the menu says which section is read

const links = new Map();
for (const link of document.querySelectorAll("nav.menu a")) links.set(link.hash.slice(1), link);
if (links.size && "IntersectionObserver" in window) {
  const seen = new Set();
  const observer = new IntersectionObserver(entries => {
    for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
    let current = null;
    for (const [id, link] of links) {
      link.removeAttribute("aria-current");
      if (current === null && seen.has(id)) current = link;
    }
    if (current) current.setAttribute("aria-current", "true");
  }, {rootMargin: "-15% 0px -60% 0px"});
  for (const id of links.keys()) {
    const target = document.getElementById(id);
    if (target) observer.observe(target);
  }
}

// ---- paper has everything open, as far as it is no table that a script made

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open]):not(.values)")];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});
