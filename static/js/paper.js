// Niceties only: every page works whole without this file. Loaded once, deferred; the policy allows no inline script.
(() => {
  "use strict";

  // A copied code often brings spaces or words along: keep its digits, which maxlength would otherwise cut short.
  // The form isn't sent by itself, so that a reader can see what was pasted.
  for (const code of document.querySelectorAll("input[autocomplete='one-time-code']")) {
    code.addEventListener("paste", (event) => {
      const digits = event.clipboardData.getData("text").replace(/\D/g, "");
      if (!digits) return;
      event.preventDefault();
      code.value = digits.slice(0, code.maxLength > 0 ? code.maxLength : undefined);
      code.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  // Share: the device's own sheet where there is one, otherwise the address goes to the clipboard and a line says so.
  // The button shows only where scripts run (CSS asks); the e-mail link beside it works everywhere.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-share]");
    if (!button) return;
    const say = button.parentElement.querySelector("[role='status']");
    const { url, title } = button.dataset;
    try {
      if (navigator.share) {
        await navigator.share({ title, url });
        return;
      }
      await navigator.clipboard.writeText(url);
      if (say) say.textContent = button.dataset.done;
    } catch (fault) {
      if (fault.name !== "AbortError" && say) say.textContent = url;
    }
  });

  // A form that costs money or sends mail goes once per press. It wakes again when the reader comes back to it, or
  // after a while, should the answer never have come.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    else setTimeout(() => delete form.dataset.sent, 5000);
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-once]")) delete form.dataset.sent;
  });
})();
