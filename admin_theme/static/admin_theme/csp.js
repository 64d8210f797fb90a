// Lets Unfold 0.91 run under `script-src 'self'`: names what the CSP build of Alpine cannot reach by itself
// and rewrites the few expressions it cannot read. Loaded after Unfold's app.js, before Alpine starts.
(() => {
  "use strict";

  const EXPRESSIONS = [
    // [elements, attribute, expression the CSP build can read]
    ["form", "x-bind:action", "formAction()"],
    ["[x-on\\:click*='localStorage']", "x-on:click", "sidebarDesktopOpen = !sidebarDesktopOpen"],
    ["#search-input-command", "x-on:keydown.enter.prevent", "$event.metaKey || $event.ctrlKey || selectItem(false, false)"],
  ];

  function rewriteExpressions(root) {
    for (const [selector, attribute, expression] of EXPRESSIONS) {
      for (const element of root.querySelectorAll(selector)) {
        if (element.hasAttribute(attribute)) element.setAttribute(attribute, expression);
      }
    }
    // Selects of conditional fields tell Alpine about select2's changes through jQuery.
    for (const select of root.querySelectorAll("select[x-init*='django.jQuery']")) {
      select.removeAttribute("x-init");
      django.jQuery(select).on("change", () => {
        Alpine.$data(select)[select.name] = select.value;
      });
    }
  }

  document.addEventListener("alpine:init", () => {
    for (const [name, component] of Object.entries({ theme, searchDropdown, searchCommand, searchForm })) {
      Alpine.data(name, component);
    }
    Alpine.data("adminShell", () => ({
      activeTab: "",
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
      // Alpine refuses functions that are globals; these wrappers are not.
      sortRecords: (event) => sortRecords(event),
      moveRecords: (event) => moveRecords(event),
      formAction() {
        const here = location.pathname + location.search;
        return this.activeTab && this.activeTab !== "general" ? `${here}#${this.activeTab}` : here;
      },
      init() {
        this.activeTab = getCurrentTab() || this.$root.dataset.defaultTab || "";
        this.$watch("sidebarDesktopOpen", (open) => {
          localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0");
        });
      },
    }));
    rewriteExpressions(document);
  });

  // A dialog whose session has ended, or that is refused, leaves for the whole page instead of an empty window.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, pathInfo } = event.detail;
    const answeredAt = new URL(xhr.responseURL || location.href, location.href);
    const askedFor = new URL(pathInfo.requestPath, location.href);
    if (answeredAt.pathname !== askedFor.pathname) {
      event.preventDefault();
      location.assign(answeredAt.href);
    } else if (xhr.status >= 400 && event.detail.elt.closest("#dialog, [hx-target='#modal-content']")) {
      event.preventDefault();
      location.assign(event.detail.requestConfig.verb === "get" ? askedFor.href : location.href);
    }
  });

  // Closing by keyboard and screen-reader focus for the dialog, which Unfold leaves out.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "modal-content" && event.detail.target.id !== "dialog-form") return;
    const first = document.querySelector(
      "#dialog-form input:not([type=hidden]), #dialog-form textarea, #dialog-form select, #dialog button[type=submit], #dialog a"
    );
    setTimeout(() => first?.focus(), 60);
  });
})();
