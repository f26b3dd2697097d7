// Lit as the page's import map gives it to plugins: one copy for everybody.

export * from "lit";
export * from "lit/decorators.js";
