// Links with data-dialog open their page's form in a dialog; the page itself keeps working alone.
let box;

function makeBox() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.append(Object.assign(document.createElement("div"), { className: "in" }));
  dialog.addEventListener("close", () => {
    dialog.opener?.focus();
    dialog.firstElementChild.replaceChildren();
    if (dialog.added) location.reload();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); }
  });
  dialog.addEventListener("submit", send);
  document.body.append(dialog);
  return dialog;
}

function show(html, url) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const form = page.querySelector("main form");
  if (!form) return false;
  const title = Object.assign(document.createElement("h2"), { id: "dialog-title" });
  title.textContent = page.querySelector("main h1")?.textContent ?? page.title;
  const summary = form.querySelector("#ringkasan") ?? page.querySelector("main #ringkasan");
  form.action = new URL(form.getAttribute("action") || url, location.href);
  // Ids of the page behind must not be met twice.
  document.querySelector("main #ringkasan")?.remove();
  const said = page.querySelectorAll("main .notes .note");
  box.firstElementChild.replaceChildren(title, ...said, ...(summary ? [summary] : []), document.adoptNode(form));
  if (!box.open) box.showModal();
  document.dispatchEvent(new CustomEvent("site:enhance", { detail: box }));
  (summary ?? form.querySelector("input:not([type=hidden],[type=submit]),select,textarea"))?.focus();
  return true;
}

async function load(url) {
  // Following a redirect would use up the message that the page behind is to show.
  const answer = await fetch(url, { redirect: "manual", headers: { "X-Requested-With": "fetch" } });
  return answer.ok && show(await answer.text(), url);
}

async function open(event) {
  const link = event.target.closest?.("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
  event.preventDefault();
  box ??= makeBox();
  if (!box.open) box.opener = link;
  try {
    if (!(await load(link.href))) location.assign(link.href);
  } catch { location.assign(link.href); }
}

async function send(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || event.submitter?.hasAttribute("data-native")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const data = new FormData(form, event.submitter);
  try {
    const answer = await fetch(form.action, {
      method: "post", body: data, redirect: "manual", headers: { "X-Requested-With": "fetch" },
    });
    if (answer.type === "opaqueredirect" && event.submitter?.name === "_lagi") {
      box.added = true;
      const next = new URL(form.action);
      next.searchParams.set("layanan", data.get("layanan"));
      if (!(await load(next))) location.reload();
    } else if (answer.type === "opaqueredirect") {
      if (box.opener?.dataset.next) location.assign(box.opener.dataset.next); else location.reload();
    } else if (!show(await answer.text(), form.action)) location.reload();
  } catch { HTMLFormElement.prototype.submit.call(form); }
}

document.addEventListener("click", open);
