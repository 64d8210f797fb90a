// Redraws the preview of an office's page while its editor types or drags; without this the buttons do it.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-hub-preview]");
  const form = box && box.closest("form");
  if (!form) return;
  const frame = box.querySelector("iframe");
  const buttons = [...box.querySelectorAll("button[formaction]")];
  let address = box.dataset.hubPreview;
  let timer = 0;
  let turn = 0;
  const redraw = async () => {
    const mine = ++turn;
    const body = new FormData(form);
    const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
    if (answer.ok && mine === turn) frame.srcdoc = await answer.text();
  };
  const soon = (wait = 600) => {
    clearTimeout(timer);
    timer = setTimeout(() => redraw().catch(() => {}), wait);
  };
  // The language that was chosen last stays while the editor goes on typing.
  const choose = (button) => {
    address = button.formAction;
    soon(0);
  };
  for (const event of ["input", "change", "drop", "pointerup"]) {
    form.addEventListener(event, (happened) => {
      if (!box.contains(happened.target)) soon();
    });
  }
  for (const button of buttons) {
    button.addEventListener("click", (click) => {
      click.preventDefault();
      choose(button);
    });
  }
  // Links in the preview lead nowhere: our pages refuse to stand in a frame. Its language switch works.
  const quiet = () => {
    frame.contentDocument?.addEventListener("click", (click) => {
      const link = click.target.closest("a");
      if (!link) return;
      click.preventDefault();
      const button = link.closest(".lang") && buttons.find((one) => one.dataset.language === link.lang);
      if (button) choose(button);
    });
  };
  frame.addEventListener("load", quiet);
  if (frame.contentDocument?.readyState === "complete") quiet();
});
