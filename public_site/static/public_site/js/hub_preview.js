// Redraws the preview of an office's page while its editor types or drags; without this the buttons do it.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-hub-preview]");
  const form = box && box.closest("form");
  if (!form) return;
  const frame = box.querySelector("iframe");
  let timer = 0;
  let turn = 0;
  const redraw = async () => {
    const mine = ++turn;
    const body = new FormData(form);
    const answer = await fetch(box.dataset.hubPreview, { method: "POST", body, credentials: "same-origin" });
    if (answer.ok && mine === turn) frame.srcdoc = await answer.text();
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => redraw().catch(() => {}), 600);
  };
  for (const event of ["input", "change", "drop", "pointerup"]) form.addEventListener(event, soon);
});
