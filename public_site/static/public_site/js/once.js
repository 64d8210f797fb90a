// Small comforts on every page; without this file everything still works.
document.documentElement.classList.add("js");

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter?.closest("[data-once]") ?? form.querySelector("button[data-once]");
  if (!button) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  button.setAttribute("aria-disabled", "true");
});
// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-once]")) button.removeAttribute("aria-disabled");
});

function enhance(root) {
  for (const input of root.querySelectorAll("input[data-reveal]")) {
    const english = document.documentElement.lang === "en";
    const [show, hide] = english ? ["Show", "Hide"] : ["Tampilkan", "Sembunyikan"];
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn alt sm", textContent: show });
    button.setAttribute("aria-controls", input.id);
    const row = document.createElement("div");
    row.className = "reveal";
    input.before(row);
    row.append(input, button);
    button.addEventListener("click", () => {
      const hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      button.textContent = hidden ? hide : show;
    });
    input.form?.addEventListener("submit", () => { input.type = "password"; });
  }
  for (const area of root.querySelectorAll("textarea[data-count]")) {
    const line = Object.assign(document.createElement("p"), { className: "hint" });
    const write = () => { line.textContent = `${area.value.length.toLocaleString("id")} / ${Number(area.dataset.count).toLocaleString("id")}`; };
    area.after(line);
    area.addEventListener("input", write);
    write();
  }
  root.querySelector("#ringkasan")?.focus();
}
enhance(document);
document.addEventListener("site:enhance", (event) => enhance(event.detail));

// Menus close on Escape and on a click elsewhere.
const closeMenus = (keep) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== keep && (menu.open = false));
document.addEventListener("click", (event) => closeMenus(event.target.closest?.("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
