// The answer bench by keyboard: arrows between cells, Enter saves a line. Without it every line is a plain form.

const grid = document.querySelector("[data-bench]");
const status = document.querySelector("[data-bench-status]");

if (grid && status) {
  const words = status.dataset;
  const fieldsOf = (line) => [...line.querySelectorAll(".bench-input")];
  const lineOf = (element) => element.closest("[data-line]");
  const valueOf = (line) => fieldsOf(line).map((field) => field.value).join("\u0000");

  for (const line of grid.querySelectorAll("[data-line]")) {
    line.saved = fieldsOf(line).map((field) => field.value);
  }

  const isDirty = (line) => valueOf(line) !== line.saved.join("\u0000");

  function show(line, kind, text) {
    line.classList.remove("bench-unsaved", "bench-saved", "bench-faulty");
    if (kind) line.classList.add(`bench-${kind}`);
    line.querySelector("[data-state]").textContent = text;
  }

  function showErrors(line, errors) {
    for (const place of line.querySelectorAll("[data-error]")) {
      const texts = errors[place.dataset.error] ?? [];
      place.textContent = texts.join(" ");
      const field = line.querySelector(`[name="isi-${CSS.escape(place.dataset.error)}"]`);
      if (!field) continue;
      field.toggleAttribute("aria-invalid", texts.length > 0);
      if (texts.length) {
        field.setAttribute("aria-invalid", "true");
        field.setAttribute("aria-describedby", place.id);
      } else {
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
      }
    }
  }

  const ask = (address, more) => fetch(address, { headers: { "X-Bench": "1" }, redirect: "manual", ...more });
  let wasAway = false;
  const isAway = (response) => response.type === "opaqueredirect" || response.status === 401;

  // Signing in again makes another token: every form of the grid gets the one of the session that holds now.
  async function renewToken() {
    const response = await ask(location.href);
    if (isAway(response)) return "ended";
    if (!response.ok) return "refused";
    const { token, officer } = await response.json();
    if (officer !== words.officer) return "other";
    for (const field of grid.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    return "";
  }

  // The answer to a line that was sent, or in one word why nobody took it.
  async function post(form) {
    const send = () => ask(form.action, { method: "POST", body: new FormData(form) });
    if (!wasAway) {
      const response = await send();
      if (!isAway(response) && response.status !== 403) return response;
    }
    const problem = await renewToken();
    wasAway = problem === "ended" || problem === "other";
    if (problem) return problem;
    const again = await send();
    if (isAway(again)) return "ended";
    return again.status === 403 ? "refused" : again;
  }

  // What was typed stays; the way to the sign-in page opens beside it.
  function tellAway(problem) {
    status.textContent = words[problem];
    if (problem !== "ended") return;
    const link = document.createElement("a");
    link.href = words.signInUrl;
    link.target = "_blank";
    link.rel = "noopener";
    link.className = "req-link";
    link.textContent = words.signIn;
    status.append(" ", link);
  }

  async function save(line) {
    if (line.busy) return false;
    const form = line.querySelector("form");
    line.busy = true;
    show(line, "unsaved", words.saving);
    const sent = fieldsOf(line).map((field) => field.value);
    try {
      const response = await post(form);
      if (typeof response === "string") {
        show(line, "faulty", words.unsaved);
        tellAway(response);
        return false;
      }
      const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
      if (!isJson) throw new Error("no answer of ours");
      const answer = await response.json();
      if (!response.ok) {
        showErrors(line, answer.errors);
        show(line, "faulty", "");
        const all = Object.values(answer.errors).flat();
        status.textContent = all.join(" ");
        line.querySelector("[aria-invalid]")?.focus();
        return false;
      }
      showErrors(line, {});
      line.saved = sent;
      form.elements.jawaban.value = answer.answer;
      // Other lines of the same row were opened with the earlier version.
      for (const other of grid.querySelectorAll(`input[name="baris"][value="${form.elements.baris.value}"]`)) {
        other.form.elements.versi.value = answer.version;
      }
      show(line, isDirty(line) ? "unsaved" : "saved", isDirty(line) ? words.unsaved : words.saved);
      status.textContent = answer.message;
      return true;
    } catch {
      show(line, "faulty", words.unsaved);
      status.textContent = words.offline;
      return false;
    } finally {
      line.busy = false;
    }
  }

  function move(field, rows, columns) {
    const line = lineOf(field);
    const fields = fieldsOf(line);
    if (columns) {
      fields[fields.indexOf(field) + columns]?.focus();
      return;
    }
    const lines = [...grid.querySelectorAll("[data-line]")];
    for (let at = lines.indexOf(line) + rows; at >= 0 && at < lines.length; at += rows) {
      const target = lines[at].querySelector(`.bench-input[name="${CSS.escape(field.name)}"]`);
      if (target) {
        target.focus();
        target.select?.();
        return;
      }
    }
  }

  function atEdge(field, isLeft) {
    if (field.tagName !== "INPUT") return true;
    if (field.selectionStart !== field.selectionEnd) return false;
    return isLeft ? field.selectionStart === 0 : field.selectionStart === field.value.length;
  }

  grid.addEventListener("keydown", async (event) => {
    const field = event.target;
    if (!field.classList.contains("bench-input") || event.isComposing || event.metaKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      const line = lineOf(field);
      const stays = event.ctrlKey;
      if (!isDirty(line) || (await save(line))) {
        if (!stays) move(field, 1, 0);
      }
    } else if (event.key === "Escape" && isDirty(lineOf(field))) {
      event.preventDefault();
      const line = lineOf(field);
      fieldsOf(line).forEach((each, at) => (each.value = line.saved[at]));
      showErrors(line, {});
      show(line, "", "");
    } else if (event.ctrlKey && (event.key === "End" || event.key === "Home")) {
      // The outcome stands behind all answer columns: "not found" is one hop away instead of twenty.
      event.preventDefault();
      const line = lineOf(field);
      (event.key === "End" ? line.querySelector("select[name=hasil]") : fieldsOf(line)[0]).focus();
    } else if (event.altKey || event.ctrlKey || event.shiftKey) {
      return;
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(field, event.key === "ArrowDown" ? 1 : -1, 0);
    } else if (event.key === "ArrowLeft" && atEdge(field, true)) {
      event.preventDefault();
      move(field, 0, -1);
    } else if (event.key === "ArrowRight" && atEdge(field, false)) {
      event.preventDefault();
      move(field, 0, 1);
    }
  });

  grid.addEventListener("input", (event) => {
    const line = lineOf(event.target);
    if (!line) return;
    const dirty = isDirty(line);
    show(line, dirty ? "unsaved" : "", dirty ? words.unsaved : "");
  });

  grid.addEventListener("submit", (event) => {
    event.preventDefault();
    save(lineOf(event.target));
  });

  addEventListener("beforeunload", (event) => {
    if ([...grid.querySelectorAll("[data-line]")].some(isDirty)) event.preventDefault();
  });
}
