// What Unfold 0.91 leaves to the mouse: menus, filters and sections become buttons, icons are silent for screen
// readers, a dialog holds the focus and gives it back. Loaded after csp.js, before Alpine starts.
(() => {
  "use strict";

  const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary, [tabindex='0']";
  // Elements with a click of Alpine's own that a keyboard does not reach: no link, no field.
  const MOUSE_ONLY = ":is(a:not([href]), span, div, h2, h3)[x-on\\:click]";
  const TOGGLE = /^(\w+) = (?:!\1|true)$/;
  let opener = null;

  const words = () => document.body.dataset;
  const isShown = (element) => Boolean(element?.checkVisibility?.({ visibilityProperty: true }) && element.getClientRects().length);

  function nameOf(element, state) {
    if (state === "sidebarMobileOpen" || state === "sidebarDesktopOpen") return words().wordsMenu;
    return "";
  }

  function makeButtons() {
    for (const element of document.querySelectorAll(MOUSE_ONLY)) {
      const state = TOGGLE.exec(element.getAttribute("x-on:click"))?.[1];
      // The rest closes something by a click beside it: Escape does the same.
      if (!state) continue;
      element.setAttribute("role", "button");
      element.tabIndex = 0;
      if (!element.hasAttribute("x-bind:aria-expanded")) element.setAttribute("x-bind:aria-expanded", state);
      const name = nameOf(element, state);
      if (name) element.setAttribute("aria-label", name);
    }
  }

  function silenceIcons(root) {
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([role])")) {
      icon.setAttribute("aria-hidden", "true");
    }
  }

  document.addEventListener("alpine:init", () => {
    makeButtons();
    silenceIcons(document);
  });
  document.addEventListener("htmx:afterSwap", (event) => silenceIcons(event.detail.target));

  document.addEventListener("keydown", (event) => {
    const element = event.target;
    if ((event.key === "Enter" || event.key === " ") && element.matches?.(`${MOUSE_ONLY}[role=button]`)) {
      event.preventDefault();
      element.click();
      follow(element);
    }
  });

  // Alpine draws a few frames after a click: `isDone` is asked at each, for about a second at most.
  function soon(isDone, frames = 60) {
    requestAnimationFrame(() => isDone() || !frames || soon(isDone, frames - 1));
  }

  // What opens elsewhere on the page takes the focus along; the sidebar gives it back when it closes itself.
  function follow(element) {
    const state = TOGGLE.exec(element.getAttribute("x-on:click"))?.[1];
    const place = { sidebarMobileOpen: "#nav-sidebar-inner, #nav-sidebar", filterOpen: "#changelist-filter" }[state];
    const part = place && document.querySelector(place);
    if (!part) return;
    soon(() => {
      if (part.contains(element)) {
        if (isShown(element)) return false;
        [...document.querySelectorAll(`[role=button][x-on\\:click^=${state}]`)].find(isShown)?.focus();
        return true;
      }
      if (!isShown(part)) return false;
      [...part.querySelectorAll(FOCUSABLE)].find(isShown)?.focus();
      return true;
    });
  }

  // --- dialogs ---

  const dialog = () => document.getElementById("modal-content");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "modal-content") opener = event.detail.elt;
  });

  // Watched rather than timed: it is closed by Escape, by a button in it and by a click beside it.
  document.addEventListener("alpine:init", () => {
    const frame = dialog()?.parentElement;
    if (!frame) return;
    let wasShown = false;
    new MutationObserver(() => {
      const shown = isShown(dialog());
      const closed = wasShown && !shown;
      wasShown = shown;
      if (!closed || !opener) return;
      if (document.activeElement === document.body || dialog().contains(document.activeElement)) opener.focus();
      opener = null;
    }).observe(frame, { attributes: true, attributeFilter: ["style"] });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !isShown(dialog())) return;
    const places = [...dialog().querySelectorAll(FOCUSABLE)].filter(isShown);
    if (!places.length) return;
    const at = places.indexOf(document.activeElement);
    const leaves = event.shiftKey ? at <= 0 : at === places.length - 1 || at < 0;
    if (leaves) {
      event.preventDefault();
      (event.shiftKey ? places.at(-1) : places[0]).focus();
    }
  });
})();
