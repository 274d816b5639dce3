"use strict";

// Copy buttons, masked secrets, and the port that follows the transport. No framework: the pages work without it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-reveal]");
  if (!button) return;
  if (button.dataset.copy !== undefined) copy(button);
  else reveal(button);
});

async function copy(button) {
  const before = button.textContent;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.classList.contains("material-symbols-outlined") ? "check" : "Copied";
  setTimeout(() => (button.textContent = before), 1500);
}

function reveal(button) {
  const secret = button.parentElement.querySelector("[data-secret]");
  const [shown, hidden] = [secret.dataset.secret, "••••••••••••••••"];
  const isHidden = secret.textContent === hidden;
  secret.textContent = isHidden ? shown : hidden;
  button.textContent = isHidden ? "visibility_off" : "visibility";
}

document.addEventListener("DOMContentLoaded", () => {
  const transport = document.querySelector("[data-usual-ports]");
  const port = document.getElementById("id_port");
  if (transport && port) portFollows(transport, port);

  // A reload of the page that shows a fresh secret must not ask for another one.
  const instead = document.querySelector("[data-reload-to]");
  if (instead) history.replaceState(null, "", instead.dataset.reloadTo);
});

function portFollows(transport, port) {
  const usual = JSON.parse(transport.dataset.usualPorts);
  let before = transport.value;
  transport.addEventListener("change", () => {
    if (port.value === "" || Number(port.value) === usual[before]) port.value = usual[transport.value];
    before = transport.value;
  });
}
