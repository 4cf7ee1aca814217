// Small helpers to build elements without markup in strings (nothing for a CSP to forbid).

const kSvg = 'http://www.w3.org/2000/svg';

/**
 * An element with properties, attributes (names with "-" or "role") and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [settings] @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, settings = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(settings)) {
    if (key.includes('-') || key === 'role' || key === 'part') element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** @param {string} tag @param {Record<string, string|number>} attributes @param {...Node} children */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(kSvg, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

// Outlines on a 24 × 24 grid.
const kIcons = {
  play: ['M7 4.5v15l12.5-7.5z'],
  stop: ['M6 6h12v12H6z'],
  sound: ['M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z', 'M15.5 9a4.2 4.2 0 0 1 0 6', 'M18 6.5a7.8 7.8 0 0 1 0 11'],
  muted: ['M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z', 'M16 9.5l5 5', 'M21 9.5l-5 5'],
  captions: ['M3.5 5h17v14h-17z', 'M10.8 10.4a2 2 0 1 0 0 3.2', 'M17 10.4a2 2 0 1 0 0 3.2'],
  statistics: ['M4 20h16', 'M6.5 16v-4', 'M12 16V5', 'M17.5 16V9'],
  pip: ['M3.5 5h17v14h-17z', 'M12 12h6v4.5h-6z'],
  fullscreen: ['M4 9V4h5', 'M15 4h5v5', 'M20 15v5h-5', 'M9 20H4v-5'],
  window: ['M9 4v5H4', 'M20 9h-5V4', 'M15 20v-5h5', 'M4 15h5v5'],
  help: ['M8.8 9.2a3.3 3.3 0 1 1 4.9 2.9c-1.1.6-1.7 1.2-1.7 2.4', 'M12 18.2v.1'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  wave: ['M4 10v4', 'M8 7v10', 'M12 4v16', 'M16 7v10', 'M20 10v4'],
};

/** @param {keyof typeof kIcons} name */
export function icon(name) {
  const paths = kIcons[name].map((d) => svg('path', { d }));
  return svg('svg', { 'viewBox': '0 0 24 24', 'class': `icon ${name}`, 'aria-hidden': 'true' }, ...paths);
}

/** Writes only what changed: a live region speaks at each write. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The platform's reader of the wish for less movement. */
export const reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
