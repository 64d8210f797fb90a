// Buttons with data-copy="#id" copy that element's text; they appear only where copying is possible.
if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const before = button.textContent;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    button.textContent = document.documentElement.lang === "en" ? "Copied" : "Tersalin";
    setTimeout(() => { button.textContent = before; }, 2500);
  });
}
