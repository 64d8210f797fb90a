// Warns three minutes before the server ends the session; the server decides, this only tells.
const dialog = document.getElementById("sesi");
const WARN = 180;
const SPOKEN = new Set([180, 60, 20]);
let ends = Date.now() + dialog.dataset.idle * 1000;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("sesi") : null;
channel?.addEventListener("message", () => renew());
channel?.postMessage("active");

function renew() {
  ends = Date.now() + dialog.dataset.idle * 1000;
  if (dialog.open) dialog.close();
}

function words(left) {
  const out = dialog.querySelector("[data-left]");
  const minutes = Math.floor(left / 60);
  return [minutes ? `${minutes} ${out.dataset.minutes}` : "", `${left % 60} ${out.dataset.seconds}`].filter(Boolean).join(" ");
}

function tick() {
  const left = Math.round((ends - Date.now()) / 1000);
  if (left <= -2) { location.assign(`${dialog.dataset.ended}?next=${encodeURIComponent(location.pathname)}`); return; }
  if (left > WARN) return;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[data-left]").textContent = words(Math.max(0, left));
  if (SPOKEN.has(left)) dialog.querySelector("[data-say]").textContent = words(left);
}

dialog.querySelector("[data-stay]").addEventListener("click", async () => {
  const answer = await fetch(dialog.dataset.extend, { headers: { "X-Requested-With": "fetch" } });
  if (answer.redirected || !answer.ok) location.reload();
  else { renew(); channel?.postMessage("active"); }
});
dialog.addEventListener("cancel", (event) => event.preventDefault());
setInterval(tick, 1000);
