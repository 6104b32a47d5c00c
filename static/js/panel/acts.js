/**
 * Acts of steering: what the server says to a request is shown beside its button. Success is not shown here: it comes back as an event.
 */

const OWN_WORDS = /^text\/plain/;

function messageOf(request) {
  if (request.status === 0) return "The server cannot be reached; nothing was changed.";
  const said = (request.responseText ?? "").trim();
  const isPlain = OWN_WORDS.test(request.getResponseHeader("Content-Type") ?? "") || !said.startsWith("<");
  return said && isPlain ? said : `The server refused (${request.status}); nothing was changed.`;
}

function alertFor(form) {
  const inDialog = form.closest("dialog[open]")?.querySelector("[role=alert]");
  const inPanel = form.closest(".panel")?.querySelector("#panel-alert");
  return inDialog ?? inPanel ?? document.getElementById("search-alert");
}

function answered({ detail }) {
  const form = detail.elt.closest("form");
  if (!form) return;
  if (!detail.successful) {
    alertFor(form).textContent = messageOf(detail.xhr);
    return;
  }
  const pending = form.closest(".panel")?.querySelector(".panel-pending");
  if (pending) pending.textContent = "Asked; waiting for it to take effect…";
  form.closest("dialog")?.close();
  form.reset();
}

/** Listens to every htmx form below the document. */
export function watchActs() {
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const form = detail.elt.closest("form");
    if (form) alertFor(form).textContent = "";
  });
  document.body.addEventListener("htmx:afterRequest", answered);
}
