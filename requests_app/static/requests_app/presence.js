// Says to the server that this page is still open, and shows who else has the request open. Without it the page's own load does both.
const EVERY = 30_000;
const box = document.querySelector("[data-presence]");
const list = box.querySelector("ul");
const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
let timer = 0;

function show(lines) {
  const shown = [...list.children].map((item) => item.textContent);
  if (shown.length === lines.length && shown.every((text, index) => text === lines[index])) return;
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    })
  );
}

async function beat() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(box.dataset.presence, {
      method: "POST",
      headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
      redirect: "error",
    });
    if (!answer.ok) return; // signed out, or no longer allowed: the next click says so
    show((await answer.json()).lines);
  } catch {
    // The line is down; try again later.
  }
  timer = setTimeout(beat, EVERY);
}

timer = setTimeout(beat, EVERY);
document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
