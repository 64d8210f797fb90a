// Shows the buttons marked data-print, which mean nothing without a script, and lets them print the page.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
