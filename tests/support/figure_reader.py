"""Reads every value of a figure as people do: with arrow keys from point to point, and with the pointer over each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headless_browser import Browser


NUMBER: Final = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
NAMES: Final = frozenset({"row", "dot", "run", "true", "predicted"})


@dataclass(frozen=True)
class Seen:
    """A tip that was shown.

    Attributes
    ----------
    facts : its `data-...`
    lines : what it says, line by line; `strong` is the number of the line that stands out
    at : where the point is marked, as percentages of the drawing
    spoken : what is said aloud
    """

    facts: Mapping[str, str | float]
    lines: Sequence[str]
    strong: int
    at: tuple[float, float]
    spoken: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Seen:
        """Return what the script below notes of a tip."""
        facts = {name: value if name in NAMES else float(value) for name, value in found["facts"].items()}
        return cls(facts, found["lines"], found["strong"], tuple(found["at"]), found["spoken"])

    @property
    def numbers(self) -> list[str]:
        """The numbers that it shows of its own point, behind names: across, up, and the ends of an interval."""
        across = [] if self.strong == 0 else self.lines[:1]
        shown = [*across, self.lines[self.strong or 1]]
        return [number for one in shown for number in NUMBER.findall(one.rsplit(": ", 1)[-1])]


@dataclass(frozen=True)
class SeenView:
    """What a view shows: series after series, by keys; then the same points by the pointer."""

    name: str
    by_keys: Sequence[Sequence[Seen]]
    pointed: Sequence[Sequence[Seen]]


def read_figure(browser: Browser, figure: str, *, pointed: int = 12) -> list[SeenView]:
    """Return every value of a figure.

    Parameters
    ----------
    pointed : at so many points of a series the pointer is held, evenly spaced, the ends among them
    """
    return [
        SeenView(
            view["name"],
            [[Seen.of(one) for one in series] for series in view["byKeys"]],
            [[Seen.of(one) for one in series] for series in view["pointed"]],
        )
        for view in browser.run(WALK, figure, pointed)
    ]


def choose(browser: Browser, figure: str, name: str, value: str) -> None:
    """Choose an entry of one of a figure's lists."""
    browser.run(CHOOSE, figure, name, value)


def is_shown(number: str, value: float, *, rounding: float = 6e-5) -> bool:
    """Say whether a written number is a value, to its last digit; records of figures have at least five digits."""
    plain = number.replace(",", "")
    mantissa, _, power = plain.partition("e")
    decimals = len(mantissa.partition(".")[2])
    half = 0.5 * 10.0 ** (int(power or 0) - decimals)
    return abs(float(plain) - value) <= half * (1 + 1e-9) + rounding * abs(value)


def points_of(view: SeenView) -> Iterator[Seen]:
    """Yield what was read by keys."""
    for series in view.by_keys:
        yield from series


CHOOSE: Final = """
const [id, name, value] = arguments;
const list = document.querySelector(`#${id} select[data-choice="${name}"]`);
list.value = value;
list.dispatchEvent(new Event('change'));
"""

WALK: Final = """
const [id, most] = arguments;
const figure = document.getElementById(id);
const tip = figure.querySelector('.tip');
const ears = figure.querySelector('[aria-live]');
const isSaid = one => one.nodeType === 3 || one.lang === document.documentElement.lang;
const written = line => [...line.childNodes].filter(isSaid).map(one => one.textContent).join('');
const seen = () => {
  const mark = figure.querySelector('.pointer .shown');
  const lines = [...tip.children];
  return {facts: {...tip.dataset}, lines: lines.map(written), strong: lines.findIndex(one => one.className === 'on'),
    at: [parseFloat(mark.getAttribute('cx')), parseFloat(mark.getAttribute('cy'))], spoken: ears.textContent};
};
const all = one => JSON.stringify([one.facts, one.lines, one.at]);
const same = (one, other) => all(one) === all(other);
const list = figure.querySelector('select[data-choice="view"]');
const choices = list ? [...list.options] : [null];
return choices.map(choice => {
  if (choice) { list.value = choice.value; list.dispatchEvent(new Event('change')); }
  const boxes = [...figure.querySelectorAll('svg.plot')].filter(one => one.getBoundingClientRect().width > 0);
  return boxes.map(svg => {
    const press = key => svg.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    const byKeys = [];
    press('Escape');
    press('Home');
    for (let series = 0; series < 2000; series += 1) {
      const points = [seen()];
      for (let n = 0; n < 5000; n += 1) {
        press('ArrowRight');
        const next = seen();
        if (same(next, points[points.length - 1])) break;
        points.push(next);
      }
      byKeys.push(points);
      press('ArrowDown');
      press('Home');
      if (same(seen(), points[0])) break;
    }
    press('Escape');
    if (!tip.hidden || figure.querySelector('.pointer')) throw new Error('Escape does not clear');
    const area = svg.getBoundingClientRect();
    const point = one => {
      const clientX = area.left + area.width * one.at[0] / 100;
      const clientY = area.top + area.height * one.at[1] / 100;
      svg.dispatchEvent(new PointerEvent('pointermove', {clientX, clientY, bubbles: true}));
      return seen();
    };
    const isSome = (n, count) => n % Math.ceil(count / most) === 0 || n === count - 1;
    const pointed = byKeys.map(points => points.filter((one, n) => isSome(n, points.length)).map(point));
    svg.parentElement.dispatchEvent(new PointerEvent('pointerleave'));
    return {name: choice ? choice.textContent : '', byKeys, pointed};
  });
}).flat();
"""
