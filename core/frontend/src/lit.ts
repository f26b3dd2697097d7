/** What plugins get for `import … from "lit"`: the copy of Lit that the inbox itself runs on. */
export * from "lit";
export * from "lit/decorators.js";
export { classMap } from "lit/directives/class-map.js";
export { guard } from "lit/directives/guard.js";
export { ifDefined } from "lit/directives/if-defined.js";
export { createRef, ref } from "lit/directives/ref.js";
export { repeat } from "lit/directives/repeat.js";
export { when } from "lit/directives/when.js";
