/** The widget's look, inside its shadow root: the site's styles don't reach in, ours don't leak out. */

export const css = `
:host { all: initial; --accent: #0b6e4f; --on-accent: #fff; --ground: #fff; --ink: #16211d;
  --muted: #5d6b66; --line: #dfe5e2; --theirs: #f0f4f2;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :host { --ground: #161c1a; --ink: #e8eeeb; --muted: #9aa8a2;
  --line: #2c3633; --theirs: #232b28; } }
*, *::before { box-sizing: border-box; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.launcher { position: fixed; right: 20px; bottom: 20px; width: 60px; height: 60px; border-radius: 50%;
  background: var(--accent); color: var(--on-accent); display: grid; place-items: center;
  box-shadow: 0 6px 24px rgb(0 0 0 / .25); z-index: 2147483000; transition: transform .15s; }
.launcher:hover { transform: scale(1.05); }
.launcher svg { width: 28px; height: 28px; }
.badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; border-radius: 11px;
  padding: 0 6px; background: #c92a2a; color: #fff; font-size: 13px; font-weight: 600; line-height: 22px; }
.panel { position: fixed; right: 20px; bottom: 92px; width: 370px; height: min(600px, calc(100dvh - 120px));
  background: var(--ground); color: var(--ink); border-radius: 16px; overflow: hidden; display: flex;
  flex-direction: column; box-shadow: 0 12px 48px rgb(0 0 0 / .28); z-index: 2147483001; }
[hidden] { display: none !important; }
header { background: var(--accent); color: var(--on-accent); padding: 16px 18px; display: flex;
  align-items: center; gap: 12px; }
header h2 { flex: 1; margin: 0; font-size: 17px; font-weight: 650; }
header button { width: 32px; height: 32px; border-radius: 8px; display: grid; place-items: center; }
header :focus-visible { outline-color: var(--on-accent); }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; }
.notice { padding: 6px 18px; font-size: 13px; background: #fff3cd; color: #664d03; }
.log { flex: 1; overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 6px;
  overscroll-behavior: contain; }
.greeting { background: var(--theirs); padding: 10px 14px; border-radius: 4px 14px 14px; max-width: 85%;
  white-space: pre-wrap; }
.earlier { align-self: center; color: var(--muted); font-size: 13px; padding: 6px 12px; text-decoration: underline; }
.bubble { max-width: 82%; padding: 8px 12px; border-radius: 14px; overflow-wrap: anywhere; white-space: pre-wrap; }
.bubble.out { align-self: flex-start; background: var(--theirs); border-top-left-radius: 4px; }
.bubble.in { align-self: flex-end; background: var(--accent); color: var(--on-accent); border-top-right-radius: 4px; }
.author { font-size: 12px; color: var(--muted); margin: 6px 0 0 4px; }
.meta { font-size: 11px; opacity: .75; margin-top: 2px; text-align: right; }
.bubble.failed { background: #c92a2a; color: #fff; }
.bubble img { display: block; max-width: 100%; max-height: 240px; border-radius: 10px; }
.bubble a { color: inherit; }
.file { display: flex; gap: 8px; align-items: center; }
.typing { color: var(--muted); font-size: 13px; font-style: italic; padding: 0 18px 4px; min-height: 22px; }
form { display: flex; gap: 6px; padding: 10px 12px; border-top: 1px solid var(--line); align-items: flex-end; }
textarea { flex: 1; resize: none; border: 1px solid var(--line); border-radius: 12px; padding: 9px 12px; max-height: 120px;
  min-height: 42px; font: inherit; font-size: 16px; color: var(--ink); background: var(--ground); }
textarea::placeholder { color: var(--muted); opacity: 1; }
form button { width: 42px; height: 42px; border-radius: 12px; display: grid; place-items: center; color: var(--muted); }
form .send { background: var(--accent); color: var(--on-accent); }
form button:disabled { opacity: .5; cursor: default; }
.foot { text-align: center; font-size: 11px; color: var(--muted); padding: 0 0 8px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 480px) { .panel { inset: 0; width: auto; height: 100dvh; border-radius: 0; }
  .panel:not([hidden]) ~ .launcher { display: none; } }
@media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
`;

/** Black or white, whichever reads better on the channel's colour (WCAG relative luminance). */
export function readableOn(hex: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}
