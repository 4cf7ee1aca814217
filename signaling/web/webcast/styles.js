// The player's look. A constructed style sheet: no style element that a CSP would have to allow.

const kText = /* css */ `
:host {
  --webcast-accent: #6cb8ff;
  --panel: rgb(20 23 28 / .88);
  --panel-text: #eef1f4;
  --panel-faint: #a7b0bb;
  --panel-line: rgb(255 255 255 / .12);
  display: block; position: relative; container-type: inline-size; overflow: hidden;
  width: 100%; aspect-ratio: 16 / 9; background: #08090b; color: #f4f6f8;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  -webkit-tap-highlight-color: transparent; user-select: none; -webkit-user-select: none;
}
:host([hidden]) { display: none; }
:host(:fullscreen) { border-radius: 0 !important; }
[hidden] { display: none !important; }
*, *::before { box-sizing: border-box; }
p, dl, dd, h2, figure { margin: 0; }
@media (prefers-color-scheme: light) {
  :host {
    --panel: rgb(255 255 255 / .93); --panel-text: #15191e; --panel-faint: #56606b;
    --panel-line: rgb(0 0 0 / .12);
  }
  .panel { --webcast-accent: #0b66c3; }
}

.root, .stage, .view { position: absolute; inset: 0; }
.view { display: flex; background: #08090b; }
.view.waiting { visibility: hidden; z-index: -1; }
video { display: block; width: 100%; height: 100%; object-fit: contain; background: transparent; }
.view > video { flex: 1; min-width: 0; }
.tiles { display: flex; flex-direction: column; justify-content: center; gap: 8px; width: 22%; padding: 8px; }
.tile { aspect-ratio: 16 / 9; padding: 0; border: 0; border-radius: 8px; overflow: hidden; background: #14181d; cursor: pointer; }
.sound-only { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 20px; color: #a7b0bb; }
.disc { position: relative; display: grid; place-items: center; width: 96px; height: 96px; border-radius: 50%; background: #1b2027; color: var(--webcast-accent); }
.disc .icon { width: 40px; height: 40px; position: relative; }
.level { position: absolute; inset: 0; border-radius: 50%; background: var(--webcast-accent); opacity: .22; }

.icon { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; display: block; }
.icon.play, .icon.stop { fill: currentColor; }
button { font: inherit; color: inherit; cursor: pointer; touch-action: manipulation; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--webcast-accent); outline-offset: 2px; }

.bar {
  position: absolute; inset: auto 0 0 0; display: flex; align-items: center; gap: 4px;
  padding: 40px max(10px, env(safe-area-inset-right)) max(8px, env(safe-area-inset-bottom)) max(10px, env(safe-area-inset-left));
  background: linear-gradient(transparent, rgb(0 0 0 / .72)); transition: opacity .2s;
}
.button { display: grid; place-items: center; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 10px; background: transparent; }
.button:hover { background: rgb(255 255 255 / .14); }
.button[aria-pressed=true]:is(.captions, .statistics, .pip) { color: var(--webcast-accent); }
.space { flex: 1; }
p.captions { position: absolute; inset: auto 8% max(76px, calc(env(safe-area-inset-bottom) + 76px)); text-align: center; text-wrap: balance; white-space: pre-line; overflow-wrap: anywhere; pointer-events: none; font-size: clamp(15px, 3cqi, 30px); line-height: 1.45; transition: translate .2s; }
.captions > span { padding: .1em .5em; border-radius: .25em; background: rgb(8 9 11 / .8); color: #fff; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.root.quiet p.captions { translate: 0 48px; }
.root .turn-on:not([hidden]) ~ p.captions { bottom: max(144px, calc(env(safe-area-inset-bottom) + 144px)); translate: none; }
.root:is(.blocked, :not([data-state=playing])) p.captions { display: none; }
.name { margin-inline-start: 8px; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 550; text-shadow: 0 1px 2px rgb(0 0 0 / .6); }
.volume { width: 96px; height: 44px; margin: 0 6px 0 0; accent-color: #fff; cursor: pointer; background: transparent; }

.status { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 12px; padding: 24px 24px 64px; text-align: center; background: rgb(8 9 11 / .7); backdrop-filter: blur(6px); -webkit-backdrop-filter: blur(6px); }
.words { max-width: 34em; }
.message { font-size: clamp(17px, 2.6cqi, 22px); font-weight: 600; letter-spacing: -.005em; text-wrap: balance; }
.hint, .countdown { color: #bcc4cd; text-wrap: balance; }
.hint { margin-top: 6px; }
.countdown { font-variant-numeric: tabular-nums; font-size: 14px; }
.spinner { width: 34px; height: 34px; border-radius: 50%; border: 3px solid rgb(255 255 255 / .2); border-top-color: var(--webcast-accent); animation: turn 1s linear infinite; }
@keyframes turn { to { rotate: 1turn; } }
.plain { display: inline-flex; align-items: center; gap: 8px; min-height: 44px; padding: 0 20px; border: 1px solid rgb(255 255 255 / .3); border-radius: 22px; background: rgb(255 255 255 / .1); font-weight: 550; }
.plain:hover { background: rgb(255 255 255 / .2); }
.root:is([data-state=idle], [data-state=ended], [data-state=failed]) .spinner { display: none; }
.root.blocked .spinner { display: none; }

.root[data-state=playing]:not(.blocked) .status {
  inset: max(12px, env(safe-area-inset-top)) auto auto max(12px, env(safe-area-inset-left)); padding: 5px 11px 5px 10px; flex-direction: row; gap: 7px;
  background: rgb(8 9 11 / .66); border-radius: 999px; backdrop-filter: none; -webkit-backdrop-filter: none; transition: opacity .2s; pointer-events: none;
}
.root[data-state=playing]:not(.blocked) .spinner { width: 8px; height: 8px; border: 0; background: #ff5252; animation: none; }
.root[data-state=playing]:not(.blocked) .message { font-size: 13px; line-height: 1.3; }

.turn-on {
  position: absolute; z-index: 1; left: 50%; bottom: max(76px, calc(env(safe-area-inset-bottom) + 76px)); translate: -50% 0; display: inline-flex; align-items: center; gap: 12px;
  min-height: 56px; padding: 0 26px 0 20px; border: 0; border-radius: 28px; background: #fff; color: #101418; font-size: 17px; font-weight: 600; white-space: nowrap;
  box-shadow: 0 4px 24px rgb(0 0 0 / .45);
}
.turn-on:hover { background: #e6ecf2; }

.root.quiet .bar, .root.quiet[data-state=playing] .status { opacity: 0; }
.root.quiet .bar { pointer-events: none; }
.root.quiet { cursor: none; }

.panel { color: var(--panel-text); background: var(--panel); border: 1px solid var(--panel-line); border-radius: 14px; backdrop-filter: blur(14px); -webkit-backdrop-filter: blur(14px); box-shadow: 0 8px 32px rgb(0 0 0 / .35); user-select: text; -webkit-user-select: text; }
.panel header { display: flex; align-items: center; justify-content: space-between; }
.panel h2 { font-size: 15px; font-weight: 650; }
.panel dl { display: grid; gap: 1px; }
.panel dl > div { display: grid; grid-template-columns: 96px 1fr; gap: 10px; padding: 4px 0; }
.panel dt { color: var(--panel-faint); }
.panel dd { font-variant-numeric: tabular-nums; }
.panel small { display: block; color: var(--panel-faint); font-size: 11.5px; line-height: 1.35; }
.panel small:empty { display: none; }
.close { display: grid; place-items: center; width: 44px; height: 44px; margin: -4px -10px -4px 0; padding: 0; border: 0; border-radius: 10px; background: transparent; }
.close .icon { width: 20px; height: 20px; }
.close:hover { background: var(--panel-line); }
.statistics.panel { position: absolute; z-index: 2; top: max(12px, env(safe-area-inset-top)); right: max(12px, env(safe-area-inset-right)); width: 304px; max-width: calc(100% - 24px); max-height: calc(100% - 84px); overflow: auto; overscroll-behavior: contain; padding: 10px 16px 12px; font-size: 13px; line-height: 1.4; scrollbar-width: thin; }
.chart { margin-bottom: 8px; }
.chart figcaption { display: flex; justify-content: space-between; color: var(--panel-faint); }
.chart .now { color: var(--panel-text); font-weight: 600; font-variant-numeric: tabular-nums; }
.plot { position: relative; }
.plot svg { display: block; width: 100%; height: 44px; border-bottom: 1px solid var(--panel-line); }
.top { position: absolute; top: 0; left: 0; font-size: 10.5px; color: var(--panel-faint); }
.line { fill: none; stroke: var(--webcast-accent); stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.area { fill: var(--webcast-accent); opacity: .16; }

dialog.help { width: 340px; max-width: calc(100vw - 32px); margin: auto; padding: 12px 20px 18px; font-size: 15px; }
dialog.help::backdrop { background: rgb(0 0 0 / .45); }
dialog.help dl > div { grid-template-columns: 112px 1fr; padding: 6px 0; }
kbd { display: inline-block; min-width: 28px; padding: 1px 7px; border: 1px solid var(--panel-line); border-bottom-width: 2px; border-radius: 6px; font: inherit; font-size: 13px; text-align: center; color: var(--panel-text); }

@container (max-width: 520px) {
  .volume { display: none; }
  .name { display: none; }
  .tiles { width: 30%; }
  .turn-on { bottom: 64px; min-height: 48px; font-size: 15px; }
  .root .turn-on:not([hidden]) ~ p.captions { bottom: 120px; }
  .status { padding: 12px 16px 56px; gap: 8px; }
  .hint, .countdown { font-size: 13px; }
  .spinner { width: 26px; height: 26px; }
  .statistics.panel { width: auto; left: 12px; max-width: none; }
}
@media (prefers-reduced-motion: reduce) {
  * { transition: none !important; }
  .spinner { animation: none; border-color: var(--webcast-accent); }
}
@media (prefers-contrast: more) {
  .status, .bar { background: rgb(0 0 0 / .85); }
  :host { --panel-faint: inherit; }
}
`;

let sheet = /** @type {CSSStyleSheet|null} */ (null);

/** @param {ShadowRoot} root */
export function applyStyles(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(kText);
  }
  root.adoptedStyleSheets = [sheet];
}
