// Dependent selects: data-source is asked with the parent's value, the answer fills data-child.
function fill(child, items) {
  const empty = child.querySelector('option[value=""]')?.cloneNode(true) ?? new Option("", "");
  child.replaceChildren(empty, ...items.map(([value, label]) => new Option(label, value)));
  child.value = "";
  child.disabled = false;
}

async function refresh(parent) {
  const child = document.getElementById(parent.dataset.child);
  if (!child) return;
  for (let next = child; next; next = next.dataset.child && document.getElementById(next.dataset.child)) fill(next, []);
  if (!parent.value) return;
  const asked = parent.value;
  child.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(parent.dataset.source + encodeURIComponent(asked), { headers: { Accept: "application/json" } });
    if (answer.ok && parent.value === asked) fill(child, (await answer.json()).items);
  } finally { child.removeAttribute("aria-busy"); }
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-child]")) refresh(event.target);
});
