import js from "@eslint/js";

// What the explorers use of the browser; anything else that a module does not declare or import is a mistake.
const browser = `AbortController Blob CSS DataView HTMLElement ImageData IntersectionObserver MutationObserver
  ResizeObserver URL addEventListener atob cancelAnimationFrame clearInterval clearTimeout console document
  getComputedStyle innerHeight localStorage matchMedia queueMicrotask requestAnimationFrame setInterval setTimeout
  window`;

// What the page of lstm_edu/live and its worker use besides.
const live = "BroadcastChannel caches fetch importScripts location navigator performance self";

// The site's search.
const search = "MiniSearch URLSearchParams location";

const globals = (names) => Object.fromEntries(names.split(/\s+/).map((name) => [name, "readonly"]));

export default [
  { ignores: [".venv*/", "node_modules/", "lstm_edu/export/static/minisearch/"] },
  js.configs.recommended,
  {
    files: ["lstm_edu/**/*.js"],
    languageOptions: {
      ecmaVersion: 2024,
      globals: globals(browser),
    },
    rules: {
      eqeqeq: "error",
      "no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
  { files: ["lstm_edu/live/static/*.js"], languageOptions: { globals: globals(live) } },
  { files: ["lstm_edu/export/static/search.js"], languageOptions: { globals: globals(search) } },
];
