// Follows a background check: <progress data-poll="url"> and #progress-text; goes on when it is finished.
const bar = document.querySelector("progress[data-poll]");
const text = document.getElementById("progress-text");

async function poll() {
  try {
    const answer = await fetch(bar.dataset.poll, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.redirected || !answer.ok) { location.reload(); return; }
    const state = await answer.json();
    if (state.total) { bar.max = state.total; bar.value = state.done; }
    if (state.text && text) text.textContent = state.text;
    if (state.finished) { location.replace(state.url || location.href); return; }
  } catch { /* the network is away for a moment: ask again */ }
  setTimeout(poll, 3000);
}
if (bar) poll();
